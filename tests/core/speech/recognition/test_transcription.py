"""Transcription with Whisper."""

import re
import signal
import threading
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import jiwer
import pytest

from content_pipeline.core.errors import Invalid, MediaUnusable, Unavailable
from content_pipeline.core.media import audio_decoding, wav
from content_pipeline.core.media.audio_decoding import SAMPLE_RATE
from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.settings import settings
from content_pipeline.core.speech.languages import WHISPER
from content_pipeline.core.speech.narration import narrate
from content_pipeline.core.speech.recognition import transcription
from content_pipeline.core.speech.recognition.transcription import Transcript, snap_words, transcribe
from content_pipeline.core.speech.voice_selection import choose_voice
from tests.media import samples

pytestmark = pytest.mark.slow

SPOKEN = dict(line.split(" ", 1) for line in (samples.LIBRIVOX / "transcription.txt").read_text().splitlines())
THREADS = 2


def _hear(path: Path, language: str | None = "en") -> Transcript:
    return transcribe(path, language=language, threads=THREADS, on_progress=lambda seconds: None)


def _plain(text: str) -> str:
    """Lower case without punctuation, as in the reference."""
    return " ".join(re.sub(r"[^a-z' ]", " ", text.lower().replace("mr.", "mister")).split())


def _text(heard: Transcript) -> str:
    return _plain("".join(" " * word.spaced + word.text for word in heard.words))


@pytest.fixture(scope="module")
def heard() -> dict[str, Transcript]:
    return {clip: _hear(samples.LIBRIVOX / f"{clip}.flac") for clip in SPOKEN}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five clips as one recording of 24.7 s."""
    clips = [argument for clip in SPOKEN for argument in ("-i", str(samples.LIBRIVOX / f"{clip}.flac"))]
    path = tmp_path_factory.mktemp("reading") / "reading.flac"
    return samples.make(path, *clips, "-filter_complex", f"concat=n={len(SPOKEN)}:v=0:a=1")


@pytest.mark.nightly
def test_at_most_eight_words_of_a_hundred_are_wrong(heard: dict[str, Transcript]) -> None:
    spoken = [_plain(text) for text in SPOKEN.values()]
    assert sum(len(text.split()) for text in spoken) == 71
    assert jiwer.wer(spoken, [_text(heard[clip]) for clip in SPOKEN]) <= 0.08


def test_words_come_in_order_and_inside_the_recording(heard: dict[str, Transcript]) -> None:
    for transcript in heard.values():
        assert transcript.words[0].start >= 0
        assert transcript.words[-1].end <= transcript.seconds
        assert all(word.start <= word.end for word in transcript.words)
        assert all(one.end <= next_one.start for one, next_one in pairwise(transcript.words))


def test_a_word_with_a_hyphen_is_one_word(heard: dict[str, Transcript]) -> None:
    texts = [word.text for clip in heard.values() for word in clip.words]
    assert "ill-disposed" in texts
    assert all(text == text.strip() and text for text in texts)
    assert all(word.spaced for clip in heard.values() for word in clip.words)


def test_the_language_is_found_out_where_it_is_not_given(heard: dict[str, Transcript]) -> None:
    detected = _hear(samples.SPEECH, language="auto")
    assert detected.language == "en"
    assert detected.language_probability == pytest.approx(1, abs=0.1)
    assert detected.words == heard["0870"].words
    assert heard["0870"].language_probability is None


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """English three times, and between them Spanish, German and Mandarin; with pauses of half a second."""
    english = [samples.LIBRIVOX / f"{number}.flac" for number in ("0870", "0920")]
    clips = (english[0], samples.SPANISH, english[1], samples.GERMAN, english[0], samples.MANDARIN)
    inputs = [argument for clip in clips for argument in ("-i", str(clip))]
    padded = ";".join(f"[{number}]apad=pad_dur=0.5[{number}p]" for number in range(len(clips)))
    joined = "".join(f"[{number}p]" for number in range(len(clips))) + f"concat=n={len(clips)}:v=0:a=1"
    path = tmp_path_factory.mktemp("multilingual") / "a.flac"
    return samples.make(path, *inputs, "-filter_complex", f"{padded};{joined}")


@pytest.mark.nightly
def test_each_language_of_a_recording_is_written_in_its_own_and_has_cues_of_its_own(multilingual: Path) -> None:
    transcript = _hear(multilingual, None)
    assert transcript.language == "en"
    runs = [(code, list(words)) for code, words in groupby(transcript.words, key=lambda word: word.language)]
    assert [code for code, _ in runs] == [None, "es", None, "de", None, "zh"]
    first, spanish, second, german, third, chinese = (join_words(words) for _, words in runs)
    said = [SPOKEN[clip] for clip in ("0870", "0920", "0870")]
    assert jiwer.wer(list(map(_plain, said)), list(map(_plain, (first, second, third)))) <= 0.1
    assert len({"historia", "abuela", "pueblo", "libro"} & set(re.findall(r"\w+", spanish))) >= 3
    assert len({"Monat", "Kunden", "Nachfrage", "Preise"} & set(re.findall(r"\w+", german))) >= 3
    assert jiwer.cer("大家好欢迎来到今天的节目我是小雨", re.sub(r"\W", "", chinese)[:16]) <= 0.25
    cues = segment(transcript.words, language="en", duration=transcript.seconds)
    assert all(len({word.language for word in cue.words}) == 1 for cue in cues)


@pytest.mark.nightly
def test_chinese_has_punctuation_and_the_characters_that_are_heard_without_an_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without punctuation, clauses and sentences run into each other within a cue."""
    punctuated = join_words(_hear(samples.MANDARIN, "zh").words)
    assert len(re.findall("[，。]", punctuated)) >= 4, punctuated
    assert "," not in punctuated
    monkeypatch.setattr(transcription, "PUNCTUATED_EXAMPLES", {})
    bare = join_words(_hear(samples.MANDARIN, "zh").words)
    assert re.sub(r"\W", "", punctuated) == re.sub(r"\W", "", bare)


