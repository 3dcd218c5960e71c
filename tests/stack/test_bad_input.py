"""Unusable input is refused with an error code, at once or in its task, and leaves no files behind."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.media.samples import SPEECH, audio, claiming, cut, video
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


def refused(client: Client, file: Path, **fields: str) -> tuple[int, str]:
    with file.open("rb") as opened:
        response = client.http.post("/captions/generate", files={"audio_file": opened}, data=fields)
    return response.status_code, response.json()["code"]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


FILES: dict[str, tuple[Callable[[Path], Path], tuple[int, str]]] = {
    "a text file": (lambda folder: written(folder / "a.mp4", b"Dear diary, " * 99), (415, "not_media")),
    "an empty file": (lambda folder: written(folder / "a.mp3", b""), (415, "empty_file")),
    "a video without sound": (lambda folder: video(folder / "a.mp4", sound=False), (400, "no_audio")),
    "a playlist of local files": (lambda folder: written(folder / "a.m3u8", HLS.encode()), (415, "not_media")),
    "a truncated video": (
        lambda folder: cut(video(folder / "b.mp4", "-movflags", "+faststart"), folder / "a.mp4", 0.5),
        (400, "media_truncated"),
    ),
    "a video cut before its index": (
        lambda folder: cut(video(folder / "b.mp4"), folder / "a.mp4", 0.5),
        (400, "media_unreadable"),
    ),
    "a video that claims ten hours": (
        lambda folder: claiming(video(folder / "b.mp4"), folder / "a.mp4", 36_000),
        (400, "media_truncated"),
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_an_unusable_file_is_refused_with_its_reason(client: Client, tmp_path: Path, what: str) -> None:
    make, answer = FILES[what]
    assert refused(client, make(tmp_path)) == answer


def test_a_recording_longer_than_the_plan_allows_is_refused(stack: Stack, tmp_path: Path) -> None:
    silence = audio(tmp_path / "long.mp3", "anullsrc=r=16000:cl=mono:d={seconds}", seconds=1900)
    with stack.client("starter-length", plan="starter") as starter:
        assert refused(starter, silence) == (400, "media_too_long")


def test_a_file_over_the_plans_size_is_refused_before_it_is_read(client: Client) -> None:
    url = client.http.base_url
    head = (
        f"POST {url.path}captions/generate HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: {10**12}\r\n"
        f"X-API-Key: {client.http.headers['X-API-Key']}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413")


def test_an_unknown_language_is_refused(client: Client) -> None:
    assert refused(client, SPEECH, language="klingon") == (400, "unknown_language")


def test_both_sources_or_none_are_refused(client: Client) -> None:
    assert refused(client, SPEECH, reel_url="https://example.com/a.mp4") == (400, "source_ambiguous")
    neither = client.http.post("/captions/generate", data={"language": "en"})
    assert (neither.status_code, neither.json()["code"]) == (400, "source_missing")


@pytest.mark.parametrize("header", [{}, {"X-API-Key": "sk_wrong"}])
def test_no_key_and_a_wrong_key_are_refused(stack: Stack, header: dict[str, str]) -> None:
    response = httpx.get(f"{stack.url}/api/v1/public/tasks", headers=header)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.mp4",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:8000/",
        "http://0x7f.1/a.mp4",
        "file:///etc/passwd",
    ],
)
def test_a_private_address_is_refused_at_once(client: Client, url: str) -> None:
    response = client.http.post("/captions/generate", data={"reel_url": url})
    assert (response.status_code, response.json()["code"]) == (400, "url_forbidden")


@pytest.fixture
def server(stack: Stack) -> Iterator[HTTPServer]:
    """An external server, on loopback but allowed by this stack's settings."""
    with HTTPServer(port=stack.remote_port) as server:
        yield server


def ended_with(client: Client, url: str) -> dict[str, Any]:
    accepted = client.post("/captions/generate", data={"reel_url": url})
    return client.wait_for_task(accepted["task_id"])


def test_a_remote_recording_is_fetched_and_captioned(client: Client, server: HTTPServer) -> None:
    server.expect_request("/talk.flac").respond_with_data(SPEECH.read_bytes())
    assert ended_with(client, server.url_for("/talk.flac"))["status"] == "done"


def test_a_missing_remote_file_is_an_error_in_the_task(client: Client, server: HTTPServer) -> None:
    server.expect_request("/gone.mp4").respond_with_data(status=404)
    task = ended_with(client, server.url_for("/gone.mp4"))
    assert (task["status"], task["error"]["code"]) == ("error", "remote_not_found")


def test_a_redirect_into_the_private_network_is_not_followed(client: Client, server: HTTPServer) -> None:
    server.expect_request("/hop").respond_with_data(status=302, headers={"Location": "http://169.254.169.254/"})
    task = ended_with(client, server.url_for("/hop"))
    assert (task["status"], task["error"]["code"]) == ("error", "url_forbidden")


def test_a_remote_playlist_of_local_files_is_not_opened(client: Client, server: HTTPServer) -> None:
    server.expect_request("/a.m3u8").respond_with_data(HLS, content_type="application/vnd.apple.mpegurl")
    task = ended_with(client, server.url_for("/a.m3u8"))
    assert (task["status"], task["error"]["code"]) == ("error", "not_media")


def test_a_server_that_drips_holds_no_interactive_slot_and_ends_in_bounded_time(
    stack: Stack, client: Client, server: HTTPServer
) -> None:
    def drip(_: Request) -> Response:
        def bytes_one_by_one() -> Iterator[bytes]:
            for _ in range(200):
                yield b"x"
                time.sleep(0.5)  # slow on purpose

        return Response(bytes_one_by_one(), content_type="video/mp4")

    server.expect_request("/drip.mp4").respond_with_handler(drip)
    accepted = client.post("/captions/generate", data={"reel_url": server.url_for("/drip.mp4")})
    task = client.wait_for_task(accepted["task_id"], seconds=180)
    assert (task["status"], task["error"]["code"]) == ("error", "remote_timeout")
    assert stack.run_lanes(accepted["task_id"]) == {"interactive", "io"}


def test_refused_files_leave_no_scratch_folders(stack: Stack, client: Client, tmp_path: Path) -> None:
    of_killed_runs = stack.scratch_folders()  # other tests kill workers, and these go when the next one starts
    for make, _ in FILES.values():
        refused(client, make(tmp_path))
    assert client.wait_for_task(client.caption(SPEECH)["task_id"])["status"] == "done"
    until(lambda: stack.scratch_folders() <= of_killed_runs, seconds=30, what="the end of all scratch folders")
