"""Assertion about answers that are problem details."""

import httpx


def assert_error(answer: httpx.Response, status: int, code: str) -> None:
    """An error has this status and code, and says what to do."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["remedy"]
