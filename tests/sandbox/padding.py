"""Pads videos to a given file size."""


def padded(mp4: bytes, size: int) -> bytes:
    """The MP4 with a `free` box appended, which players skip, so that it has `size` bytes."""
    missing = size - len(mp4)
    return mp4 + missing.to_bytes(4, "big") + b"free" + bytes(missing - 8)
