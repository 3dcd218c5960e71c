"""The fake YouTube API against Google's discovery document and Google's client library."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any, get_args

import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest, MediaIoBaseUpload
from pydantic import BaseModel

from sandbox.youtube import resources
from sandbox.youtube.protocol import INSERT_VIDEO, METHODS, STANDARD_PARAMETERS, Method
from sandbox.youtube.uploads import MAX_BYTES
from sandbox.youtube.videos import CHANNEL_PARTS, ITEM_PARTS, PARTS
from tests.media.samples import video
from tests.sandbox.padding import padded
from tests.sandbox.youtube.channel import Channel
from tests.sandbox.youtube.discovery import DOCUMENT, STANDARD, method, misfits, path_of, schema
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow

GRANULE = 256 * 1024
SRT = b"1\n00:00:00,000 --> 00:00:01,000\nH\xc3\xa9llo\n"
WRITTEN = [
    resources.Video,
    resources.VideoSnippet,
    resources.VideoStatus,
    resources.VideoPaidProductPlacementDetails,
    resources.Caption,
    resources.CaptionSnippet,
]


# ── discovery document ───────────────────────────────────────────────────────────────────────────────────


def test_the_description_tells_what_does_not_fit() -> None:
    resource = {"id": 5, "status": {"privacyStatus": "friends", "hidden": True}, "snippet": {"tags": ["one", 2]}}
    assert [misfit.partition(" ")[0] for misfit in misfits(resource, schema("Video"))] == [
        ".id",
        ".status.privacyStatus",
        ".status.hidden",
        ".snippet.tags[]",
    ]


@pytest.mark.parametrize("ours", METHODS, ids=lambda ours: ours.id)
def test_each_method_is_one_of_the_api(ours: Method) -> None:
    theirs = method(ours.id)
    assert (ours.verb, ours.path) == (theirs["httpMethod"], path_of(theirs))
    assert ours.parameters <= theirs["parameters"].keys()
    assert set(ours.scopes) <= set(theirs["scopes"])


def test_what_every_method_takes_is_in_the_description() -> None:
    assert STANDARD.keys() >= STANDARD_PARAMETERS


def test_the_largest_video_is_the_one_of_the_description() -> None:
    assert int(method(INSERT_VIDEO.id)["mediaUpload"]["maxSize"]) == MAX_BYTES


@pytest.mark.parametrize(
    ("parts", "resource"), [(PARTS, "Video"), (CHANNEL_PARTS, "Channel"), (ITEM_PARTS, "PlaylistItem")]
)
def test_each_part_is_one_of_its_resource(parts: tuple[str, ...], resource: str) -> None:
    assert set(parts) <= schema(resource)["properties"].keys()


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_what_may_be_written_has_the_names_types_and_values_of_the_description(model: type[BaseModel]) -> None:
    theirs = schema(model.__name__)["properties"]
    for name, ours in model.model_json_schema(mode="validation")["properties"].items():
        kinds = [kind for kind in ours.get("anyOf", [ours]) if kind.get("type") != "null"]
        assert [kind.get("type") for kind in kinds] == [theirs[name].get("type")], name
        assert [kind.get("enum") for kind in kinds] == [theirs[name].get("enum")], name


# ── Google's client library ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def youtube(sandbox: Sandbox) -> Iterator[Any]:
    """Google's client for the Data API, pointed at the sandbox."""
    sandbox.set(youtube_processing_seconds=60)
    document = copy.deepcopy(DOCUMENT) | {"rootUrl": f"{sandbox.url}/www.googleapis.com/"}
    credentials = Credentials(token=Channel.connected(sandbox).token)
    with build_from_document(document, credentials=credentials) as client:
        yield client


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return padded(video(tmp_path_factory.mktemp("discovery") / "clip.mp4").read_bytes(), 3 * GRANULE + 4711)


def media(data: bytes, kind: str = "video/mp4", **how: Any) -> MediaIoBaseUpload:
    return MediaIoBaseUpload(BytesIO(data), kind, **how)


class Repeatable(MediaIoBaseUpload):
    """Chunks as bytes: the library beneath Google's client repeats a request whose connection broke, and would wait
    for a minute with a stream that it has read already."""

    def has_stream(self) -> bool:
        return False


def insert(youtube: Any, sent: bytes | MediaIoBaseUpload, chunk: int = -1, **sections: Any) -> HttpRequest:
    body = {"snippet": {"title": "A title"}, "status": {"privacyStatus": "public"}} | sections
    body_media = media(sent, chunksize=chunk, resumable=True) if isinstance(sent, bytes) else sent
    return youtube.videos().insert(part=",".join(body), body=body, media_body=body_media)


def answered(request: HttpRequest) -> dict[str, Any]:
    """The response, which must match the schema of the discovery document."""
    answer = request.execute()
    assert list(misfits(answer, method(request.methodId)["response"])) == []
    return answer


