"""Small videos with odd clocks or tracks: varying rates, edit lists, clocks that wrap or jump, empty or late tracks."""

from pathlib import Path

from tests.media import samples

_SIZE = "160x90"
_ADTS_SYNC = b"\xff\xf1"


def variable(path: Path) -> Path:
    """Thirty pictures a second, then ten, as phones film in the dark."""
    thinned = ("-vf", "select='lt(n,15)+not(mod(n,3))'", "-fps_mode", "vfr")
    return samples.video(path, *thinned, size=_SIZE, rate="30", seconds=1)


def late_pictures(path: Path) -> Path:
    """Pictures that begin half a second after the sound."""
    pictures = samples.PICTURE.format(size=_SIZE, rate="25", seconds=1)
    return samples.make(
        path, "-f", "lavfi", "-i", "sine=duration=1.5", "-itsoffset", "0.5", "-f", "lavfi", "-i", pictures
    )


def cut_out(path: Path) -> Path:
    """A part that begins between key frames: its edit list skips the pictures before it."""
    whole = samples.video(path.with_name(f"whole{path.suffix}"), "-g", "25", "-bf", "3", size=_SIZE)
    return samples.make(path, "-ss", "1.3", "-i", str(whole), "-c", "copy")


def wrapped(path: Path) -> Path:
    """A transport stream whose clock of 33 bits begins anew after 0.7 s, as each does every 26.5 hours."""
    return samples.video(path, "-output_ts_offset", "95443", "-muxdelay", "0", size=_SIZE, seconds=2)


def jumping(path: Path) -> Path:
    """Pictures whose times jump by three hours: a bit that flips does it."""
    jump = ("-vf", "setpts=PTS+gte(N\\,40)*10000/TB", "-fps_mode", "passthrough")
    return samples.video(path, *jump, size="64x64", sound=False)


def damaged_sound(path: Path) -> Path:
    """A transport stream with AAC, in the middle of which two bytes are wrong, as of bad reception."""
    data = bytearray(samples.video(path, "-c:v", "libx264", "-c:a", "aac", size=_SIZE, seconds=1).read_bytes())
    at = data.index(_ADTS_SYNC, len(data) // 2)
    data[at : at + 2] = bytes(2)
    path.write_bytes(data)
    return path


def without_pictures(path: Path) -> Path:
    """Sound, and a video track without a single picture."""
    whole = samples.video(path.with_name("whole.mkv"), size=_SIZE, seconds=1)
    return samples.make(path, "-i", str(whole), "-c", "copy", "-bsf:v", "noise=drop=1")


def without_sound(path: Path) -> Path:
    """Pictures, and a sound track without a single sample."""
    whole = samples.video(path.with_name("whole.mkv"), size=_SIZE, seconds=1)
    return samples.make(path, "-i", str(whole), "-c", "copy", "-bsf:a", "noise=drop=1")
