"""Text, cues and word timings of ten minutes of conversation over the API, and by the whisper-ctranslate2 command."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import jiwer
import numpy as np

from bench import conversation, whisper_command
from bench.conversation import Recording
from bench.environment import Environment
from bench.figures import Figure, Reference, Target, median, quantile
from tests.core.speech.transcript_normalization import canonical
from tests.stack.client import Client

# Of each of the five conditions.
_SECONDS, _QUICK_SECONDS = 125.0, 30.0
_REFERENCE: Final = "whisper-ctranslate2"
# A cue that is shorter, or has more characters a second, cannot be read.
_MIN_SECONDS, _MAX_SPEED = 0.5, 25.0
_SHORT_SECONDS = 1.0

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
    theirs = [_by_command(environment, recording) for recording in recordings]
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
    heard, heard_by_them = (sum(len(result.words) for result in side) for side in (ours, theirs))
    yield Figure("words heard", heard, f"of {said}", Reference(_REFERENCE, heard_by_them))
    yield Figure(
        "words too many or too few",
        100 * abs(heard - said) / said,
        "%",
        Reference(_REFERENCE, 100 * abs(heard_by_them - said) / said),
        Target(1.0),
        samples=said,
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
    yield from _of_cues(*([cue for result in side for cue in result.cues] for side in (ours, theirs)))


def _of_cues(ours: Sequence[Cue], theirs: Sequence[Cue]) -> Iterator[Figure]:
    measures: dict[str, tuple[Callable[[Sequence[Cue]], float], str, Target | None]] = {
        "cues": (len, "", None),
        f"cues under {_MIN_SECONDS:g} s": (lambda cues: _shorter(cues, _MIN_SECONDS), "", Target(0)),
        f"cues under {_SHORT_SECONDS:g} s": (lambda cues: _shorter(cues, _SHORT_SECONDS), "", None),
        f"cues over {_MAX_SPEED:g} characters a second": (
            lambda cues: sum(_speed(cue) > _MAX_SPEED for cue in cues),
            "",
            Target(0),
        ),
        "fastest cue": (lambda cues: max(map(_speed, cues)), "characters/s", None),
        "speed of cues, median": (lambda cues: median([*map(_speed, cues)]), "characters/s", None),
    }
    for what, (measured, unit, target) in measures.items():
        yield Figure(what, measured(ours), unit, Reference(_REFERENCE, measured(theirs)), target, samples=len(ours))


def _right(results: Sequence[_Result]) -> float:
    """100 % less the word error rate over all recordings."""
    said = [canonical(result.recording.text) for result in results]
    return 100 * (1 - jiwer.wer(said, [" ".join(result.words) for result in results]))


def _speed(cue: Cue) -> float:
    start, end, text = cue
    return len(text.replace("\n", " ")) / max(end - start, 0.01)  # Whisper makes cues without any length


def _shorter(cues: Sequence[Cue], seconds: float) -> int:
    return sum(end - start < seconds for start, end, _ in cues)


def _over_the_api(client: Client, recording: Recording) -> _Result:
    accepted = client.caption(recording.path, language="en")
    client.wait_for_task(accepted["task_id"], seconds=600)
    view = client.get(f"/captions/{accepted['caption_id']}")
    cues = [(segment["start"], segment["end"], segment["text"]) for segment in view["segments"]]
    return _Result(recording, [word["start"] for word in view["words"]], cues)


def _by_command(environment: Environment, recording: Recording) -> _Result:
    """With its usual options and the words' times. Its segments are the cues of its subtitles."""
    written = whisper_command.transcribe(environment, recording.path, "json", "--word_timestamps", "True")
    segments = json.loads(written.read_text())["segments"]
    starts = [word["start"] for segment in segments for word in segment["words"] or ()]
    cues = [(segment["start"], segment["end"], segment["text"].strip()) for segment in segments]
    return _Result(recording, starts, cues)
