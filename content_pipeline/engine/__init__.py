"""How runs reach workers and are executed there."""
