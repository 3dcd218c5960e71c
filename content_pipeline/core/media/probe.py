"""Probes media files with PyAV in the process that calls it: streams, size and actual duration, from the bytes.

For files of others `untrusted.probe` runs it in a child process.

Opens local files in the formats of the allow-list below only. Playlists (HLS, DASH, concat, SDP) are excluded: a
playlist makes FFmpeg open other files, and one that names local paths would leak them.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition

from content_pipeline.core.errors import NotMedia
from content_pipeline.core.media import limits, media_errors, sound_tracks
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.mp4_boxes import header_seconds

FORMATS = "mov,matroska,webm,avi,flv,gif,mpegts,mpeg,asf,mp3,wav,w64,aiff,caf,flac,ogg,aac,ac3,eac3,amr,amrnb,amrwb,au"

# Brands of HEIF files: photos of newer phones. FFmpeg calls the first of their tiles a video.
_PICTURE_BRANDS = {"heic", "heix", "heim", "heis", "mif1", "avif"}
HEIF_PICTURE = "heif_picture"  # the code of their error

# Magic numbers (and their offsets) that tell a damaged recording from a file that is not media.
_MAGIC_NUMBERS = {
    b"\x1aE\xdf\xa3": 0, b"OggS": 0, b"fLaC": 0, b"ID3": 0, b"FLV": 0, b"caff": 0,
    b"WAVE": 8, b"AVI ": 8, b"AIFF": 8,
    b"ftyp": 4, b"moov": 4, b"mdat": 4, b"wide": 4, b"free": 4, b"skip": 4,
}  # fmt: skip

_TAIL_SECONDS = 5.0
_MIN_INDEXED_SHARE = 0.5
_MAX_PACKETS_TO_FRAMES = 500
# A bit that flips in a timestamp made a TS file of 35 kB last 3.3 hours, and its burn-in rendered all of them.
_MAX_HOLE_SECONDS = 120.0


def probe(path: Path) -> MediaInfo:
    """Probe a local file: in milliseconds where it has an index, else by reading it through.

    Raises NotMedia (`not_media`, `empty_file`, `heif_picture`), MediaUnusable (`media_unreadable`, `media_truncated`,
    `media_unsupported`, `media_encrypted`, and as `limits` does: the header before anything is decoded), InternalError
    `ffmpeg_failed` and MemoryError.
    """
    return probe_with_first_frame(path)[0]


def probe_with_first_frame(path: Path) -> tuple[MediaInfo, av.VideoFrame | None]:
    """`probe`, plus the first video frame, if any: decoding it again would double the cost."""
    with open_media(path) as container:
        video = playable_video(container)
        audio = sound_tracks.choose(container)
        picture = _first_frame(container, video) if video else None
        if video is None:
            _check_sound(container, audio)
        width, height = _displayed_size(video, picture) if video and picture else (0, 0)
        limits.check_pixels(width, height)  # a pixel may be declared thousands of times as wide as high
        rate = video.guessed_rate or video.average_rate if video else None
        seconds = _duration(container)
        limits.check_seconds(seconds)
        limits.check_not_empty(seconds)
        media = MediaInfo(
            seconds=seconds,
            has_audio=audio is not None,
            has_video=video is not None,
            width=width,
            height=height,
            frames_per_second=round(float(rate), 3) if rate else 0.0,
            video_codec=video.codec_context.name if video else None,
            audio_codec=audio.codec_context.name if audio else None,
            container=_format_name(container),
            bytes=path.stat().st_size,
        )
        return media, picture


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open an untrusted file with PyAV, without access to other files. Raises as `probe` does."""
    if path.stat().st_size == 0:
        raise NotMedia("The file is empty.", code="empty_file", remedy="Send a recording or a video.")
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(str(path.absolute()), container_options=options, metadata_errors="ignore")
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError) as error:
        if _has_media_signature(path):
            reason = "its header is missing or broken"
            raise media_errors.error_of_class(error) or media_errors.unreadable(reason) from error
        raise NotMedia(
            "The file is not audio or video.", remedy="Send a recording or a video, for example MP4, MOV, MP3 or WAV."
        ) from error
    with container, media_errors.translated():
        if container.metadata.get("major_brand") in _PICTURE_BRANDS:
            raise NotMedia("The file is a HEIF picture.", code=HEIF_PICTURE, remedy="Send a recording or a video.")
        limits.check_header(container)
        for video in container.streams.video:
            if video.codec_context is not None:
                video.thread_count = 1  # each thread has buffers of its own
                # Frames may contradict the header.
                video.codec_context.options = {"max_pixels": str(limits.MAX_PIXELS)}
        yield container


