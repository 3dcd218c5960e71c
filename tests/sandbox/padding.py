"""Videos of the size that a test needs."""


def padded(mp4: bytes, size: int) -> bytes:
    """The same MP4 in more bytes: a box `free`, which players skip, fills it up."""
    missing = size - len(mp4)
    return mp4 + missing.to_bytes(4, "big") + b"free" + bytes(missing - 8)
