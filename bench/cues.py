"""Text, cues and word timings of ten minutes of conversation over the API, compared with faster-whisper by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import jiwer
import numpy as np
from faster_whisper import WhisperModel

from bench import conversation
from bench.conversation import Recording
from bench.environment import Environment
from bench.figures import Figure, Reference, Target, quantile
from tests.core.speech.transcript_normalization import canonical
from tests.stack.client import Client

# Of each of the five conditions.
_SECONDS, _QUICK_SECONDS = 125.0, 30.0
_REFERENCE: Final = "faster-whisper alone"
# A cue that is shorter, or has more characters a second, cannot be read.
_MIN_SECONDS, _MAX_SPEED = 0.5, 25.0

Cue = tuple[float, float, str]


@dataclass(frozen=True)
class _Result:
    """What was made of a recording: the start of each word, and the cues."""

    recording: Recording
    word_starts: Sequence[float]
    cues: Sequence[Cue]

    @property
    def words(self) -> list[str]:
        return canonical(" ".join(text for _, _, text in self.cues)).split()

    @property
    def onset_errors(self) -> list[float]:
        """Milliseconds from each onset of sound to the nearest start of a word."""
        starts = np.asarray(self.word_starts)
        return [1000 * float(np.abs(starts - onset).min()) for onset in self.recording.onsets]


def measure(environment: Environment) -> Iterator[Figure]:
    seconds = _QUICK_SECONDS if environment.quick else _SECONDS
    recordings = list(conversation.record(environment.folder, seconds=seconds))
    with environment.client() as client:
        ours = [_over_the_api(client, recording) for recording in recordings]
    model = environment.whisper_alone()  # the stack's copy, which its first transcription made
    theirs = [_by_faster_whisper(model, recording) for recording in recordings]
    for pair in zip(ours, theirs, strict=True):
        yield from _of_condition(*pair)
    yield from _in_all(ours, theirs)


def _of_condition(ours: _Result, theirs: _Result) -> Iterator[Figure]:
    condition = ours.recording.condition
    yield Figure(
        f"{condition}: words right",
        _right([ours]),
        "%",
        Reference(_REFERENCE, _right([theirs])),
        samples=len(canonical(ours.recording.text).split()),
    )
    yield Figure(
        f"{condition}: error of word starts after pauses, 95 %",
        quantile(ours.onset_errors, 0.95),
        "ms",
        Reference(_REFERENCE, quantile(theirs.onset_errors, 0.95)),
        samples=len(ours.recording.onsets),
    )


def _in_all(ours: Sequence[_Result], theirs: Sequence[_Result]) -> Iterator[Figure]:
    said = sum(len(canonical(result.recording.text).split()) for result in ours)
    yield Figure(
        "words heard",
        sum(len(result.words) for result in ours),
        f"of {said}",
        Reference(_REFERENCE, sum(len(result.words) for result in theirs)),
    )
    yield Figure(
        "words right",
        _right(ours),
        "%",
        Reference(_REFERENCE, _right(theirs)),
        Target(1.0, of="ratio", side="at least"),
        samples=said,
    )
    errors, their_errors = ([error for result in side for error in result.onset_errors] for side in (ours, theirs))
    yield Figure(
        "error of word starts after pauses, 95 %",
        quantile(errors, 0.95),
        "ms",
        Reference(_REFERENCE, quantile(their_errors, 0.95)),
        Target(0.5, of="ratio"),
        samples=len(errors),
    )
    cues, their_cues = ([cue for result in side for cue in result.cues] for side in (ours, theirs))
    yield Figure("cues", len(cues), "", Reference(_REFERENCE, len(their_cues)))
    yield Figure(
        "cues under 0.5 s or over 25 characters a second",
        sum(map(_is_unreadable, cues)),
        "",
        target=Target(0),
        samples=len(cues),
    )
    yield Figure(
        "fastest cue", max(map(_speed, cues)), "characters/s", Reference(_REFERENCE, max(map(_speed, their_cues)))
    )


def _right(results: Sequence[_Result]) -> float:
    """100 % less the word error rate over all recordings."""
    said = [canonical(result.recording.text) for result in results]
    return 100 * (1 - jiwer.wer(said, [" ".join(result.words) for result in results]))


def _speed(cue: Cue) -> float:
    start, end, text = cue
    return len(text.replace("\n", " ")) / (end - start)


def _is_unreadable(cue: Cue) -> bool:
    return cue[1] - cue[0] < _MIN_SECONDS or _speed(cue) > _MAX_SPEED


def _over_the_api(client: Client, recording: Recording) -> _Result:
    accepted = client.caption(recording.path, language="en")
    client.wait_for_task(accepted["task_id"], seconds=600)
    view = client.get(f"/captions/{accepted['caption_id']}")
    cues = [(segment["start"], segment["end"], segment["text"]) for segment in view["segments"]]
    return _Result(recording, [word["start"] for word in view["words"]], cues)


def _by_faster_whisper(model: WhisperModel, recording: Recording) -> _Result:
    """With its own options, which are those of the whisper-ctranslate2 command too, and the words' times."""
    segments = list(model.transcribe(str(recording.path), language="en", beam_size=5, word_timestamps=True)[0])
    starts = [float(word.start) for segment in segments for word in segment.words or ()]
    return _Result(recording, starts, [(float(cue.start), float(cue.end), cue.text.strip()) for cue in segments])