def _has_media_signature(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(16)
    return any(head[at:].startswith(mark) for mark, at in _MAGIC_NUMBERS.items())


def playable_video(container: InputContainer) -> av.VideoStream | None:
    """The first video stream in a known codec that is not cover art."""
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def decoded_frames(
    container: InputContainer, video: av.VideoStream, failures: list[Exception] | None = None
) -> Iterator[av.VideoFrame]:
    """The frames that decode, of the next packets: a recording cut from a stream may start with undecodable ones.

    Why the others do not decode is added to `failures`.
    """
    for packet in islice(packets(container, video), _MAX_PACKETS_TO_FRAMES):
        try:
            yield from (frame for frame in packet.decode() if isinstance(frame, av.VideoFrame))
        except MemoryError:
            raise
        except media_errors.PYAV_ERRORS as error:  # the next one may decode
            if failures is not None:
                failures.append(error)


def _format_name(container: InputContainer) -> str:
    return container.format.name.partition(",")[0]


def _displayed_size(video: av.VideoStream, picture: av.VideoFrame) -> tuple[int, int]:
    aspect = video.sample_aspect_ratio or 1
    width, height = round(picture.width * aspect), picture.height
    return (height, width) if picture.rotation % 180 else (width, height)


def _first_frame(container: InputContainer, video: av.VideoStream) -> av.VideoFrame:
    failures: list[Exception] = []
    for frame in decoded_frames(container, video, failures):
        return frame
    said = media_errors.error_of_class(failures[0]) if failures else None
    raise said or media_errors.unreadable("no picture of it can be decoded")


def _check_sound(container: InputContainer, audio: av.AudioStream | None) -> None:
    """Check a file without pictures.

    Raises MediaUnusable `media_unsupported`, `media_unreadable`, `media_encrypted`.
    """
    if audio is None:
        if container.streams.audio or any(track.codec_context is None for track in container.streams.video):
            raise media_errors.unsupported()
        raise media_errors.unreadable("it has no audio or video")
    if _format_name(container) == "mov":  # the only one that says of a packet that it is encrypted
        next(packets(container, audio), None)


def _duration(container: InputContainer) -> float:
    """The actual duration of the content, in seconds. Raises MediaUnusable `media_truncated`, `media_unreadable`.

    Only MP4 and Matroska headers are trusted. In other formats the duration is a guess from the bit rate (twice too
    long for a VBR mp3 without a Xing header) or an unfilled placeholder, so packets are read to the end.
    """
    declared = (container.duration or 0) / av.time_base
    if declared and _format_name(container) == "mov":
        # The duration is the sum over the index, so it is wrong only if the index refers to missing bytes. (Reading
        # packets would be wrong: a packet lasts to the next one decoded, 15 s too long before a gap in a VFR video.)
        index_incomplete = (
            declared < _MIN_INDEXED_SHARE * header_seconds(Path(container.name)) - limits.LENGTH_TOLERANCE
        )
        if index_incomplete or any(_end_of_data(stream) > container.size for stream in container.streams):
            raise media_errors.truncated()
        return declared
    if declared and _format_name(container) == "matroska":
        expected = declared - limits.LENGTH_TOLERANCE
        actual = _last_packet_end(container, declared - _TAIL_SECONDS)
        if actual < expected and _last_packet_end(container, 0.0) < expected:
            raise media_errors.truncated()
        # A header that declares less than there is would pass the limit of a plan.
        return actual if actual > declared + limits.LENGTH_TOLERANCE else declared
    actual = _last_packet_end(container, 0.0)
    if actual <= 0:  # a seek that fails moves a cut FLV to its end
        with open_media(Path(container.name)) as again:
            actual = _end_of_packets(again, 0.0)
    if actual <= 0:
        raise media_errors.unreadable("nothing of it can be read")
    return actual


def _end_of_data(stream: av.stream.Stream) -> int:
    last = stream.index_entries[-1] if len(stream.index_entries) else None
    return last.pos + last.size if last else 0


def _last_packet_end(container: InputContainer, start: float) -> float:
    """End of the last packet at or after `start`, in seconds from the file's start; 0 if there is none."""
    with suppress(av.FFmpegError):  # unseekable: continue from the current position
        container.seek(int((container.start_time or 0) + max(start, 0.0) * av.time_base))
    return _end_of_packets(container, max(start, 0.0))


def _end_of_packets(container: InputContainer, start: float) -> float:
    """End of the last of the packets from `start` on, in seconds from the file's start; 0 if there is none.

    Raises MediaUnusable `media_unreadable` for a hole of two minutes.
    """
    first = (container.start_time or 0) / av.time_base
    last, found = first + start, False
    for packet in packets(container, *container.streams):
        if packet.pts is None:
            continue
        begin = float(packet.pts * packet.time_base)
        if begin > last + _MAX_HOLE_SECONDS:
            raise media_errors.unreadable(f"its times jump by {(begin - last) / 60:,.0f} minutes")
        end = begin + float((packet.duration or 0) * packet.time_base)
        last, found = max(last, end) if found else end, True
    return max(last - first, 0.0) if found else 0.0


def packets(
    container: InputContainer, *streams: av.stream.Stream
) -> Iterator["av.Packet[Any]"]:  # a class that only its stub calls generic
    """Packets until the end or the first error. Raises MediaUnusable `media_encrypted`."""
    found = container.demux(*streams)
    while True:
        try:
            packet = next(found, None)
        except MemoryError:
            raise
        except IndexError:  # of a stream that appeared after the header was read, as in cut FLV and TS files
            found = container.demux(*streams)
            continue
        except media_errors.PYAV_ERRORS:
            return
        if packet is None:
            return
        if packet.has_sidedata("encryption_info"):  # decoders take it for damage, or make gray pictures of it
            raise media_errors.encrypted()
        yield packet
