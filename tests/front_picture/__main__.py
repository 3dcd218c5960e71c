"""Make the pictures of the README and the guides on a stack of their own: `make pictures`."""

import io
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from jinja2 import Template
from PIL import Image
from playwright.sync_api import Browser

from content_pipeline.cli import demo
from tests.browser import browsing
from tests.front_picture import lineage, videos
from tests.stack.harness import Stack, running

_LAYOUT: Final = Path(__file__).parent / "layout.html"
_FONT: Final = Path(str(files("font_manrope"))) / "files" / "Manrope-Medium.ttf"
_PIXELS_A_POINT: Final = 2
_QUALITY: Final = 88


def main(folder: Path) -> None:
    """Write front.webp, asset-graph.webp and avatars.webp."""
    with TemporaryDirectory() as temporary, running(Path(temporary) / "home") as stack:
        stack.run("demo")  # so that there is one of everything, and a month of figures
        draw(stack, folder, Path(temporary))


def draw(stack: Stack, folder: Path, temporary: Path) -> None:
    """The pictures, on a stack on which the demo has run. `temporary` takes the videos."""
    dagster_url = f"http://127.0.0.1:{stack.dagster_port}"
    with stack.client("front") as client:
        frames = list(videos.frames(client, temporary))
    with browsing() as browser:
        way = lineage.screenshot(browser, dagster_url, lineage.WAY_OF_A_POST)
        (temporary / "lineage.png").write_bytes(way)
        _save(Image.open(io.BytesIO(_arranged(browser, frames, temporary))), folder / "front.webp")
        graph = lineage.screenshot(browser, dagster_url, lineage.ALL)
    _save(Image.open(io.BytesIO(graph)), folder / "asset-graph.webp")
    _save(Image.open(demo.OUTPUT / "avatars.png"), folder / "avatars.webp")


def _save(picture: Image.Image, target: Path) -> None:
    picture.save(target, quality=_QUALITY, method=6)
    sys.stdout.write(f"{target} {target.stat().st_size // 1000} kB\n")


def _arranged(browser: Browser, frames: Sequence[tuple[str, Image.Image]], temporary: Path) -> bytes:
    """A PNG of all of them side by side, with transparent corners."""
    shown = []
    for number, (label, frame) in enumerate(frames):
        file = temporary / f"frame-{number}.png"
        frame.save(file)
        shown.append((label, file.as_uri()))
    page_file = temporary / "layout.html"
    page_file.write_text(
        Template(_LAYOUT.read_text(), autoescape=True).render(
            font=_FONT.as_uri(),
            frames=shown,
            lineage=(temporary / "lineage.png").as_uri(),
            chart=(demo.OUTPUT / "figures.png").resolve().as_uri(),
        )
    )
    with browser.new_context(viewport={"width": 1200, "height": 800}, device_scale_factor=_PIXELS_A_POINT) as context:
        page = context.new_page()
        page.goto(page_file.as_uri())
        return page.locator("main").screenshot(omit_background=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
