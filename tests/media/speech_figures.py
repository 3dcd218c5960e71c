"""Figures of captions of speech: two minutes in each of eight languages, and speakers who change between two.

python -m tests.media.speech_figures FOLDER        prints the tables of docs/media.md, in about 15 minutes of CPU

FOLDER has Debian's packages asterisk-core-sounds-{en,es,fr,it,ru} and asterisk-core-sounds-{en,es,fr,it,ru}-g722,
unpacked: telephone prompts (CC BY-SA 3.0, Russian CC BY 3.0), and what was meant to be said in them. Its folders de, ja
and zh have recordings (NAME.wav) with their texts (NAME.txt). What is not there is left out.
"""

import gzip
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import imageio_ffmpeg
import jiwer
import numpy as np

from content_pipeline.core.media import wav
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples
from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS, Segment, join_words
from content_pipeline.core.providers import code_switching, transcription
from content_pipeline.core.providers.transcription import Transcript

_VOICES: Final = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
# The first one is spoken more.
_PAIRS: Final = (("en", "es"), ("es", "en"), ("fr", "en"), ("it", "ru"))
_RECORDED: Final = ("de", "ja", "zh")
_SECONDS: Final = 120.0
_SHORTEST, _LONGEST = 2.5, 12.0
_PROMPTS_IN_A_ROW: Final = (3, 2)
_THREADS: Final = 2


@dataclass(frozen=True)
class _Prompt:
    """What is said in a language, and its sound."""

    language: str
    text: str
    samples: Samples


@dataclass(frozen=True)
class _Talk:
    """Prompts with pauses between them; `middles` are the seconds at which each one is half said."""

    prompts: Sequence[_Prompt]
    middles: Sequence[float]
    samples: Samples

    @property
    def text(self) -> str:
        return " ".join(prompt.text for prompt in self.prompts)


def prompts(folder: Path, language: str) -> Iterator[_Prompt]:
    """The prompts of a language without numbers, which can be written in two ways, in an order that mixes them."""
    recordings = _recordings(folder, language)
    for number in np.random.default_rng(14).permutation(len(recordings)):
        path, text = recordings[number]
        if path.exists() and not re.search(r"\d", text):
            samples = _decoded(path)
            if _SHORTEST < len(samples) / SAMPLE_RATE < _LONGEST:
                yield _Prompt(language, text, samples)


