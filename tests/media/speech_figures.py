"""Figures of captions of speech: two minutes in each of eight languages, and speakers who change between two.

python -m tests.media.speech_figures FOLDER        prints the tables of docs/media.md, in about 20 minutes of CPU

FOLDER has Debian's packages asterisk-core-sounds-{en,es,fr,it,ru} and asterisk-core-sounds-{en,es,fr,it,ru}-g722,
unpacked: telephone prompts (CC BY-SA 3.0, Russian CC BY 3.0), and what was meant to be said in them. Its folders that
begin with de, ja or zh ("ja-kokoro") have recordings (NAME.wav) with their texts (NAME.txt). What is not there is left
out.
"""

import gzip
import re
import subprocess
import sys
import time
import unicodedata
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
from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS, Segment, Word, join_words
from content_pipeline.core.speech.recognition import chinese_script, code_switching, transcription
from content_pipeline.core.speech.recognition.transcription import Transcript

_VOICES: Final = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
# The first one is spoken more.
_PAIRS: Final = (("en", "es"), ("es", "en"), ("fr", "en"), ("it", "ru"))
# Of recordings with their texts; any other one is spoken by a voice of _VOICES.
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


def prompts(folder: Path, name: str) -> Iterator[_Prompt]:
    """The prompts of a language or folder, without numbers, which can be written in two ways; in a mixed order."""
    recordings = _recordings(folder, name)
    for number in np.random.default_rng(14).permutation(len(recordings)):
        path, text = recordings[number]
        if path.exists() and not re.search(r"\d", text):
            samples = _decoded(path)
            if _SHORTEST < len(samples) / SAMPLE_RATE < _LONGEST:
                yield _Prompt(_language(name), text, samples)


def _language(name: str) -> str:
    return name.split("-")[0]


def _recordings(folder: Path, name: str) -> list[tuple[Path, str]]:
    """The recordings of a language or folder, each with its text."""
    if _language(name) in _RECORDED:
        return [(path, path.with_suffix(".txt").read_text()) for path in sorted((folder / name).glob("*.wav"))]
    listed = folder / f"usr/share/doc/asterisk-core-sounds-{name}/core-sounds-{name}.txt.gz"
    found = re.findall(r"^([\w-]+): *([^\[(;\n]+)$", gzip.decompress(listed.read_bytes()).decode(), re.MULTILINE)
    sounds = folder / "usr/share/asterisk/sounds" / _VOICES[name]
    return [(sounds / f"{prompt}.g722", text) for prompt, text in found]


def _decoded(path: Path) -> Samples:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-i", str(path)]
    output = subprocess.run([*command, "-ar", str(SAMPLE_RATE), "-f", "f32le", "-"], check=True, capture_output=True)
    samples = np.frombuffer(output.stdout, np.float32)
    return 0.6 * samples / np.abs(samples).max()


def talk(said: Iterator[_Prompt], seconds: float) -> _Talk:
    """So many seconds of prompts, or all that there are."""
    random = np.random.default_rng(3)
    taken: list[_Prompt] = []
    parts: list[Samples] = []
    middles: list[float] = []
    length = 0
    while length < seconds * SAMPLE_RATE and (prompt := next(said, None)):
        taken.append(prompt)
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


def _alone(path: Path, language: str) -> str:
    """What faster-whisper writes by itself, with the same model; Chinese in the script that it is written in here."""
    model = transcription.load_model(_THREADS)
    segments, _ = model.transcribe(str(path), language=language, beam_size=5)
    text = "".join(segment.text for segment in segments)
    return chinese_script.convert([Word(0, 0, text)], chinese_script.SIMPLIFIED)[0].text if language == "zh" else text


def _plain(text: str) -> str:
    """Lower case without punctuation; without blanks beside characters of scripts that have none."""
    words = re.sub(r"[^\w' ]", " ", unicodedata.normalize("NFKC", text).casefold().replace("’", "'")).split()
    return re.sub(rf" ?({UNSPACED_SCRIPTS.pattern}) ?", r"\1", " ".join(words))


def _errors(said: _Talk, heard: str) -> tuple[float, float]:
    """Percent of words and of characters that are heard wrong, left out or added.

    Where words are not spaced, each character is one.
    """
    texts = _plain(said.text), _plain(heard)
    words = [UNSPACED_SCRIPTS.sub(r" \g<0> ", text) for text in texts]
    return 100 * jiwer.wer(*words), 100 * jiwer.cer(*texts)


def _speed(cue: Segment) -> float:
    return len(cue.text) / (cue.end - cue.start)


def _in_one_language(folder: Path, name: str, work: Path) -> str:
    language = _language(name)
    said = talk(prompts(folder, name), _SECONDS)
    wav.write(said.samples, SAMPLE_RATE, path := work / "talk.wav")
    began = time.process_time()
    heard = _hear(path, None)
    seconds = time.process_time() - began
    looking = _cpu_of_switching(said, language)
    cues = segment(heard.words, language=heard.language or "en", duration=heard.seconds)
    words, characters = _errors(said, join_words(heard.words))
    given, _ = _errors(said, join_words(_hear(path, language).words))
    alone, _ = _errors(said, _alone(path, language))
    others = sum(word.language is not None for word in heard.words)
    short = sum(cue.end - cue.start < 1 for cue in cues)
    unreadable = sum(cue.end - cue.start < 0.5 or _speed(cue) > 25 for cue in cues)
    return (
        f"| {name} | {heard.language} {heard.language_probability} | {others} of {len(heard.words)} "
        f"| {words:.1f} % | {given:.1f} % | {alone:.1f} % | {characters:.1f} % | {len(cues)} | {short} | {unreadable} "
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
    words, characters = _errors(said, join_words(heard.words))
    given, characters_given = _errors(said, join_words(_hear(path, pair[0]).words))
    cues = segment(heard.words, language=heard.language or "en", duration=heard.seconds)
    mixed = sum(len({word.language for word in cue.words}) > 1 for cue in cues)
    return (
        f"| {pair[0]}, {pair[1]} | {heard.language} {heard.language_probability} | {right} of {len(said.prompts)} "
        f"| {words:.1f} % | {given:.1f} % | {characters:.1f} % | {characters_given:.1f} % | {mixed} of {len(cues)} |"
    )


def _language_at(heard: Transcript, seconds: float) -> str | None:
    nearest = min(heard.words, key=lambda word: abs((word.start + word.end) / 2 - seconds))
    return nearest.language or heard.language


def main() -> None:
    folder = Path(sys.argv[1])
    languages = [code for code in _VOICES if (folder / f"usr/share/doc/asterisk-core-sounds-{code}").is_dir()]
    recorded = sorted(path.name for path in folder.iterdir() if _language(path.name) in _RECORDED)
    with TemporaryDirectory() as work:
        lines = chain(
            [
                "| | heard as | words in another | words wrong | if the language is given | by faster-whisper alone "
                "| characters wrong | cues | under 1 s | under 0.5 s or over 25 a second | fastest "
                "| CPU of finding changes |",
                "|---|---|---|---|---|---|---|---|---|---|---|---|",
            ],
            (_in_one_language(folder, name, Path(work)) for name in (*languages, *recorded)),
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
