"""Decodes audio to 16 kHz mono float32 in chunks of up to five minutes, synchronized with the video's timestamps."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media.probe import open_media

SAMPLE_RATE = 16_000

Samples = NDArray[np.float32]

# Transcription peaks at 0.54 GB with chunks of five minutes, 0.83 GB with ten, 3.9 GB with an hour.
CHUNK_SECONDS = 300.0
CUT_WINDOW_SECONDS = 60.0
_QUIET_SECONDS = 0.5


def pcm_chunks(path: Path) -> Iterator[Samples]:
    """The first audio stream as mono float32 at 16 kHz, in chunks of up to five minutes, cut at the quietest point.

    Sample n, counted over all chunks, is at n / 16000 seconds after the file's start: late starts and gaps are
    filled with silence. Raises MediaUnusable `no_audio`, `media_unreadable`, and as `probe` does.
    """
    buffered: list[Samples] = []
    length = 0
    for samples in _decoded(path):
        buffered.append(samples)
        length += len(samples)
        if length >= CHUNK_SECONDS * SAMPLE_RATE:
            whole = np.concatenate(buffered)
            cut = _quietest_point(whole)
            yield whole[:cut]
            buffered = [whole[cut:]]
            length -= cut
    if length:
        yield np.concatenate(buffered)


def _decoded(path: Path) -> Iterator[Samples]:
    with open_media(path) as container:
        if not container.streams.audio:
            raise _no_audio()
        start = (container.start_time or 0) / av.time_base
        length = 0
        # A stream may change format midway (mono news, stereo advertisement); a resampler accepts only one.
        for _, frames in groupby(_frames(container, container.streams.audio[0]), key=_format_of):
            for samples in _resampled(frames, file_start=start, position=length):
                length += len(samples)
                yield samples
        if not length:
            raise MediaUnusable(
                "No sound of the file can be decoded.", code="media_unreadable", remedy="Export it again."
            )


def _format_of(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _resampled(frames: Iterable[av.AudioFrame], *, file_start: float, position: int) -> Iterator[Samples]:
    """Resample frames of one format; the first sample has index `position` in the recording."""
    graph: av.filter.Graph | None = None
    for frame in frames:
        graph = graph or _resampler(frame, position)
        if frame.pts is not None and frame.time_base is not None:
            frame.pts -= round(file_start / frame.time_base)
        graph.push(frame)
        yield from _drain(graph)
    if graph:
        graph.push(None)
        yield from _drain(graph)


def _resampler(frame: av.AudioFrame, position: int) -> av.filter.Graph:
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        ),
        # async=1 fills gaps and first_pts a late start: without them captions drift ahead in browser recordings,
        # which drop packets during silence. first_pts counts samples of the input.
        graph.add("aresample", f"{SAMPLE_RATE}:async=1:first_pts={position * frame.sample_rate // SAMPLE_RATE}"),
        graph.add("aformat", f"sample_fmts=flt:channel_layouts=mono:sample_rates={SAMPLE_RATE}"),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _frames(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """All frames that decode; damaged ones are skipped."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _drain(graph: av.filter.Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield frame.to_ndarray().reshape(-1).astype(np.float32, copy=False)


def _quietest_point(samples: Samples) -> int:
    """Index of the middle of the quietest half second within the last minute."""
    window = int(_QUIET_SECONDS * SAMPLE_RATE)
    tail = samples[-int(CUT_WINDOW_SECONDS * SAMPLE_RATE) :]
    blocks = tail[: len(tail) // window * window].reshape(-1, window)
    quietest = int(np.argmin(np.square(blocks).mean(axis=1)))
    return len(samples) - len(tail) + quietest * window + window // 2


def _no_audio() -> MediaUnusable:
    """The error for a video without sound."""
    return MediaUnusable(
        "The file has no sound, so there is nothing to caption.", code="no_audio", remedy="Send a file with speech."
    )