@pytest.mark.nightly
def test_chinese_has_punctuation_and_the_terms_of_a_vocabulary() -> None:
    heard = transcribe(
        samples.MANDARIN, language="zh", threads=THREADS, on_progress=lambda _: None, vocabulary=["小雨", "步骤"]
    )
    text = join_words(heard.words)
    assert "小雨" in text
    assert len(re.findall("[，。]", text)) >= 4, text


def test_the_sound_of_a_video_is_heard(tmp_path: Path) -> None:
    assert "dashwood" in _text(_hear(samples.talking_video(tmp_path / "a.mp4")))


def test_a_recording_in_pieces_is_heard_as_one(reading: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_decoding, "CHUNK_SECONDS", 12.0)
    monkeypatch.setattr(audio_decoding, "CUT_WINDOW_SECONDS", 4.0)
    assert len(list(audio_decoding.pcm_chunks(reading))) > 1
    seconds: list[float] = []
    transcript = transcribe(reading, language="auto", threads=THREADS, on_progress=seconds.append)
    assert jiwer.wer(_plain(" ".join(SPOKEN.values())), _text(transcript)) <= 0.08
    assert all(one.end <= next_one.start for one, next_one in pairwise(transcript.words))
    assert 23 < transcript.words[-1].end <= transcript.seconds
    assert seconds == sorted(seconds)
    assert len(seconds) > 4
    assert seconds[-1] == transcript.seconds == pytest.approx(24.73, abs=0.01)


@pytest.mark.parametrize(
    "sound",
    [
        "anullsrc=r=16000:cl=mono:d={seconds}",
        "anoisesrc=seed=1:color=white:amplitude=0.1:duration={seconds}",
        "anoisesrc=seed=1:color=pink:amplitude=0.5:duration={seconds}",
        "sine=frequency=1000:duration={seconds}",
        "aevalsrc='0.2*(1-mod(t,0.5))*(sin(2*PI*220*t)+sin(2*PI*261.6*t)+sin(2*PI*329.6*t))':d={seconds}",
        "aevalsrc='0.3*sin(2*PI*50*t)+0.15*sin(2*PI*100*t)+0.1*sin(2*PI*150*t)':d={seconds}",
    ],
    ids=["silence", "white noise", "pink noise", "tone", "music", "hum"],
)
def test_where_nobody_speaks_no_words_are_invented(tmp_path: Path, sound: str) -> None:
    transcript = _hear(samples.audio(tmp_path / "a.wav", sound, seconds=12))
    assert transcript.words == ()
    assert transcript.language is None
    assert transcript.seconds == pytest.approx(12, abs=0.1)


