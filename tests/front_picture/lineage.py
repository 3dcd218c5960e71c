"""The graph of assets, as Dagster's own page shows it."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

from playwright.sync_api import Browser, FloatRect, expect


class Selection(NamedTuple):
    """Assets in Dagster's language of selections, and their groups."""

    assets: str
    groups: tuple[str, ...]


# From a script to the figures of its post, without what keeps house.
WAY_OF_A_POST: Final = Selection(
    'group:"reels" or key:"avatar_submission" or key:"avatar_video" or group:"publications" '
    'or key:"metric_snapshots/*" or key:"daily_metrics" or key:"analytics_export"',
    ("reels", "avatars", "publications", "analytics"),
)
ALL: Final = Selection(
    "*",
    (
        *("analytics", "avatars", "calendar", "captions", "maintenance", "publications", "reels", "webhooks"),
        "workspaces",
    ),
)
# The page shows them one after the other.
_MADE: Final = ("reel_video", "avatar_video", "publication_upload", "analytics_export")
_MARGIN: Final = 16
_PIXELS_A_POINT: Final = 2
_WAIT_MS: Final = 120_000


def screenshot(browser: Browser, dagster_url: str, selection: Selection) -> bytes:
    """A PNG of the selected assets, in their expanded groups, when the page shows which have been made."""
    with browser.new_context(viewport={"width": 2000, "height": 2300}, device_scale_factor=_PIXELS_A_POINT) as context:
        page = context.new_page()
        expanded = ",".join(f"global@global:{group}" for group in selection.groups)
        page.goto(f"{dagster_url}/asset-groups~{quote(selection.assets, safe='')}?expanded={quote(expanded)}")
        page.add_style_tag(content="[class*=zoomSliderContainer] { visibility: hidden }")
        frames = page.locator("[class*=GroupNode_groupOutlineBox], [class*=GroupNode_groupNodeHeaderBox]")
        expect(frames).to_have_count(2 * len(selection.groups), timeout=_WAIT_MS)
        made = page.locator("[class*=AssetNode_minimalAssetNodeBox][style*=accent-green]")
        for asset in _MADE:
            expect(made.filter(has_text=asset)).to_be_visible(timeout=_WAIT_MS)
        boxes = [box for frame in frames.all() if (box := frame.bounding_box())]
        return page.screenshot(clip=_around(boxes), animations="disabled")


def _around(boxes: Sequence[FloatRect]) -> FloatRect:
    """The rectangle that has all boxes in it, and a margin."""
    left, top = (min(box[side] for box in boxes) - _MARGIN for side in ("x", "y"))
    right = max(box["x"] + box["width"] for box in boxes) + _MARGIN
    bottom = max(box["y"] + box["height"] for box in boxes) + _MARGIN
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}
