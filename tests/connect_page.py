"""The form of the page that asks whether to connect an account."""

import re

import httpx


def filled_in(page: httpx.Response, decision: str = "connect") -> dict[str, str]:
    """The fields of the form, for the person's decision."""
    assert page.status_code == 200, page.text
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token, page.text
    return {"token": token[1], "decision": decision}
