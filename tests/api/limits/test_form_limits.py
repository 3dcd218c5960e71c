"""Limits of the separators of forms, by requests and at every way to cut a body into chunks."""

from contextlib import nullcontext
from itertools import pairwise
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.limits.form_limits import MAX_PART_HEADER_BYTES, MAX_SEPARATORS, FormLimit
from content_pipeline.core.errors import Invalid
from tests.api.conftest import PUBLIC

MULTIPART = "multipart/form-data; boundary=b"
URL_ENCODED = "application/x-www-form-urlencoded"
BEGIN = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'


@pytest.mark.parametrize("path", ["uploads", "captions/generate", "captions/align", "bulk/reels"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (URL_ENCODED, b"&" * 100_000),
        (URL_ENCODED, b"text=" + "é".encode() * 10_000),
        (MULTIPART, BEGIN + b"\r\n--bX" * 200_000),
        (MULTIPART, BEGIN + b"\r\n--b" + b" " * 1_000_000),
        (MULTIPART, BEGIN + b'\r\n--b\r\nContent-Disposition: form-data; name="a"' + b";" * 10_000),
        (MULTIPART, BEGIN + b"\r\n--b\r\nContent-Disposition:" + b" " * 1_000_000),
    ],
    ids=["ampersands", "not ASCII", "delimiters", "blanks", "semicolons", "blanks in a head"],
)
def test_a_form_of_other_than_content_is_refused(client: TestClient, path: str, content_type: str, body: bytes) -> None:
    answer = client.post(f"{PUBLIC}/{path}", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (400, "form_unreadable")


def test_the_answer_of_the_connect_page_is_a_form_of_few_fields(client: TestClient) -> None:
    sent = client.post(
        f"{PUBLIC}/social/callback/tiktok", content=b"&" * 100_000, headers={"Content-Type": URL_ENCODED}
    )
    assert (sent.status_code, sent.json()["code"]) == (400, "form_unreadable")


def test_a_form_without_files_has_the_size_of_json(client: TestClient) -> None:
    answer = client.post(f"{PUBLIC}/uploads", content=b"a" * 200_000, headers={"Content-Type": URL_ENCODED})
    assert answer.status_code == 413


def check_in_chunks(limit: FormLimit, body: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    for begin, end in pairwise(places):
        limit.check(body[begin:end])


@given(cuts=st.lists(st.integers(0, 700)), separators=st.integers(MAX_SEPARATORS - 2, MAX_SEPARATORS + 2))
def test_separators_are_counted_however_a_body_is_cut(cuts: list[int], separators: int) -> None:
    boundary = uuid4().hex[:4]
    # Each is followed by the headers of a part.
    body = b"\r\n\r\n" + f"\r\n--{boundary}X\r\n\r\n".encode() * separators
    limit = FormLimit(f'multipart/form-data; boundary="{boundary}"')
    with nullcontext() if separators <= MAX_SEPARATORS else pytest.raises(Invalid):
        check_in_chunks(limit, body, cuts)


@given(cuts=st.lists(st.integers(0, 9000)), size=st.integers(MAX_PART_HEADER_BYTES - 3, MAX_PART_HEADER_BYTES + 3))
def test_bytes_of_part_headers_are_counted_however_a_body_is_cut(cuts: list[int], size: int) -> None:
    limit = FormLimit(MULTIPART)
    body = b"x" * size + b"\r\n\r\n" + b"x" * 100
    with nullcontext() if size <= MAX_PART_HEADER_BYTES else pytest.raises(Invalid):
        check_in_chunks(limit, body, cuts)


@given(st.binary(max_size=2000))
def test_what_has_no_separator_is_content(content: bytes) -> None:
    limit = FormLimit("multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW")
    limit.check(b"------WebKitFormBoundary7MA4YWxkTrZu0gW\r\nContent-Disposition: form-data\r\n\r\n")
    for _ in range(10):
        for byte in content:
            limit.check(bytes([byte]))
