"""Base of response bodies that show a secret."""

from pydantic import BaseModel


class SecretAnswer(BaseModel):
    """A body whose stored copy, for repeated requests, is encrypted (`api/idempotency.py`)."""
