"""Colors of the avatars: mixing of tones, and the SVG elements that the drawings are made of."""

from PIL import ImageColor


def mix(color: str, other: str, share: float) -> str:
    """`color` with `share` (0 to 1) of `other`, both #rrggbb."""
    pairs = zip(ImageColor.getrgb(color), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def lighter(color: str, share: float) -> str:
    """A tint, slightly warm."""
    return mix(color, "#fff4e6", share)


def darker(color: str, share: float) -> str:
    """A shade, slightly violet: gray shadows make skin look ill."""
    return mix(color, "#2a0f2e", share)


def path(data: str, fill: str, opacity: float = 1.0) -> str:
    return f'<path d="{data}" fill="{fill}" fill-opacity="{opacity:g}"/>'


def line(data: str, color: str, width: float, opacity: float = 1.0) -> str:
    return (
        f'<path d="{data}" fill="none" stroke="{color}" stroke-width="{width:g}" stroke-opacity="{opacity:g}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def ellipse(x: float, y: float, across: float, down: float, fill: str, opacity: float = 1.0) -> str:
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{across:g}" ry="{down:g}" fill="{fill}" fill-opacity="{opacity:g}"/>'


def linear_gradient(name: str, *stops: tuple[float, str], across: bool = False) -> str:
    """From top to bottom of the filled shape, or from left to right."""
    direction = 'x2="1" y2="0"' if across else 'x2="0" y2="1"'
    return f'<linearGradient id="{name}" x1="0" y1="0" {direction}>{_stops(stops)}</linearGradient>'


def radial_gradient(name: str, color: str, opacity: float) -> str:
    """A soft spot: `opacity` at the center of the filled shape, transparent at its edge."""
    return (
        f'<radialGradient id="{name}"><stop offset="0" stop-color="{color}" stop-opacity="{opacity:g}"/>'
        f'<stop offset="1" stop-color="{color}" stop-opacity="0"/></radialGradient>'
    )


def clipped(name: str, outline: str, content: str) -> str:
    """The content where the outline is filled."""
    return f'<clipPath id="{name}"><path d="{outline}"/></clipPath><g clip-path="url(#{name})">{content}</g>'


def mirrored(content: str, *, axis: float) -> str:
    """The content, and its mirror image at the vertical line x = `axis`."""
    return f'{content}<g transform="translate({2 * axis:g} 0) scale(-1 1)">{content}</g>'


def _stops(stops: tuple[tuple[float, str], ...]) -> str:
    return "".join(f'<stop offset="{offset:g}" stop-color="{color}"/>' for offset, color in stops)
