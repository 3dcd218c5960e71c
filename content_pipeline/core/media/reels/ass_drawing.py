"""ASS building blocks for reels: styles, positioned events, vector shapes, clipped to the safe zone."""

from pysubs2 import Alignment, Color, SSAEvent, SSAStyle

from content_pipeline.core.media.ass_document import BIDI_WHOLE_LINE, RGB, brightness, event_milliseconds
from content_pipeline.core.media.fonts import LINE_HEIGHT
from content_pipeline.core.media.reels.safe_zone import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP

INK: RGB = (16, 14, 22)
PAPER: RGB = (255, 255, 255)

# Layout keeps text inside; stacked combining marks can exceed any layout and are clipped here.
_CLIP = rf"\clip({SAFE_LEFT},{SAFE_TOP},{SAFE_RIGHT},{SAFE_BOTTOM})"
# Distance of the Bézier handles from the corner, in radii, for a round corner.
_BEZIER_HANDLE = 0.45


def text_color_on(background: RGB) -> RGB:
    """The color of letters on `ground`."""
    return INK if brightness(background) > 110 else PAPER


def ass_style(
    color: RGB,
    family: str,
    *,
    opacity: float = 1.0,
    outlined: bool = False,
    alignment: Alignment = Alignment.MIDDLE_CENTER,
) -> SSAStyle:
    """How text or a shape looks; letters with an `edge` are legible on any background. `show` gives the size."""
    return SSAStyle(
        fontname=family,
        bold=True,
        primarycolor=Color(*color, round(255 * (1 - opacity))),
        outlinecolor=Color(*INK),
        outline=1 if outlined else 0,
        shadow=0,
        encoding=BIDI_WHOLE_LINE,
        alignment=alignment,
        marginl=0,
        marginr=0,
        marginv=0,
    )


def positioned_event(
    text: str,
    style: str,
    *,
    at: tuple[float, float],
    start: float,
    end: float,
    layer: int = 0,
    tags: str = "",
    to: tuple[float, float] | None = None,
    moves: tuple[int, int] = (0, 0),
) -> SSAEvent:
    """Show SubStation text from one second to another in the style, aligned as that says to `at`, in pixels.

    With `to` it moves there, between the two `moves`, in milliseconds from `start`.
    """
    x, y = at
    place = rf"\pos({x:.1f},{y:.1f})"
    if to:
        place = rf"\move({x:.1f},{y:.1f},{to[0]:.1f},{to[1]:.1f},{moves[0]},{moves[1]})"
    return SSAEvent(
        start=event_milliseconds(start),
        end=event_milliseconds(end),
        layer=layer,
        style=style,
        text=rf"{{{place}{_CLIP}{tags}}}{text}",
    )


def clip_tag(left: float, right: float, *, top: float = SAFE_TOP) -> str:
    """The override tag that shows only what is between these columns, inside the safe zone."""
    return rf"\clip({max(left, SAFE_LEFT):.0f},{top:.0f},{min(right, SAFE_RIGHT):.0f},{SAFE_BOTTOM})"


def font_size_tag(em: float) -> str:
    """The override tag for the font size."""
    return rf"\fs{em * LINE_HEIGHT:.1f}"


def rounded_rectangle(width: float, height: float, radius: float) -> str:
    """An ASS drawing of a rounded rectangle in whole pixels; the radius is limited to half the shorter side."""
    right, bottom = round(width), round(height)
    corner = round(min(radius, right / 2, bottom / 2))
    handle = round(corner * _BEZIER_HANDLE)
    return (
        rf"{{\p1}}m {corner} 0 l {right - corner} 0 b {right - handle} 0 {right} {handle} {right} {corner} "
        f"l {right} {bottom - corner} b {right} {bottom - handle} {right - handle} {bottom} {right - corner} {bottom} "
        f"l {corner} {bottom} b {handle} {bottom} 0 {bottom - handle} 0 {bottom - corner} "
        f"l 0 {corner} b 0 {handle} {handle} 0 {corner} 0"
    )