NAMES = ("Zyntraxo", "Quibblefly", "Xpandly", "Brandora", "Lumivex", "Kaspero", "Nuvello", "Tessarine")
PITCH = (
    "The founder of Zyntraxo announced a new camera for creators, and Quibblefly bought the company the next day. "
    "My name is Mara, and today I will show you how Xpandly works on a normal phone. "
    "If you have never heard of Brandora, think of it as a small Lumivex with better sound. "
    "People ask me whether Kaspero is worth the money, and honestly Nuvello gives you more for less than Tessarine."
)


@pytest.fixture(scope="module")
def pitch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up names, spoken; then four seconds of music."""
    spoken = narrate(PITCH, choose_voice("hibari-heart", PITCH))
    wav.write(spoken.samples, spoken.rate, path := tmp_path_factory.mktemp("pitch") / "speech.wav")
    music = ("-f", "lavfi", "-i", "aevalsrc='0.2*(1-mod(t,0.5))*sin(2*PI*220*t)':d=4")
    return samples.make(path.with_name("pitch.wav"), "-i", str(path), *music, "-filter_complex", "concat=n=2:v=0:a=1")


@pytest.mark.nightly
def test_names_of_a_vocabulary_are_heard_right_and_other_words_as_well_as_without(pitch: Path) -> None:
    options = {"language": "en", "threads": THREADS, "on_progress": lambda _: None}
    texts = [
        [_plain(word.text) for word in transcribe(pitch, vocabulary=vocabulary, **options).words]
        for vocabulary in ((), ("Mixolia", *NAMES, *(f"Verdant {letter}" for letter in "abcdefgh")))
    ]
    names = {name.lower() for name in NAMES}
    without, told = ([word for word in text if word in names] for text in texts)
    assert len(told) >= 6
    assert len(told) >= len(without) + 2
    # A name that is misheard in several words adds to the others, so without the vocabulary there are more.
    said, *others = (" ".join(word for word in text if word not in names) for text in (_plain(PITCH).split(), *texts))
    errors_without, errors_told = (jiwer.wer(said, other) for other in others)
    assert errors_told <= errors_without


@pytest.mark.parametrize("sound", ["anullsrc=r=16000:cl=mono:d={seconds}", "anoisesrc=seed=1:color=pink:d={seconds}"])
def test_a_vocabulary_is_not_heard_where_nobody_speaks(tmp_path: Path, sound: str) -> None:
    path = samples.audio(tmp_path / "a.wav", sound, seconds=12)
    assert transcribe(path, language="en", threads=THREADS, on_progress=lambda _: None, vocabulary=NAMES).words == ()


def test_a_vocabulary_is_cut_between_two_terms_where_the_model_has_no_more_room() -> None:
    model = transcription.load_model(THREADS)
    terms = [f"Verdant {number}" for number in range(200)]
    told = model.hotwords(terms)
    assert told is not None
    assert told.removesuffix(".").split(", ") == terms[: told.count("Verdant")]
    assert 190 < len(model.hf_tokenizer.encode(f" {told}", add_special_tokens=False).ids) < model.max_length // 2
    assert model.hotwords([]) is None


@pytest.mark.nightly
def test_words_are_moved_to_their_sound_in_every_piece_of_a_recording(
    reading: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio_decoding, "CHUNK_SECONDS", 12.0)
    monkeypatch.setattr(audio_decoding, "CUT_WINDOW_SECONDS", 4.0)
    words = _hear(reading).words
    early = [replace(word, start=max(0.0, word.start - 0.1)) for word in words]
    snapped = snap_words(early, reading, language="en", max_seconds=30)
    assert [word.text for word in snapped] == [word.text for word in words]
    assert sum(one.start == other.start for one, other in zip(snapped, words, strict=True)) >= 5
    assert all(one.end <= other.start for one, other in pairwise(snapped))


def test_text_that_the_model_is_sure_of_is_kept_whatever_its_no_speech_probability(
    heard: dict[str, Transcript], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a conversation of 276 s, 65 s of near-perfect text had 0.65 to 0.73."""
    model = transcription.load_model(THREADS)
    listen = model.transcribe

    def transcribe_unsurely(*arguments: Any, **options: Any) -> Any:
        segments, info = listen(*arguments, **options)
        return (replace(segment, no_speech_prob=0.7) for segment in segments), info

    monkeypatch.setattr(model, "transcribe", transcribe_unsurely)
    assert _hear(samples.SPEECH).words == heard["0870"].words


