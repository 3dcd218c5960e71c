"""What platforms answer, or a proxy in their place."""

import httpx
import pytest

from content_pipeline.core.platforms.response_json import json_object


@pytest.mark.parametrize("body", ["", "<html>Welcome</html>", "[]", "[" * 5_000])
def test_what_is_no_object_is_an_empty_one(body: str) -> None:
    assert json_object(httpx.Response(200, text=body)) == {}


def test_an_object_is_read() -> None:
    assert json_object(httpx.Response(200, text='{"id": 7}')) == {"id": 7}
