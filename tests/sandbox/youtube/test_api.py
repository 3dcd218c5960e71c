"""The fake YouTube API."""

import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.media.samples import video
from tests.polling import until
from tests.sandbox.padding import padded
from tests.sandbox.youtube.channel import API, SCOPES, UPLOAD, Channel, query_status, reason, send
from tests.sandbox_server import Sandbox, served_sandbox

pytestmark = pytest.mark.slow

GRANULE = 256 * 1024
HOUR = 3600
DAY = 24 * HOUR
SRT = "1\n00:00:00,000 --> 00:00:01,000\nHéllo\n"


@pytest.fixture
def channel(sandbox: Sandbox) -> Channel:
    """Videos take a minute of the sandbox's clock."""
    sandbox.set(youtube_processing_seconds=60)
    return Channel.connected(sandbox)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An MP4 of more than two granules."""
    return padded(video(tmp_path_factory.mktemp("youtube") / "clip.mp4").read_bytes(), 2 * GRANULE + 4711)


# ── upload ───────────────────────────────────────────────────────────────────────────────────────────────


def test_chunks_are_answered_with_what_is_stored_and_the_last_with_the_video(channel: Channel, data: bytes) -> None:
    session = channel.session(len(data))
    nothing = query_status(session, len(data))
    assert (nothing.status_code, "range" in nothing.headers) == (308, False)
    first = send(session, data, 0, GRANULE)
    assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{GRANULE - 1}")
    second = send(session, data, GRANULE, 2 * GRANULE)
    assert second.headers["range"] == query_status(session).headers["range"] == f"bytes=0-{2 * GRANULE - 1}"
    assert channel.sandbox.posts() == []
    last = send(session, data, 2 * GRANULE, len(data))
    video = last.json()
    assert (last.status_code, video["kind"], video["status"]["uploadStatus"]) == (201, "youtube#video", "uploaded")
    (post,) = channel.sandbox.posts()
    assert (post["id"], post["title"], post["privacy"]) == (video["id"], "A title", "public")
    assert httpx.get(post["media"]).content == data


def test_a_session_that_is_done_answers_with_the_same_video(channel: Channel, data: bytes) -> None:
    session = channel.session(len(data))
    first = send(session, data, 0, len(data)).json()
    channel.add_captions(first["id"], SRT)
    for again in (query_status(session, len(data)), send(session, data, 2 * GRANULE, len(data))):
        assert (again.status_code, again.json()["id"]) == (200, first["id"])
    (post,) = channel.sandbox.posts()
    assert post["captions"] == SRT


def test_a_piece_that_is_not_the_last_has_whole_granules(channel: Channel, data: bytes) -> None:
    session = channel.session(len(data))
    refused = send(session, data, 0, 100_000)
    assert (refused.status_code, "262144" in refused.text) == (400, True)
    assert "range" not in query_status(session).headers


def test_a_gap_is_refused_and_bytes_that_are_there_are_skipped(channel: Channel, data: bytes) -> None:
    session = channel.session(len(data))
    assert send(session, data, GRANULE, 2 * GRANULE).status_code == 400
    for _ in range(2):
        assert send(session, data, 0, GRANULE).headers["range"] == f"bytes=0-{GRANULE - 1}"
    assert send(session, data, 0, len(data)).status_code == 201
    assert httpx.get(channel.sandbox.posts()[0]["media"]).content == data


def test_the_size_is_the_one_it_was_opened_for(channel: Channel, data: bytes) -> None:
    assert send(channel.session(len(data) + 1), data, 0, len(data)).status_code == 400


def test_a_session_can_be_opened_without_a_size(channel: Channel, data: bytes) -> None:
    assert send(channel.session(None), data, 0, len(data)).status_code == 201


def test_of_a_connection_that_breaks_whole_granules_stay(channel: Channel, data: bytes) -> None:
    session = httpx.URL(channel.session(len(data)))
    head = (
        f"PUT {session.raw_path.decode()} HTTP/1.1\r\nHost: {session.netloc.decode()}\r\n"
        f"Content-Length: {len(data)}\r\nContent-Range: bytes 0-{len(data) - 1}/{len(data)}\r\n\r\n"
    )
    with socket.create_connection((session.host, session.port or 80)) as connection:
        connection.sendall(head.encode() + data[: GRANULE + 1000])
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    # The connection is closed before what came of it is stored.
    stored = until(lambda: query_status(str(session)).headers.get("range"), seconds=30, what="what came")
    assert stored == f"bytes=0-{GRANULE - 1}"
    assert send(str(session), data, GRANULE, len(data)).status_code == 201


def test_a_session_lives_a_week(channel: Channel, data: bytes) -> None:
    session = channel.session(len(data))
    send(session, data, 0, GRANULE)
    channel.sandbox.advance(7 * DAY - HOUR)
    assert query_status(session).status_code == 308
    channel.sandbox.advance(HOUR)
    assert query_status(session).status_code == 404
    assert query_status(session.replace("upload_id=", "upload_id=x")).status_code == 404


def test_a_dropped_answer_to_the_last_byte_is_found_by_asking(channel: Channel, data: bytes) -> None:
    session = channel.session(len(data))
    send(session, data, 0, 2 * GRANULE)
    channel.sandbox.fail("youtube", "commit", "accept_then_drop")
    with pytest.raises(httpx.RemoteProtocolError):
        send(session, data, 2 * GRANULE, len(data))
    assert query_status(session).json()["id"] == channel.sandbox.posts()[0]["id"]


def test_a_session_outlives_its_server(tmp_path: Path, data: bytes) -> None:
    with served_sandbox(tmp_path) as before:
        session = Channel.connected(before).session(len(data))
        send(session, data, 0, GRANULE)
    with served_sandbox(tmp_path) as after:
        session = session.replace(before.url, after.url)
        assert query_status(session).headers["range"] == f"bytes=0-{GRANULE - 1}"
        assert send(session, data, GRANULE, len(data)).status_code == 201
        assert len(after.posts()) == 1


def test_only_the_last_piece_is_the_commit(channel: Channel, data: bytes) -> None:
    session = channel.session(len(data))
    send(session, data, 0, GRANULE)
    query_status(session)
    send(session, data, GRANULE, len(data))
    steps = [request["step"] for request in channel.sandbox.requests()]
    assert steps == ["grant", "prepare", "prepare", "confirm", "commit"]


# ── video limits ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ({"title": ""}, "invalidTitle"),
        ({"title": "t" * 101}, "invalidTitle"),
        ({"title": "a < b"}, "invalidTitle"),
        ({"title": "t", "description": "é" * 2501}, "invalidDescription"),
        ({"title": "t", "description": "a > b"}, "invalidDescription"),
        ({"title": "t", "tags": ["a" * 250, "b" * 250]}, "invalidTags"),
        ({"title": "t", "tags": ["a b"] + ["c" * 93] * 5 + ["d" * 26]}, "invalidTags"),
        ({"title": "t", "categoryId": "18"}, "invalidCategoryId"),
        ({"title": "t", "hashtags": []}, "badRequest"),
        ({"title": 5}, "badRequest"),
    ],
)
def test_metadata_outside_the_limits_is_refused(channel: Channel, snippet: dict[str, Any], expected: str) -> None:
    assert reason(channel.open(10, snippet=snippet)) == (400, expected)


def test_metadata_at_the_limits_is_taken(channel: Channel) -> None:
    tags = ["a b"] + ["c" * 93] * 5 + ["d" * 24]  # 499 letters and commas with the quotes around "a b", and one spare
    assert channel.open(10, snippet={"title": "t" * 100, "description": "é" * 2500, "tags": tags}).status_code == 200


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"privacyStatus": "friends"}, "badRequest"),
        ({"privacyStatus": "public", "publishAt": "2030-01-01T00:00:00Z"}, "invalidPublishAt"),
        ({"selfDeclaredMadeForKids": "no"}, "badRequest"),
    ],
)
def test_a_status_that_there_is_not_is_refused(channel: Channel, status: dict[str, Any], expected: str) -> None:
    assert reason(channel.open(10, status=status)) == (400, expected)


def test_a_part_that_is_not_named_is_not_set(channel: Channel, data: bytes) -> None:
    video = channel.upload(data, part="snippet", status={"privacyStatus": "private"})
    assert channel.video(video["id"])["status"]["privacyStatus"] == "public"
    assert "status" not in video


def test_what_was_written_is_read_back(channel: Channel, data: bytes) -> None:
    snippet = {"title": "Bread", "description": "Hot", "tags": ["bread"], "categoryId": "26", "defaultLanguage": "en"}
    status = {"privacyStatus": "unlisted", "containsSyntheticMedia": True, "selfDeclaredMadeForKids": False}
    placement = {"hasPaidProductPlacement": True}
    part = "snippet,status,paidProductPlacementDetails"
    video = channel.upload(data, part=part, snippet=snippet, status=status, paidProductPlacementDetails=placement)
    read = channel.video(video["id"], part)
    assert snippet.items() <= read["snippet"].items()
    assert status.items() <= read["status"].items()
    assert read["paidProductPlacementDetails"] == placement


def test_processing_takes_its_time_and_statistics_are_strings(channel: Channel, data: bytes) -> None:
    id = channel.upload(data)["id"]
    early = channel.video(id)
    assert (early["status"]["uploadStatus"], early["processingDetails"]["processingStatus"]) == (
        "uploaded",
        "processing",
    )
    channel.sandbox.advance(60)
    done = channel.video(id)
    assert (done["status"]["uploadStatus"], done["processingDetails"]["processingStatus"]) == ("processed", "succeeded")
    assert done["statistics"]["viewCount"].isdecimal()
    assert done["contentDetails"]["duration"] == "PT0M3S"


@pytest.mark.parametrize(("sent", "why"), [(b"no video at all" * 100, "invalidFile"), (b"", "emptyFile")])
def test_what_is_no_video_fails_in_processing(channel: Channel, sent: bytes, why: str) -> None:
    session = channel.session(len(sent))
    answer = httpx.put(session, content=sent)
    channel.sandbox.advance(60)
    status = channel.video(answer.json()["id"])["status"]
    assert (status["uploadStatus"], status["failureReason"]) == ("failed", why)
    assert channel.sandbox.posts() == []


def test_uploads_of_a_project_that_was_not_audited_are_private(channel: Channel, data: bytes) -> None:
    channel.sandbox.set(youtube_audited=False)
    assert channel.upload(data)["status"]["privacyStatus"] == "private"


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_projects_uploads_of_a_day_end_at_midnight_in_california(channel: Channel) -> None:
    channel.sandbox.set(youtube_inserts_per_day=2)
    for _ in range(2):
        channel.session(10)
    assert reason(channel.open(10)) == (403, "quotaExceeded")
    answer = channel.sandbox.http.post("/_sandbox/clock", json={"advance_seconds": 0}).json()
    now = datetime.fromisoformat(answer["now"]).astimezone(ZoneInfo("America/Los_Angeles"))
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo)
    channel.sandbox.advance(midnight.timestamp() - now.timestamp() + 1)
    Channel.connected(channel.sandbox).session(10)


def test_a_channels_uploads_of_a_day_are_a_400(channel: Channel, data: bytes) -> None:
    channel.sandbox.set(youtube_uploads_per_day=1)
    channel.upload(data)
    refused = channel.open(10)
    assert reason(refused) == (400, "uploadLimitExceeded")
    assert refused.json()["error"]["errors"][0]["domain"] == "youtube.video"
    Channel.connected(channel.sandbox, "tech.tom").session(10)
    channel.sandbox.advance(DAY)
    Channel.connected(channel.sandbox).session(10)


def test_other_calls_have_units_and_captions_cost_400(channel: Channel, data: bytes) -> None:
    channel.sandbox.set(youtube_units_per_day=401)
    id = channel.upload(data)["id"]
    assert channel.add_captions(id, SRT).status_code == 200
    assert channel.video(id)
    assert reason(channel.call("GET", f"{API}/videos", params={"part": "id", "id": id})) == (403, "quotaExceeded")


# ── other endpoints ──────────────────────────────────────────────────────────────────────────────────────


def test_a_channel_names_the_playlist_of_its_uploads_newest_first(channel: Channel, data: bytes) -> None:
    ids = [channel.upload(data, snippet={"title": title})["id"] for title in ("one", "two", "three")]
    mine = channel.call("GET", f"{API}/channels", params={"part": "snippet,contentDetails", "mine": "true"}).json()
    (own,) = mine["items"]
    assert (own["snippet"]["title"], own["snippet"]["customUrl"]) == ("Mara Bakes", "@mara.bakes")
    assert own["id"] == channel.sandbox.posts()[0]["account"]
    playlist = own["contentDetails"]["relatedPlaylists"]["uploads"]
    query = {"part": "snippet,contentDetails", "playlistId": playlist, "maxResults": "2"}
    first = channel.call("GET", f"{API}/playlistItems", params=query).json()
    rest = channel.call("GET", f"{API}/playlistItems", params=query | {"pageToken": first["nextPageToken"]}).json()
    items = [*first["items"], *rest["items"]]
    assert [item["contentDetails"]["videoId"] for item in items] == ids[::-1]
    assert [item["snippet"]["title"] for item in items] == ["three", "two", "one"]
    assert "nextPageToken" not in rest
    for changes, expected in (
        ({"playlistId": "UUx"}, (404, "playlistNotFound")),
        ({"maxResults": "51"}, (400, "badRequest")),
    ):
        assert reason(channel.call("GET", f"{API}/playlistItems", params=query | changes)) == expected


def test_a_video_gets_one_cover_and_each_caption_track_once(channel: Channel, data: bytes) -> None:
    id = channel.upload(data)["id"]
    query = {"videoId": id, "uploadType": "media"}
    cover = channel.call("POST", f"{UPLOAD}/thumbnails/set", params=query, content=b"\xff\xd8\xff\xe0").json()
    assert httpx.get(cover["items"][0]["default"]["url"]).content == b"\xff\xd8\xff\xe0"
    assert reason(channel.call("POST", f"{UPLOAD}/thumbnails/set", params=query, content=b"GIF89a"))[0] == 400
    track = channel.add_captions(id, SRT).json()
    assert (track["kind"], track["snippet"]["status"]) == ("youtube#caption", "serving")
    assert channel.sandbox.posts()[0]["captions"] == SRT
    assert reason(channel.add_captions(id, SRT)) == (409, "captionExists")
    assert channel.add_captions(id, SRT, language="de", name="Deutsch").status_code == 200
    assert channel.video(id)["contentDetails"]["caption"] == "true"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"videoId": "none"}, (404, "videoNotFound")), ({"name": "n" * 151}, (400, "nameTooLong"))],
)
def test_captions_of_another_kind_are_refused(
    channel: Channel, data: bytes, changes: dict[str, str], expected: tuple[int, str]
) -> None:
    assert reason(channel.add_captions(channel.upload(data)["id"], SRT, **changes)) == expected


def test_private_videos_are_for_their_owner(channel: Channel, data: bytes) -> None:
    other = Channel.connected(channel.sandbox, "tech.tom")
    hidden, open_ = (channel.upload(data, status={"privacyStatus": name})["id"] for name in ("private", "public"))
    seen = other.call("GET", f"{API}/videos", params={"part": "id", "id": f"{hidden},{open_}"}).json()["items"]
    assert [video["id"] for video in seen] == [open_]
    assert reason(other.add_captions(open_, SRT)) == (403, "forbidden")


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_is_for_its_calls(channel: Channel, scope: str) -> None:
    limited = Channel.connected(channel.sandbox, scope=scope)
    may = {
        "upload": limited.open(10).status_code != 403,
        "read": limited.call("GET", f"{API}/channels", params={"part": "id", "mine": "true"}).status_code != 403,
        "caption": limited.add_captions("none", SRT).status_code != 403,
    }
    name = scope.rpartition(".")[2]
    assert [what for what, allowed in may.items() if allowed] == {
        "upload": ["upload"],
        "readonly": ["read"],
        "force-ssl": ["upload", "read", "caption"],
    }[name]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"part": "snippet"}, "missingRequiredParameter"),
        ({"id": "x"}, "missingRequiredParameter"),
        ({"part": "everything", "id": "x"}, "unknownPart"),
        ({"part": "id", "id": "x", "parts": "id"}, "badRequest"),
    ],
)
def test_queries_are_held_to_the_api(channel: Channel, query: dict[str, str], expected: str) -> None:
    assert reason(channel.call("GET", f"{API}/videos", params=query)) == (400, expected)


def test_a_video_is_deleted_by_its_owner_once_for_50_units(channel: Channel, data: bytes) -> None:
    video = channel.upload(data)["id"]
    delete = {"method": "DELETE", "path": f"{API}/videos", "params": {"id": video}}
    assert reason(Channel.connected(channel.sandbox, "rita").call(**delete)) == (403, "forbidden")
    channel.sandbox.set(youtube_units_per_day=149)
    assert channel.call(**delete).status_code == 204
    assert channel.sandbox.posts() == []
    assert reason(channel.call(**delete)) == (403, "quotaExceeded")
    channel.sandbox.set(youtube_units_per_day=10_000)
    assert reason(channel.call(**delete)) == (404, "videoNotFound")
    reader = Channel.connected(channel.sandbox, scope=SCOPES[1])
    assert reason(reader.call(**delete)) == (403, "insufficientPermissions")
