"""Media as the world sends them, each with what a burn-in or a background makes of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from tests.media import containers, heif_files, hostile, odd, photos, samples, timelines
from tests.media.odd import Make
from tests.media.result_checks import GERMAN, HEARD, NO_COMBS, RED, Check


@dataclass(frozen=True)
class Sample:
    """A file of the corpus: its name, what it is, how it is made, and what becomes of it or the error's code.

    Captions are asked for in `language`; `check` is of the pictures or the sound of the result.
    """

    name: str
    what: str
    make: Make
    result: str
    check: Check | None = None
    language: str = "en"


def _video(*options: str, size: str = "160x90", rate: str = "25", sound: bool = True) -> Make:
    return lambda path: samples.video(path, *options, size=size, rate=rate, seconds=1, sound=sound)


def _sound(*options: str) -> Make:
    return lambda path: samples.audio(path, samples.TONE, *options, seconds=1)


def _with_sound(make: Make) -> Make:
    """A silent video of `make` with a tone."""

    def both(path: Path) -> Path:
        pictures = make(path.with_name("silent.mkv"))
        return samples.make(path, "-i", str(pictures), "-f", "lavfi", "-i", "sine=duration=0.9", "-c:v", "copy")

    return both


def _cut(make: Callable[..., Path], *options: str) -> Make:
    """Half of what `make` of `samples` makes."""
    return lambda path: samples.cut(make(path.with_name(f"whole{path.suffix}"), *options), path, 0.5)


def _written(content: bytes) -> Make:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


def _wav(claimed_bytes: int, real_bytes: int) -> Make:
    return lambda path: hostile.wav(path, claimed_bytes=claimed_bytes, real_bytes=real_bytes)


_AS_IT_WAS: Final = "160 × 90, 25 a second"
_VISUALIZER: Final = "1080 × 1920, 30 a second"

BURN_INS: Final = {
    "Colors and sizes": (
        Sample("hdr10.mkv", "HDR10, ten bits", _with_sound(lambda path: odd.hdr(path, "pq")), _AS_IT_WAS, RED),
        Sample("hlg.mkv", "HLG, as phones film", _with_sound(lambda path: odd.hdr(path, "hlg")), _AS_IT_WAS, RED),
        Sample(
            "p3.mov", "Display P3",
            _video("-colorspace", "bt709", "-color_primaries", "smpte432", "-color_trc", "bt709"), _AS_IT_WAS,
        ),
        Sample("rgb.mkv", "H.264 in RGB", _with_sound(odd.rgb), _AS_IT_WAS, RED),
        Sample(
            "untagged.mkv", "SD without tags of color",
            _with_sound(lambda path: odd.yuv(path, "bt601", tags=False)), _AS_IT_WAS, RED,
        ),
        Sample(
            "full.mkv", "full range",
            _with_sound(lambda path: odd.yuv(path, "bt709", levels="pc")), _AS_IT_WAS, RED,
        ),
        Sample("gray.mkv", "16 bits of gray", _video("-c:v", "ffv1", "-pix_fmt", "gray16le"), _AS_IT_WAS),
        Sample(
            "alpha.mov", "ProRes 4444 with transparency",
            _video("-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"), _AS_IT_WAS,
        ),
        Sample("pixel.mkv", "one pixel", _with_sound(lambda path: odd.sized(path, "1x1")), "2 × 2, 25 a second"),
        Sample(
            "strip.mkv", "3 × 5000 pixels",
            _with_sound(lambda path: odd.sized(path, "3x5000")), "2 × 5000, 25 a second",
        ),
        Sample("odd.mkv", "161 × 91 pixels", _with_sound(lambda path: odd.sized(path, "161x91")), _AS_IT_WAS),
        Sample(
            "wide.mpg", "PAL in 16:9, oblong pixels",
            _video("-vf", "setsar=64/45", size="720x576"), "1024 × 576, 25 a second",
        ),
        Sample("turned.mp4", "a phone held upright", containers.turned, "90 × 160, 25 a second"),
    ),
    "Clocks": (
        Sample(
            "interlaced.mkv", "MPEG-2 in fields",
            _with_sound(lambda path: odd.interlaced(path, flagged=True)), "192 × 576, 25 a second", NO_COMBS,
        ),
        Sample(
            "capture.mkv", "fields that no flag tells of",
            _with_sound(lambda path: odd.interlaced(path, flagged=False)), "192 × 576, 25 a second", NO_COMBS,
        ),
        Sample(
            "film.mp4", "23.976 frames a second",
            _video(size="320x180", rate="24000/1001"), "320 × 180, 23.976 a second",
        ),
        Sample("ntsc.mp4", "29.97 frames a second", _video(rate="30000/1001"), "160 × 90, 29.97 a second"),
        Sample("fast.mp4", "120 frames a second", _video(rate="120"), "160 × 90, 60 a second"),
        Sample("slow.mp4", "one frame a second", _video(rate="1"), "160 × 90, 24 a second"),
        Sample("variable.mp4", "a variable frame rate", timelines.variable, "160 × 90, 25 a second"),
        Sample(
            "browser.webm", "a browser's recording, without a length",
            _video("-deadline", "realtime", "-cpu-used", "8", "-live", "1"), _AS_IT_WAS,
        ),
        Sample(
            "cut-out.mov", "B-frames, and an edit list that hides the first pictures",
            timelines.cut_out, _AS_IT_WAS,
        ),
        Sample(
            "negative.mp4", "negative timestamps",
            _video("-bf", "3", "-movflags", "negative_cts_offsets"), _AS_IT_WAS,
        ),
        Sample("late.mp4", "pictures that begin after the sound", timelines.late_pictures, _AS_IT_WAS),
        Sample("held.mp4", "sound longer than the picture", odd.sound_outlasts_picture, _AS_IT_WAS),
        Sample("wrapped.ts", "a clock that wraps", timelines.wrapped, _AS_IT_WAS),
        Sample("jumping.ts", "times that jump by three hours", timelines.jumping, "`media_unreadable`"),
        Sample("reception.ts", "a damaged frame of sound", timelines.damaged_sound, _AS_IT_WAS),
        Sample("no-pictures.mkv", "a video track without pictures", timelines.without_pictures, "`media_unreadable`"),
        Sample("no-samples.mkv", "a sound track without samples", timelines.without_sound, "`media_unreadable`"),
    ),
    "Codecs and containers": (
        Sample(
            "phone.mp4", "HEVC in ten bits",
            _video("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"), _AS_IT_WAS,
        ),
        Sample("av1.mp4", "AV1", _video("-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8"), _AS_IT_WAS),
        Sample("vp9.webm", "VP9 and Opus", _video("-deadline", "realtime", "-cpu-used", "8"), _AS_IT_WAS),
        Sample("vp8.webm", "VP8 and Vorbis", _video("-c:v", "libvpx", "-c:a", "libvorbis"), _AS_IT_WAS),
        Sample("theora.ogv", "Theora and Vorbis", _video("-c:v", "libtheora", "-c:a", "libvorbis"), _AS_IT_WAS),
        Sample(
            "prores.mov", "ProRes 422 with a time code",
            _video("-c:v", "prores_ks", "-timecode", "01:00:00:00"), _AS_IT_WAS,
        ),
        Sample(
            "dnxhd.mov", "DNxHR",
            _video("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p", size="256x144"),
            "256 × 144, 25 a second",
        ),
        Sample("camera.avi", "Motion JPEG", _video("-c:v", "mjpeg"), _AS_IT_WAS),
        Sample(
            "xvid.avi", "MPEG-4 with packed B-frames, MP3",
            _video("-c:v", "mpeg4", "-bf", "2", "-c:a", "libmp3lame"), _AS_IT_WAS,
        ),
        Sample("old.wmv", "Windows Media", _video(), _AS_IT_WAS),
        Sample(
            "old.3gp", "H.263 and AMR",
            _video("-c:v", "h263", "-ar", "8000", "-ac", "1", "-c:a", "libopencore_amrnb", size="176x144"),
            "176 × 144, 25 a second",
        ),
        Sample("flash.flv", "Sorenson Spark", _video("-ar", "44100"), _AS_IT_WAS),
        Sample("dvd.vob", "MPEG-2 and AC-3", _video("-f", "vob"), _AS_IT_WAS),
        Sample(
            "fragments.mp4", "a stream in fragments",
            _video("-movflags", "frag_keyframe+empty_moov+default_base_moof+skip_trailer"), _AS_IT_WAS,
        ),
        Sample(
            "chapters.mp4", "subtitles, a track of chapters, 500 kB of comment",
            lambda path: containers.annotated(path, "-c:s", "mov_text"), _AS_IT_WAS,
        ),
        Sample("attachment.mkv", "the same, and an attachment", containers.with_attachment, _AS_IT_WAS),
        Sample(
            "unknown.mov", "a codec that is not known, and H.264 in a second track",
            containers.unknown_codec_first, _AS_IT_WAS,
        ),
        Sample("renamed.mp3", "an MP4 under another name", containers.renamed, _AS_IT_WAS),
        Sample("card.mp4", "an MP4 with 64 kB of zeros behind it", containers.followed_by_junk, _AS_IT_WAS),
    ),
    "Sound": (
        Sample("center.mka", "5.1, voice in the center", odd.voice_in_center, _VISUALIZER, HEARD),
        Sample("eight.mka", "7.1 in FLAC", _sound("-ac", "8", "-c:a", "flac"), _VISUALIZER),
        Sample("antiphase.wav", "stereo in antiphase", odd.antiphase, _VISUALIZER, HEARD),
        Sample(
            "languages.mkv", "two sound tracks, English as default; German is asked for",
            odd.two_languages, _VISUALIZER, GERMAN, "de",
        ),
        Sample("note.opus", "a voice message in Opus", _sound("-ar", "16000", "-b:a", "16k"), _VISUALIZER),
        Sample("phone.amr", "AMR", _sound("-ar", "8000", "-ac", "1"), _VISUALIZER),
        Sample("adpcm.wav", "ADPCM", _sound("-c:a", "adpcm_ms"), _VISUALIZER),
        Sample("telephone.wav", "µ-law at 8 kHz", _sound("-c:a", "pcm_mulaw", "-ar", "8000"), _VISUALIZER),
        Sample("studio.wav", "floats at 96 kHz", _sound("-c:a", "pcm_f32le", "-ar", "96000"), _VISUALIZER),
        Sample("lossless.m4a", "ALAC", _sound("-c:a", "alac"), _VISUALIZER),
        Sample("windows.wma", "Windows Media", _sound("-c:a", "wmav2"), _VISUALIZER),
        Sample("dolby.ac3", "AC-3", _sound(), _VISUALIZER),
        Sample(
            "dts.mka", "DTS",
            _sound("-c:a", "dca", "-strict", "experimental", "-ar", "48000", "-ac", "2"), _VISUALIZER,
        ),
        Sample("apple.caf", "Core Audio", _sound(), _VISUALIZER),
        Sample("wave.w64", "Wave64", _sound(), _VISUALIZER),
        Sample("sun.au", "Sun", _sound(), _VISUALIZER),
        Sample("radio.aac", "AAC without a container", _sound(), _VISUALIZER),
        Sample("cover.mp3", "MP3 with a cover", containers.with_cover, _VISUALIZER),
        Sample("twice.mp3", "two MP3 in a row", containers.twice, _VISUALIZER),
        Sample("piped.wav", "a WAV of unknown length", _wav(2**32 - 1, 96_000), _VISUALIZER),
        Sample("crashed.wav", "a WAV whose length was never written", _wav(0, 96_000), _VISUALIZER),
    ),
    "Cut files": (
        Sample("short.wav", "a WAV of 200 bytes", _wav(156, 156), "`media_too_short`"),
        Sample("cut.mp4", "MP4, half of it", _cut(samples.video), "`media_unreadable`"),
        Sample(
            "cut-indexed.mp4", "the same with its index in front",
            _cut(samples.video, "-movflags", "+faststart"), "`media_truncated`",
        ),
        Sample("cut.mkv", "Matroska, half of it", _cut(samples.video), "`media_truncated`"),
        Sample("cut.flv", "FLV, half of it", _cut(samples.video), "320 × 180, 25 a second"),
        Sample("cut.ts", "transport stream, half of it", _cut(samples.video), "320 × 180, 25 a second"),
        Sample("cut.mpg", "program stream, half of it", _cut(samples.video), "320 × 180, 25 a second"),
        Sample("cut.avi", "AVI, half of it", _cut(samples.video), "320 × 180, 25 a second"),
        Sample("cut.mp3", "MP3, half of it", _cut(samples.audio), _VISUALIZER),
        Sample("cut.opus", "Opus, half of it", _cut(samples.audio), _VISUALIZER),
        Sample("cut.flac", "FLAC, half of it", _cut(samples.audio), _VISUALIZER),
        Sample("cut.wav", "WAV, half of it", _cut(samples.audio), _VISUALIZER),
    ),
    "Files that are something else": (
        Sample("empty.mp4", "nothing", _written(b""), "`empty_file`"),
        Sample("zeros.mp4", "100 kB of zeros", _written(bytes(100_000)), "`not_media`"),
        Sample("letter.mp3", "text", _written(b"Dear reader,\n" * 99), "`not_media`"),
        Sample("page.mp4", "a web page", _written(b"<!DOCTYPE html><title>404</title>" * 99), "`not_media`"),
        Sample("playlist.m3u8", "a playlist", _written(b"#EXTM3U\n#EXTINF:3,\nfile:///etc/passwd\n"), "`not_media`"),
        Sample(
            "photo.mp4", "a photo",
            lambda path: photos.photo(path.with_name("photo.jpg")).rename(path), "`not_media`",
        ),
        Sample("photo.heic", "a photo of a newer phone", heif_files.photo, "`heif_picture`"),
        Sample("subtitles.mkv", "subtitles only", containers.only_subtitles, "`media_unreadable`"),
        Sample("unknown.mov", "sound in an unknown codec", containers.unknown_sound, "`media_unsupported`"),
        Sample("protected.mp4", "a video with copy protection", containers.encrypted, "`media_encrypted`"),
        Sample("silent.gif", "a GIF", odd.gif, "`no_audio`"),
        Sample("silent.mp4", "a video without sound", _video(sound=False), "`no_audio`"),
        Sample("slow.flac", "22 hours of silence at 1 Hz", hostile.slow_flac, "`media_sample_rate`"),
        Sample(
            "many.mka", "a hundred tracks",
            lambda path: hostile.many_streams(path, 100), "`media_too_many_streams`",
        ),
        Sample("bomb.mov", "a frame of 64 million pixels", hostile.large_video, "`media_too_many_pixels`"),
        Sample("million.mov", "a million frames a second", hostile.fast_video, "`media_frame_rate`"),
    ),
}  # fmt: skip

BACKGROUNDS: Final = (
    Sample("photo.jpg", "a photo", photos.photo, "picture, 64 × 48"),
    Sample("sideways.jpg", "a photo that EXIF turns by a quarter", photos.sideways, "picture, 48 × 64"),
    Sample("print.jpg", "CMYK", lambda path: photos.photo(path, "CMYK"), "picture, 64 × 48"),
    Sample(
        "progressive.jpg", "a progressive JPEG",
        lambda path: photos.photo(path, progressive=True), "picture, 64 × 48",
    ),
    Sample("burst.mpo", "a JPEG with a second picture, as phones store depth", photos.animated, "picture, 64 × 48"),
    Sample("profiled.png", "with a color profile", photos.profiled, "picture, 64 × 48"),
    Sample("palette.png", "a palette", lambda path: photos.photo(path, "P"), "picture, 64 × 48"),
    Sample("transparent.png", "transparency", lambda path: photos.photo(path, "RGBA"), "picture, 64 × 48"),
    Sample("gray.png", "16 bits of gray", photos.deep_gray, "picture, 64 × 48"),
    Sample("animated.png", "an animated PNG: its first picture", photos.animated, "picture, 64 × 48"),
    Sample("photo.webp", "WebP", photos.photo, "picture, 64 × 48"),
    Sample("animated.webp", "an animated WebP: its first picture", photos.animated, "picture, 64 × 48"),
    Sample("photo.avif", "AVIF", photos.photo, "picture, 64 × 48"),
    Sample("pixel.png", "one pixel", lambda path: photos.photo(path, size=(1, 1)), "picture, 1 × 1"),
    Sample("strip.png", "3 × 5000 pixels", lambda path: photos.photo(path, size=(3, 5000)), "picture, 3 × 5000"),
    Sample("still.gif", "a still GIF", lambda path: odd.gif(path, frames=1), "picture, 120 × 160"),
    Sample("moving.gif", "an animated GIF", odd.gif, "video, 120 × 160"),
    Sample("film.mp4", "a video", _video(), "video, 160 × 90"),
    Sample("tone.mp3", "sound", _sound(), "`no_video`"),
    Sample("phone.heic", "HEIC, as newer phones store photos", heif_files.photo, "picture, 64 × 48"),
    Sample("tiles.heic", "HEIC in six tiles", heif_files.drawing, "picture, 301 × 201"),
    Sample(
        "turned.heic", "HEIC that a phone held upright",
        lambda path: heif_files.photo(path, None, heif_files.box(b"irot", bytes([3]))), "picture, 48 × 64",
    ),
    Sample("bomb.heic", "HEIC that claims 64 million pixels", heif_files.large_photo, "`picture_too_large`"),
    Sample(
        "cut.heic", "HEIC, half of it",
        lambda path: samples.cut(heif_files.DRAWING, path, 0.5), "`picture_unreadable`",
    ),
    Sample("photo.tiff", "TIFF", photos.photo, "`not_media`"),
    Sample("drawing.svg", "SVG", _written(b"<svg/>"), "`not_media`"),
    Sample("cut.jpg", "JPEG, half of it", photos.cut, "`picture_unreadable`"),
    Sample("cut.png", "PNG, half of it", photos.cut, "`picture_unreadable`"),
    Sample("cut.webp", "WebP, half of it", photos.cut, "`picture_unreadable`"),
    Sample("bomb.png", "64 million pixels", hostile.large_picture, "`picture_too_large`"),
)  # fmt: skip

SAMPLES: Final = tuple(chain.from_iterable(BURN_INS.values()))


def tables() -> dict[str, str]:
    """The corpus in Markdown: tables by heading."""
    return {heading: _table(rows) for heading, rows in {**BURN_INS, "Backgrounds": BACKGROUNDS}.items()}


def _table(rows: Iterable[Sample]) -> str:
    lines = [f"| {sample.name} | {sample.what} | {_outcome(sample)} |" for sample in rows]
    return "\n".join(["| File | What it is | Result |", "|---|---|---|", *lines])


def _outcome(sample: Sample) -> str:
    return f"{sample.result}, {sample.check.what}" if sample.check else sample.result
