"""Text and shapes over a reel, as SubStation events: at a place, for a time, and never outside the safe area."""

from pysubs2 import Alignment, Color, SSAEvent, SSAStyle

from content_pipeline.core.media.fonts import LINE_HEIGHT
from content_pipeline.core.media.reels.frame import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP
from content_pipeline.core.media.substation import RGB, WHOLE_LINE, brightness, milliseconds

INK: RGB = (16, 14, 22)
PAPER: RGB = (255, 255, 255)

# Layout keeps everything inside; marks piled on a letter without end are beyond any layout, and cut off here.
_CLIP = rf"\clip({SAFE_LEFT},{SAFE_TOP},{SAFE_RIGHT},{SAFE_BOTTOM})"
# How far the handles of a curve stand from a corner, of its radius, for the curve to be round.
_HANDLE = 0.45


def legible_on(ground: RGB) -> RGB:
    """The colour of letters on `ground`."""
    return INK if brightness(ground) > 110 else PAPER


def style(
    color: RGB, family: str, *, opacity: float = 1.0, edge: bool = False, alignment: Alignment = Alignment.MIDDLE_CENTER
) -> SSAStyle:
    """How text or a shape looks; letters with an `edge` are legible on any background. `show` gives the size."""
    return SSAStyle(
        fontname=family,
        bold=True,
        primarycolor=Color(*color, round(255 * (1 - opacity))),
        outlinecolor=Color(*INK),
        outline=1 if edge else 0,
        shadow=0,
        encoding=WHOLE_LINE,
        alignment=alignment,
        marginl=0,
        marginr=0,
        marginv=0,
    )


def show(
    text: str, look: str, *, at: tuple[float, float], since: float, until: float, layer: int = 0, tags: str = ""
) -> SSAEvent:
    """Show SubStation text from one second to another in the style `look`, aligned as that says to `at`, in pixels."""
    x, y = at
    return SSAEvent(
        start=milliseconds(since),
        end=milliseconds(until),
        layer=layer,
        style=look,
        text=rf"{{\pos({x:.1f},{y:.1f}){_CLIP}{tags}}}{text}",
    )


def size(em: float) -> str:
    """The tag that sets the size of letters."""
    return rf"\fs{em * LINE_HEIGHT:.1f}"


def rounded_rectangle(width: float, height: float, radius: float) -> str:
    """A rectangle in whole pixels, its corners rounded, as far as it is large enough for that."""
    right, bottom = round(width), round(height)
    corner = round(min(radius, right / 2, bottom / 2))
    handle = round(corner * _HANDLE)
    return (
        rf"{{\p1}}m {corner} 0 l {right - corner} 0 b {right - handle} 0 {right} {handle} {right} {corner} "
        f"l {right} {bottom - corner} b {right} {bottom - handle} {right - handle} {bottom} {right - corner} {bottom} "
        f"l {corner} {bottom} b {handle} {bottom} 0 {bottom - handle} 0 {bottom - corner} "
        f"l 0 {corner} b 0 {handle} {handle} 0 {corner} 0"
    )
