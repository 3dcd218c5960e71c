"""What clients make things from: their uploads, and sources named by id or link."""
