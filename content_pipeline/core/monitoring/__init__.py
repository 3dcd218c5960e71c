"""What `/metrics` reads from the database (docs/monitoring.md)."""
