"""The videos of the README's picture: ordered over the API, downloaded, and one frame taken of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from PIL import Image

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.media import picture_conversion
from tests.stack.client import Client

# Of the longest video: a slow machine renders the avatar in about a minute.
_WAIT_SECONDS: Final = 600


@dataclass(frozen=True)
class Shot:
    """A video, by what decides its look, and the moment of it that is shown."""

    label: str
    name: str
    style_tag: str
    animation: str
    script: str
    title: str = ""
    call_to_action: str | None = None
    seconds: float = 0


# Each tag belongs to one design, so that no two look alike.
_COVER: Final = Shot(
    "A cover for each reel",
    name="Mara bakes",
    style_tag="fitness",
    animation="box",
    script="Bread needs four things: flour, water, salt and time. Most of us forget the last one.",
    title="Bread for $2.50",
)
_BOX: Final = Shot(
    "Captions in time",
    name="Blue Planet",
    style_tag="fresh",
    animation="box",
    script="The sea covers 71% of our planet, and we have mapped less of its floor than of the moon.",
    title="71% of our planet",
    seconds=3.9,
)
_POP: Final = Shot(
    "Twelve designs",
    name="Studio Rosa",
    style_tag="playful",
    animation="pop",
    script="Three numbers run a small studio: $1,299 for the camera, 2 hours of editing, and 1 good idea.",
    title="Three numbers",
    seconds=5.4,
)
_CARD: Final = Shot(
    "A call to action",
    name="Night Sky Notes",
    style_tag="mystical",
    animation="typewriter",
    script="Look up tonight: the brightest dot is a planet, and it does not twinkle.",
    title="Look up tonight",
    call_to_action="Follow for part 2",
    seconds=99,
)
_AVATAR: Final = Shot(
    "An avatar",
    name="Mei explains",
    style_tag="serious",
    animation="typewriter",
    script="Nobody filmed me. I was drawn, frame by frame, from a script and a voice.",
    seconds=2.3,
)
_AVATAR_ID: Final = "mei"
_RECORDING: Final = ROOT / "examples" / "media" / "sense-and-sensibility.flac"
_RECORDING_SECONDS: Final = 3.2


def frames(client: Client, folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """A label and a frame of each video, in the order of the picture. `folder` takes the videos."""
    avatar = _order_avatar(client)
    for number, reel in enumerate((_COVER, _BOX, _POP)):
        yield reel.label, frame(client.download(_make(client, reel), folder / f"{number}.mp4"), reel.seconds)
    burned_in = client.download(_burn_in(client), folder / "recording.mp4")
    yield "A recording, captioned", frame(burned_in, _RECORDING_SECONDS)
    video = client.wait_for_task(avatar, _WAIT_SECONDS)["result"]["video_url"]
    yield _AVATAR.label, frame(client.download(video, folder / "avatar.mp4"), _AVATAR.seconds)
    yield _CARD.label, frame(client.download(_make(client, _CARD), folder / "card.mp4"), _CARD.seconds)


def frame(video: Path, seconds: float) -> Image.Image:
    """The frame at `seconds`; past the end, the last one."""
    with av.open(video) as container:
        decoded = container.decode(video=0)
        shown = next(decoded)
        for shown in decoded:
            if shown.time is not None and shown.time >= seconds:
                break
        return Image.fromarray(picture_conversion.rgb(shown, shown.width, shown.height))


def _make(client: Client, reel: Shot) -> str:
    """Make the reel for a twin of its own. Returns the address of the video."""
    row = {"script": reel.script, "title": reel.title}
    batch = client.batch(row, twin=_create_twin(client, reel))
    assert client.wait_for_task(batch["task_id"], _WAIT_SECONDS)["status"] == "done"
    (job,) = client.jobs(batch["batch_id"])
    address: str = job["result_url"]
    return address


def _create_twin(client: Client, reel: Shot) -> str:
    answer = client.http.post(
        "/twins",
        json={
            "name": reel.name,
            "voice_id": "en-US",
            "style_tags": [reel.style_tag],
            "caption_animation": reel.animation,
            "call_to_action": reel.call_to_action,
        },
    )
    twin_id: str = answer.raise_for_status().json()["id"]
    return twin_id


def _burn_in(client: Client) -> str:
    """Caption a recording, and burn the captions in. Returns the address of the video."""
    captions = client.caption(_RECORDING, language="en")
    client.wait_for_task(captions["task_id"], _WAIT_SECONDS)
    look = {"style": "karaoke", "font_size": 72, "position": "middle"}
    burning = client.post(f"/captions/{captions['caption_id']}/burn-in", json=look)
    address: str = client.wait_for_task(burning["task_id"], _WAIT_SECONDS)["result"]["output_url"]
    return address


def _order_avatar(client: Client) -> str:
    """Ask for the avatar video, which is rendered beside the reels. Returns the task's id."""
    twin = _create_twin(client, _AVATAR)
    body = {"twin_id": twin, "script": _AVATAR.script, "avatar_id": _AVATAR_ID, "captions": True}
    task_id: str = client.post("/multimodal/avatar/generate", json=body)["task_id"]
    return task_id
