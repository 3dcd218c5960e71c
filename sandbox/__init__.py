"""Fake servers of the external APIs, with their limits and error responses, for demos and tests."""
