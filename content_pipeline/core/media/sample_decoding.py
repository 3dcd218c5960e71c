"""Decodes the first audio stream of an untrusted file to interleaved float32 samples, in the process that calls it.

Only the child process of `untrusted` calls it, because a few bytes can decode to hours.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import av

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import limits
from content_pipeline.core.media.probe import open_media

_BYTES_PER_SAMPLE = 4


def mono(path: Path, rate: int) -> Iterator[bytes]:
    """Mono samples, sample n at n / `rate` seconds after the file's start: late starts and gaps are silence.

    Damaged frames are skipped. Raises MediaUnusable `no_audio`, `media_unreadable`, and as `limits` does.
    """
    with open_media(path) as container:
        if not container.streams.audio:
            raise MediaUnusable(
                "The file has no sound, so there is nothing to caption.",
                code="no_audio",
                remedy="Send a file with speech.",
            )
        start = (container.start_time or 0) / av.time_base
        length = 0
        # A stream may change format midway (mono news, stereo advertisement); a resampler accepts only one.
        for _, frames in groupby(_frames(container, container.streams.audio[0]), key=_format_of):
            for samples in _resampled(frames, rate, file_start=start, position=length):
                length += len(samples) // _BYTES_PER_SAMPLE
                yield samples
        if not length:
            raise MediaUnusable(
                "No sound of the file can be decoded.", code="media_unreadable", remedy="Export it again."
            )


def stereo(path: Path, rate: int) -> Iterator[bytes]:
    """Interleaved stereo samples, up to the first damage or change of format. Raises as `limits` does."""
    resampler = av.AudioResampler("flt", "stereo", rate)
    with open_media(path) as container:
        if not container.streams.audio:
            return
        try:
            for frame in container.decode(container.streams.audio[0]):
                limits.check_sound(frame.sample_rate, frame.layout.nb_channels)
                for part in resampler.resample(frame):
                    yield _packed(part)
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError):
            return


def _packed(frame: av.AudioFrame) -> bytes:
    """The samples of a packed frame, without the padding that its buffer has."""
    return bytes(memoryview(frame.planes[0])[: frame.samples * frame.layout.nb_channels * _BYTES_PER_SAMPLE])


def _format_of(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _resampled(frames: Iterable[av.AudioFrame], rate: int, *, file_start: float, position: int) -> Iterator[bytes]:
    """Resample frames of one format; the first sample has index `position` in the recording."""
    graph: av.filter.Graph | None = None
    for frame in frames:
        graph = graph or _resampler(frame, rate, position)
        if frame.pts is not None and frame.time_base is not None:
            frame.pts -= round(file_start / frame.time_base)
        graph.push(frame)
        yield from _drain(graph)
    if graph:
        graph.push(None)
        yield from _drain(graph)


def _resampler(frame: av.AudioFrame, rate: int, position: int) -> av.filter.Graph:
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        ),
        # async=1 fills gaps and first_pts a late start: without them captions drift ahead in browser recordings,
        # which drop packets during silence. first_pts counts samples of the input.
        graph.add("aresample", f"{rate}:async=1:first_pts={position * frame.sample_rate // rate}"),
        graph.add("aformat", f"sample_fmts=flt:channel_layouts=mono:sample_rates={rate}"),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _frames(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """All frames that decode; damaged ones are skipped. A frame may contradict the header, so it is checked too."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            for frame in packet.decode():
                limits.check_sound(frame.sample_rate, frame.layout.nb_channels)
                yield frame
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError):
            continue


def _drain(graph: av.filter.Graph) -> Iterator[bytes]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield _packed(frame)