def refused(request: HttpRequest) -> tuple[int, str]:
    with pytest.raises(HttpError) as caught:
        request.execute()
    (error,) = caught.value.error_details
    return caught.value.status_code, error["reason"]


@pytest.mark.parametrize("chunk", [GRANULE, 2 * GRANULE, 1024**2, -1])
def test_googles_client_uploads_in_chunks(sandbox: Sandbox, youtube: Any, clip: bytes, chunk: int) -> None:
    request, progress, video = insert(youtube, clip, chunk), [], None
    while video is None:
        status, video = request.next_chunk()
        progress += [status.resumable_progress] if status else []
    assert progress == (list(range(chunk, len(clip), chunk)) if chunk > 0 else [])
    assert list(misfits(video, schema("Video"))) == []
    (post,) = sandbox.posts()
    assert post["id"] == video["id"]
    assert sandbox.http.get(post["media"]).content == clip


@pytest.mark.parametrize("kind", ["drop", "accept_then_drop", "status"])
@pytest.mark.parametrize("step", ["prepare", "commit"])
def test_googles_client_goes_on_after_faults(sandbox: Sandbox, youtube: Any, clip: bytes, kind: str, step: str) -> None:
    request = insert(youtube, Repeatable(BytesIO(clip), "video/mp4", GRANULE, resumable=True))
    request.next_chunk()
    sandbox.fail("youtube", step, kind, status=503, times=3)
    video, tries = None, 0
    while video is None:
        tries += 1
        assert tries < 12
        with suppress(HttpError, OSError):
            _, video = request.next_chunk()
    (post,) = sandbox.posts()
    assert post["id"] == video["id"]
    assert sandbox.http.get(post["media"]).content == clip


def test_every_answer_has_the_form_of_the_description(sandbox: Sandbox, youtube: Any, clip: bytes) -> None:
    parts = ",".join(PARTS)
    paid = {"hasPaidProductPlacement": True}
    snippet = {"title": "A title", "description": "Words", "tags": ["one"], "categoryId": "22", "defaultLanguage": "en"}
    inserted = answered(insert(youtube, clip, snippet=snippet, paidProductPlacementDetails=paid))
    assert answered(youtube.videos().list(part=parts, id=inserted["id"]))["items"][0]["snippet"]["title"] == "A title"
    cover = media(b"\xff\xd8\xff\xe0", "image/jpeg")
    answered(youtube.thumbnails().set(videoId=inserted["id"], media_body=cover))
    sandbox.advance(60)
    channel = answered(youtube.channels().list(part=",".join(CHANNEL_PARTS), mine=True))["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    items = answered(youtube.playlistItems().list(part=",".join(ITEM_PARTS), playlistId=uploads, maxResults=50))[
        "items"
    ]
    assert [item["contentDetails"]["videoId"] for item in items] == [inserted["id"]]
    done = answered(youtube.videos().list(part=parts, id=inserted["id"]))["items"][0]
    assert done["status"]["uploadStatus"] == "processed"


def test_a_failed_video_has_the_form_of_the_description(sandbox: Sandbox, youtube: Any) -> None:
    inserted = answered(insert(youtube, b"no video"))
    sandbox.advance(60)
    (failed,) = answered(youtube.videos().list(part=",".join(PARTS), id=inserted["id"]))["items"]
    assert failed["status"]["uploadStatus"] == "failed"


def test_captions_of_googles_client_arrive(sandbox: Sandbox, youtube: Any, clip: bytes) -> None:
    id = answered(insert(youtube, clip))["id"]
    snippet = {"videoId": id, "language": "en", "name": "English", "isDraft": False}

    def captions() -> HttpRequest:
        return youtube.captions().insert(part="snippet", body={"snippet": snippet}, media_body=media(SRT, "text/plain"))

    assert answered(captions())["snippet"]["status"] == "serving"
    assert sandbox.posts()[0]["captions"] == SRT.decode()
    assert refused(captions()) == (409, "captionExists")


def test_googles_client_reads_the_errors(sandbox: Sandbox, youtube: Any) -> None:
    assert refused(insert(youtube, b"x", snippet={"title": ""})) == (400, "invalidTitle")
    assert refused(youtube.videos().list(part="snippet", id="x", maxWidth=100)) == (400, "badRequest")
    sandbox.set(youtube_inserts_per_day=0)
    assert refused(insert(youtube, b"x")) == (403, "quotaExceeded")
    sandbox.set(youtube_uploads_per_day=0)
    assert refused(insert(youtube, b"x")) == (400, "uploadLimitExceeded")


def test_the_privacies_are_those_of_the_description() -> None:
    assert list(get_args(resources.Privacy)) == schema("VideoStatus")["properties"]["privacyStatus"]["enum"]
