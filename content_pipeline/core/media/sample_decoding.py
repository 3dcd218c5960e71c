"""Decodes the sound track of an untrusted file to interleaved float32 samples, in the process that calls it.

Only the child process of `untrusted` calls it, because a few bytes can decode to hours.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import av
import numpy as np

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import antiphase, limits, media_errors, sound_tracks
from content_pipeline.core.media.antiphase import Samples
from content_pipeline.core.media.probe import open_media, packets

_BYTES_PER_SAMPLE = 4
_MIX_SECONDS = 0.25  # how much stereo is mixed to mono at once


def mono(path: Path, rate: int, language: str | None = None) -> Iterator[bytes]:
    """Mono samples, sample n at n / `rate` seconds after the file's start: late starts and gaps are silence.

    `language` chooses among sound tracks. Stereo in antiphase is one of its sides. Damaged frames are skipped.
    Raises MediaUnusable `no_audio`, `media_unreadable`, and as `limits` does.
    """
    with open_media(path) as container:
        track = sound_tracks.choose(container, language)
        if track is None:
            raise MediaUnusable(
                "The file has no sound, so there is nothing to caption.",
                code="no_audio",
                remedy="Send a file with speech.",
            )
        start = (container.start_time or 0) / av.time_base
        length = 0
        # A stream may change format midway (mono news, stereo advertisement); a resampler accepts only one.
        for _, frames in groupby(_frames(container, track), key=_format_of):
            for samples in _resampled(frames, rate, file_start=start, position=length):
                length += len(samples)
                yield samples.tobytes()
        if not length:
            raise media_errors.unreadable("none of its sound can be decoded")


def stereo(path: Path, rate: int, language: str | None = None, *, start: float = 0.0) -> Iterator[bytes]:
    """Interleaved stereo samples from about `start` seconds on, up to the first damage or change of format.

    Raises as `limits` does.

    Of more channels, ITU-R BS.775 keeps the center, which has the voice, at -3 dB.
    """
    resampler = av.AudioResampler("flt", "stereo", rate)
    with open_media(path) as container:
        track = sound_tracks.choose(container, language)
        if track is None:
            return
        if start:
            with suppress(av.FFmpegError):  # unseekable: from its beginning
                container.seek((container.start_time or 0) + round(start * av.time_base))
        try:
            for frame in container.decode(track):
                limits.check_sound(frame.sample_rate, frame.layout.nb_channels)
                for part in resampler.resample(frame):
                    yield _packed(part)
        except MemoryError:
            raise
        except media_errors.PYAV_ERRORS:
            return


def _packed(frame: av.AudioFrame) -> bytes:
    """The samples of a packed frame, without the padding that its buffer has."""
    return bytes(memoryview(frame.planes[0])[: frame.samples * frame.layout.nb_channels * _BYTES_PER_SAMPLE])


def _format_of(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _resampled(frames: Iterable[av.AudioFrame], rate: int, *, file_start: float, position: int) -> Iterator[Samples]:
    """Resample frames of one format to mono; the first sample has index `position` in the recording."""
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
    """To mono, but for stereo, whose sides may cancel out: see `antiphase.to_mono`."""
    layout = "stereo" if frame.layout.nb_channels == 2 else "mono"
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        ),
        # async=1 fills gaps and first_pts a late start: without them captions drift ahead in browser recordings,
        # which drop packets during silence. first_pts counts samples of the input.
        graph.add("aresample", f"{rate}:async=1:first_pts={position * frame.sample_rate // rate}"),
        graph.add("aformat", f"sample_fmts=flt:channel_layouts={layout}:sample_rates={rate}"),
        graph.add("asetnsamples", f"{int(rate * _MIX_SECONDS)}:pad=0"),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _frames(container: av.container.InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """All frames that decode; damaged ones are skipped. A frame may contradict the header, so it is checked too."""
    for packet in packets(container, stream):
        try:
            for frame in packet.decode():
                assert isinstance(frame, av.AudioFrame)
                limits.check_sound(frame.sample_rate, frame.layout.nb_channels)
                yield frame
        except MemoryError:
            raise
        except media_errors.PYAV_ERRORS:
            continue


def _drain(graph: av.filter.Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        samples = np.frombuffer(_packed(frame), np.float32).reshape(-1, frame.layout.nb_channels)
        yield antiphase.to_mono(samples) if frame.layout.nb_channels == 2 else samples[:, 0]
