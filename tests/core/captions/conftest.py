"""Fixtures: a language model endpoint."""

from tests.language_model import language_model

__all__ = ["language_model"]