def _leave_out(patch: pytest.MonkeyPatch, *, hearings: int, until: float) -> list[float]:
    """Let the first hearings lose what begins from second 4 to `until`. Returns the seconds that each is to hear."""
    model = transcription.load_model(THREADS)
    listen = model.transcribe
    heard: list[float] = []

    def listen_badly(samples: Any, **options: Any) -> Any:
        segments, info = listen(samples, **options)
        heard.append(len(samples) / SAMPLE_RATE)
        return (one for one in segments if len(heard) > hearings or not 4 <= one.start < until), info

    patch.setattr(model, "transcribe", listen_badly)
    return heard


@pytest.mark.nightly
def test_speech_that_the_model_has_left_out_is_heard_once_more(reading: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = _leave_out(monkeypatch, hearings=1, until=16)
    transcript = _hear(reading)
    assert len(heard) == 2
    assert 8 < heard[1] < 16
    assert jiwer.wer(_plain(" ".join(SPOKEN.values())), _text(transcript)) <= 0.2
    assert all(one.end <= following.start for one, following in pairwise(transcript.words))


@pytest.mark.nightly
def test_what_is_left_out_of_missed_speech_too_is_heard_by_itself(
    reading: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two sentences on Japanese television that had no words, the second hearing wrote one."""
    heard = _leave_out(monkeypatch, hearings=2, until=float("inf"))
    transcript = _hear(reading)
    assert len(heard) == 3
    assert heard[0] > heard[1] > heard[2]
    assert jiwer.wer(_plain(" ".join(SPOKEN.values())), _text(transcript)) <= 0.2


def test_where_nobody_speaks_no_language_is_found(tmp_path: Path) -> None:
    assert _hear(samples.audio(tmp_path / "a.wav", "anullsrc=d={seconds}"), language="auto") == Transcript(None, 3, ())


def test_silence_before_speech_does_not_move_the_words(tmp_path: Path) -> None:
    late = samples.make(tmp_path / "a.flac", "-i", str(samples.SPEECH), "-af", "adelay=20000")
    first = _hear(late).words[0]
    assert first.text.lower() == "and"
    assert 19.8 < first.start < 20.6


def test_an_interrupt_gets_out(reading: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        transcribe(reading, language="en", threads=THREADS, on_progress=lambda _: signal.raise_signal(signal.SIGINT))


def test_the_known_languages_are_those_of_the_model() -> None:
    assert set(transcription.load_model(THREADS).supported_languages) == WHISPER


def test_threads_share_one_model() -> None:
    transcription.load_cached.cache_clear()
    models: list[object] = []
    threads = [threading.Thread(target=lambda: models.append(transcription.load_model(THREADS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(models) == 4
    assert len(set(map(id, models))) == 1


def test_a_folder_without_a_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "whisper_model", str(tmp_path))
    with pytest.raises(Unavailable) as raised:
        transcription.load_model(THREADS)
    assert raised.value.code == "model_unusable"
    assert str(tmp_path) in raised.value.detail


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(Invalid):
        _hear(samples.SPEECH, language="tlh")


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaUnusable) as raised:
        _hear(samples.video(tmp_path / "a.mp4", sound=False))
    assert raised.value.code == "no_audio"
