"""Small videos and recordings with parts beside pictures and sound: covers, subtitles, chapters, attachments, junk."""

from pathlib import Path

from tests.media import samples

_SUBTITLES = "1\n00:00:00,000 --> 00:00:00,900\nHello\n\n"


def annotated(path: Path, *options: str) -> Path:
    """A video with subtitles, twenty chapters and a comment of 500 kB."""
    notes, subtitles = path.with_suffix(".ffmetadata"), path.with_suffix(".srt")
    chapters = (
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={at}\nEND={at + 50}\ntitle=Part {at // 50}\n" for at in range(0, 1000, 50)
    )
    notes.write_text(";FFMETADATA1\ncomment=" + 500_000 * "x" + "\n" + "".join(chapters))
    subtitles.write_text(_SUBTITLES)
    film = samples.video(path.with_name("film.mkv"), "-c:a", "aac", size="160x90", seconds=1)
    return samples.make(
        path, *(part for source in (film, subtitles, notes) for part in ("-i", str(source))),
        "-map", "0", "-map", "1", "-map_metadata", "2", "-map_chapters", "2", "-c:v", "copy", "-c:a", "copy", *options,
    )  # fmt: skip


def with_attachment(path: Path) -> Path:
    """`annotated`, with a file attached, as fonts are."""
    attached = path.with_suffix(".txt")
    attached.write_bytes(bytes(100_000))
    return annotated(path, "-attach", str(attached), "-metadata:s:t", "mimetype=font/ttf")


def only_subtitles(path: Path) -> Path:
    """Subtitles without pictures or sound."""
    source = path.with_suffix(".srt")
    source.write_text(_SUBTITLES)
    return samples.make(path, "-i", str(source))


def with_cover(path: Path) -> Path:
    """A recording with a picture as its cover."""
    sound = samples.audio(path.with_name(f"sound{path.suffix}"))
    cover = samples.picture(path.with_name("cover.jpg"))
    return samples.make(
        path, "-i", str(sound), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy",
        "-disposition:v", "attached_pic",
    )  # fmt: skip


def turned(path: Path) -> Path:
    """A video that was filmed upright: the container says that it lies on its side."""
    flat = samples.video(path.with_name(f"flat{path.suffix}"), size="160x90", seconds=1)
    return samples.make(path, "-display_rotation", "90", "-i", str(flat), "-c", "copy")


def renamed(path: Path) -> Path:
    """An MP4 with the name of something else."""
    return samples.video(path.with_name("film.mp4"), size="160x90", seconds=1).rename(path)


def followed_by_junk(path: Path) -> Path:
    """A file with 64 kB of zeros behind it, as disks and memory cards leave it."""
    whole = samples.video(path.with_name(f"whole{path.suffix}"), size="160x90", seconds=1)
    path.write_bytes(whole.read_bytes() + bytes(65_536))
    return path


def twice(path: Path) -> Path:
    """Two recordings, one behind the other with their headers, as `cat` joins them."""
    one = samples.audio(path.with_name(f"one{path.suffix}"), seconds=1)
    path.write_bytes(2 * one.read_bytes())
    return path


def unknown_codec_first(path: Path) -> Path:
    """A MOV with sound, whose first pictures are in a codec of a camera's maker; the others are in H.264."""
    pictures = [part for color in ("red", "blue") for part in ("-f", "lavfi", "-i", f"color={color}:s=160x90:r=25:d=1")]
    samples.make(
        path, *pictures, "-f", "lavfi", "-i", "sine=duration=1", "-map", "0", "-map", "1", "-map", "2",
        "-c:v:0", "prores_ks", "-pix_fmt:v:0", "yuv422p10le", "-profile:v:0", "3", "-c:v:1", "libx264",
        "-pix_fmt:v:1", "yuv420p", "-c:a", "aac",
    )  # fmt: skip
    path.write_bytes(path.read_bytes().replace(b"apch", b"zzzz"))
    return path


def unknown_sound(path: Path) -> Path:
    """A recording in a codec that nobody knows."""
    samples.audio(path, samples.TONE, "-c:a", "pcm_s16le", seconds=1)
    path.write_bytes(path.read_bytes().replace(b"sowt", b"zzzz"))
    return path


def encrypted(path: Path, *options: str) -> Path:
    """What `options` make of a video, with its samples encrypted (Common Encryption, AES in counter mode)."""
    key = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", 32 * "7", "-encryption_kid", 32 * "a")
    return samples.video(path, *key, *options, size="160x90", seconds=1)
