"""Tone and gamut mapping of HDR10, HLG and wide-gamut RGB to BT.709, as a function and as a 3D lookup table.

Our own, because the filters that do this (`zscale`, `libplacebo`, newer `scale`) are missing from many builds of ffmpeg
and from PyAV's, and `tonemap` clips: it turns a colored highlight white.
"""

from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Transfer = Literal["pq", "hlg", "sdr"]
Primaries = Literal["bt709", "bt2020", "p3"]
RGB = NDArray[np.floating[Any]]

# Luminance of white paper in HDR (BT.2408), which becomes 1; a peak of 1,000 is what phones grade for, and HLG's.
_PAPER_WHITE_NITS: Final = 203.0
_PEAK: Final = 1000 / _PAPER_WHITE_NITS
# Values up to here (190 of 255) do not change. Higher ones are compressed, so that paper white becomes 227 of 255.
_KNEE: Final = 0.5
_DISPLAY_GAMMA: Final = 2.4  # BT.1886
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722])
# Linear RGB to linear BT.709, all with white D65.
_TO_BT709: Final[dict[Primaries, RGB]] = {
    "bt709": np.eye(3),
    "bt2020": np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]),
    "p3": np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]),
}
# For random colors of BT.709 in HDR10, the table differs from the function by 2.3 of 255 on average, almost all of it
# in the darkest of the three channels of a saturated color. With 65 steps it would differ by 1.1, and take 8 times as
# long to write (0.14 s).
_STEPS: Final = 33


def to_bt709(rgb: RGB, transfer: Transfer, primaries: Primaries) -> RGB:
    """Non-linear RGB (last axis; 0 to 1, full range) as non-linear BT.709. Hues stay; highlights are compressed."""
    linear = _TO_LINEAR[transfer](np.asarray(rgb, float)) @ _TO_BT709[primaries].T
    luma = linear @ _LUMA
    # A color outside of BT.709 has a negative part. It is mixed with the gray of its luminance until it has none.
    lowest = linear.min(axis=-1)
    saturation = np.where(lowest < 0, luma / np.maximum(luma - lowest, 1e-9), 1.0)[..., None]
    inside = luma[..., None] + saturation * (linear - luma[..., None])
    brightest = np.maximum(inside.max(axis=-1, keepdims=True), 1e-9)
    compressed = np.minimum(brightest, 1.0) if transfer == "sdr" else _compress(brightest)
    mapped: RGB = np.clip(inside * compressed / brightest, 0, 1) ** (1 / _DISPLAY_GAMMA)
    return mapped


def write_table(path: Path, transfer: Transfer, primaries: Primaries) -> None:
    """Write `to_bt709` as a .cube file for the filter `lut3d`."""
    axis = np.linspace(0, 1, _STEPS)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red changes fastest
    colors = to_bt709(np.stack([red, green, blue], axis=-1), transfer, primaries).reshape(-1, 3)
    np.savetxt(path, colors, fmt="%.5f", header=f"LUT_3D_SIZE {_STEPS}", comments="")


def _compress(light: RGB) -> RGB:
    """Extended Reinhard above the knee, which reaches 1 at the peak; its slope at the knee is 1."""
    room = 1 - _KNEE
    above = np.clip((light - _KNEE) / room, 0, (_PEAK - _KNEE) / room)
    peak = (_PEAK - _KNEE) / room
    compressed: RGB = np.where(light < _KNEE, light, _KNEE + room * above * (1 + above / peak**2) / (1 + above))
    return compressed


def _pq_to_linear(signal: RGB) -> RGB:
    """SMPTE ST 2084, in units of paper white."""
    root = np.maximum(signal, 0) ** (1 / 78.84375)
    nits: RGB = 10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    return nits / _PAPER_WHITE_NITS


def _hlg_to_linear(signal: RGB) -> RGB:
    """ARIB STD-B67 on a display of 1,000 nits (system gamma 1.2), in units of paper white."""
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    luma = scene @ np.array([0.2627, 0.6780, 0.0593])
    linear: RGB = _PEAK * scene * luma[..., None] ** 0.2
    return linear


def _sdr_to_linear(signal: RGB) -> RGB:
    linear: RGB = np.maximum(signal, 0) ** _DISPLAY_GAMMA
    return linear


_TO_LINEAR: Final = {"pq": _pq_to_linear, "hlg": _hlg_to_linear, "sdr": _sdr_to_linear}
