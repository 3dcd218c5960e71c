"""Prometheus metrics of `/metrics`, apart from those of requests (docs/monitoring.md)."""