def _recordings(folder: Path, language: str) -> list[tuple[Path, str]]:
    """The recordings of a language, each with its text."""
    if language in _RECORDED:
        return [(path, path.with_suffix(".txt").read_text()) for path in sorted((folder / language).glob("*.wav"))]
    listed = folder / f"usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    found = re.findall(r"^([\w-]+): *([^\[(;\n]+)$", gzip.decompress(listed.read_bytes()).decode(), re.MULTILINE)
    sounds = folder / "usr/share/asterisk/sounds" / _VOICES[language]
    return [(sounds / f"{name}.g722", text) for name, text in found]


def _decoded(path: Path) -> Samples:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", str(path)]
    output = subprocess.run([*command, "-ar", str(SAMPLE_RATE), "-f", "f32le", "-"], check=True, capture_output=True)
    samples = np.frombuffer(output.stdout, np.float32)
    return 0.6 * samples / np.abs(samples).max()


def talk(said: Iterator[_Prompt], seconds: float) -> _Talk:
    random = np.random.default_rng(3)
    taken: list[_Prompt] = []
    parts: list[Samples] = []
    middles: list[float] = []
    length = 0
    while length < seconds * SAMPLE_RATE:
        taken.append(next(said))
        pause = np.zeros(int(random.uniform(0.3, 1.0) * SAMPLE_RATE), np.float32)
        parts += [taken[-1].samples, pause]
        middles.append((length + len(taken[-1].samples) / 2) / SAMPLE_RATE)
        length += len(taken[-1].samples) + len(pause)
    return _Talk(taken, middles, np.concatenate(parts))


def changing(one: Iterator[_Prompt], other: Iterator[_Prompt]) -> Iterator[_Prompt]:
    """Prompts of one language and of the other in turn."""
    while True:
        for speaker, count in zip((one, other), _PROMPTS_IN_A_ROW, strict=True):
            for _ in range(count):
                yield next(speaker)


def _hear(path: Path, language: str | None) -> Transcript:
    return transcription.transcribe(path, language=language, threads=_THREADS, on_progress=lambda _: None)


def _plain(text: str) -> str:
    """Lower case without punctuation; without blanks beside characters of scripts that have none."""
    words = re.sub(r"[^\w' ]", " ", text.casefold().replace("’", "'")).split()
    return re.sub(rf" ?({UNSPACED_SCRIPTS.pattern}) ?", r"\1", " ".join(words))


def _errors(said: _Talk, heard: Transcript) -> tuple[float, float]:
    """Percent of words and of characters that are heard wrong, left out or added.

    Where words are not spaced, each character is one.
    """
    texts = _plain(said.text), _plain(join_words(heard.words))
    words = [UNSPACED_SCRIPTS.sub(r" \g<0> ", text) for text in texts]
    return 100 * jiwer.wer(*words), 100 * jiwer.cer(*texts)


def _speed(cue: Segment) -> float:
    return len(cue.text) / (cue.end - cue.start)


def _in_one_language(folder: Path, language: str, work: Path) -> str:
    said = talk(prompts(folder, language), _SECONDS)
    wav.write(said.samples, SAMPLE_RATE, path := work / "talk.wav")
    began = time.process_time()
    heard = _hear(path, None)
    seconds = time.process_time() - began
    looking = _cpu_of_switching(said, language)
    cues = segment(heard.words, language=heard.language or "en", duration=heard.seconds)
    words, characters = _errors(said, heard)
    given, _ = _errors(said, _hear(path, language))
    others = sum(word.language is not None for word in heard.words)
    short = sum(cue.end - cue.start < 1 for cue in cues)
    unreadable = sum(cue.end - cue.start < 0.5 or _speed(cue) > 25 for cue in cues)
    return (
        f"| {language} | {heard.language} {heard.language_probability} | {others} of {len(heard.words)} "
        f"| {words:.1f} % | {given:.1f} % | {characters:.1f} % | {len(cues)} | {short} | {unreadable} "
        f"| {max(map(_speed, cues)):.1f} | {looking:.1f} of {seconds:.1f} s |"
    )


def _cpu_of_switching(said: _Talk, main: str) -> float:
    model = transcription.load_model(_THREADS)
    began = time.process_time()
    code_switching.stretches(model, said.samples, main)
    return time.process_time() - began


def _in_two_languages(folder: Path, pair: tuple[str, str], work: Path) -> str:
    said = talk(changing(*(prompts(folder, language) for language in pair)), _SECONDS)
    wav.write(said.samples, SAMPLE_RATE, path := work / "talk.wav")
    heard = _hear(path, None)
    right = sum(
        _language_at(heard, middle) == prompt.language
        for prompt, middle in zip(said.prompts, said.middles, strict=True)
    )
    words, characters = _errors(said, heard)
    given, characters_given = _errors(said, _hear(path, pair[0]))
    cues = segment(heard.words, language=heard.language or "en", duration=heard.seconds)
    mixed = sum(len({word.language for word in cue.words}) > 1 for cue in cues)
    return (
        f"| {pair[0]}, {pair[1]} | {heard.language} {heard.language_probability} | {right} of {len(said.prompts)} "
        f"| {words:.1f} % | {given:.1f} % | {characters:.1f} % | {characters_given:.1f} % | {mixed} of {len(cues)} |"
    )


def _language_at(heard: Transcript, seconds: float) -> str | None:
    nearest = min(heard.words, key=lambda word: abs((word.start + word.end) / 2 - seconds))
    return nearest.language or heard.language


def _is_there(folder: Path, language: str) -> bool:
    return (folder / (language if language in _RECORDED else f"usr/share/doc/asterisk-core-sounds-{language}")).is_dir()


def main() -> None:
    folder = Path(sys.argv[1])
    languages = [language for language in (*_VOICES, *_RECORDED) if _is_there(folder, language)]
    with TemporaryDirectory() as work:
        lines = chain(
            [
                "| | heard as | words in another | words wrong | if the language is given | characters wrong | cues "
                "| under 1 s | under 0.5 s or over 25 a second | fastest | CPU of finding changes |",
                "|---|---|---|---|---|---|---|---|---|---|---|",
            ],
            (_in_one_language(folder, language, Path(work)) for language in languages),
            [
                "",
                "| | heard as | prompts in their language | words wrong | if the first is given | characters wrong "
                "| if the first is given | cues of two languages |",
                "|---|---|---|---|---|---|---|---|",
            ],
            (_in_two_languages(folder, pair, Path(work)) for pair in _PAIRS if set(pair) <= set(languages)),
        )
        for line in lines:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
