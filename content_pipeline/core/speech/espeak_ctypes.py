"""ctypes binding of libespeak-ng: voice list, and synthesis with word and phoneme events by sample.

Names and constants follow espeak-ng/speak_lib.h.
"""

import ctypes
import threading
from collections.abc import Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

_SYNCHRONOUS, _DO_NOT_EXIT, _PHONEME_EVENTS = 2, 0x8000, 0x0001
_POSITION_IN_CHARACTERS, _UTF8 = 1, 1
_LIST_ENDS, _WORD, _PHONEME = 0, 1, 7
# The parameter of the speed, and its normal value in words a minute.
_RATE, _NORMAL_RATE = 1, 175


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A voice as the library lists it, and its languages with their priorities, its own first.

    Of the voices of "fr" the one with the lowest number is the primary one, before the Belgian and the Swiss.
    """

    name: str
    identifier: str
    languages: dict[str, int]


@dataclass(frozen=True, slots=True)
class SynthesisEvent:
    """The sample at which a word (given by its text position) or a phoneme (given by its name) starts."""

    sample: int
    text_position: int | None = None
    phoneme: str = ""


class Library:
    """The library of this process. It has global state, so a lock serializes threads."""

    def __init__(self, library: ctypes.CDLL, rate: int) -> None:
        self.rate = rate
        self._library = library
        self._lock = threading.Lock()

    def voices(self) -> list[ListedVoice]:
        """The voices whose data is installed."""
        with self._lock:
            return list(self._listed_voices())

    def _listed_voices(self) -> Iterator[ListedVoice]:
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        for voice in self._library.espeak_ListVoices(None):
            if not voice:
                return
            yield ListedVoice(
                voice.contents.name.decode().strip(),
                voice.contents.identifier.decode(),
                dict(_languages(voice.contents.languages)),
            )

    def say(self, text: str, identifier: str, speed: float) -> tuple[bytes, list[SynthesisEvent]]:
        """Synthesize to 16-bit mono samples and their events; the last event is the end. `speed` 1 is normal."""
        sound = bytearray()
        synthesis_events: list[SynthesisEvent] = []

        def on_samples(samples: Any, count: int, events: Any) -> int:
            if samples:
                sound.extend(ctypes.string_at(samples, count * 2))
            synthesis_events.extend(_synthesis_events(events))
            return 0

        callback = _SynthCallback(on_samples)
        encoded = text.encode()
        size = ctypes.c_size_t(len(encoded) + 1)
        with self._lock:
            self._library.espeak_SetSynthCallback(callback)
            self._library.espeak_SetVoiceByName(identifier.encode())
            self._library.espeak_SetParameter(_RATE, round(speed * _NORMAL_RATE), 0)
            self._library.espeak_Synth(encoded, size, 0, _POSITION_IN_CHARACTERS, 0, _UTF8, None, None)
        return bytes(sound), [*synthesis_events, SynthesisEvent(len(sound) // 2)]


def _languages(address: int) -> Iterator[tuple[str, int]]:
    """Parse the language list: per language a priority byte and a C string, terminated by a zero byte."""
    while rank := ctypes.string_at(address, 1)[0]:
        language = ctypes.string_at(address + 1)
        yield language.decode(), rank
        address += len(language) + 2


def _synthesis_events(events: Any) -> Iterator[SynthesisEvent]:
    for event in events:
        if event.type == _LIST_ENDS:
            return
        if event.type == _WORD:
            yield SynthesisEvent(event.sample, text_position=event.text_position - 1)
        elif event.type == _PHONEME:
            yield SynthesisEvent(event.sample, phoneme=event.id.string.decode(errors="replace"))


# Two threads that initialize the library at once crash the process: the first requests to an API did.
_load_lock: Final = threading.Lock()


def library() -> Library | None:
    """The initialized library (3 ms, 3 MB); None where it or its data is missing."""
    with _load_lock:
        return _load_cached()


@cache
def _load_cached() -> Library | None:
    found = _locate()
    if not found:
        return None
    engine, data = found
    rate = engine.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT | _PHONEME_EVENTS)
    return Library(engine, rate) if rate > 0 else None


def _locate() -> tuple[ctypes.CDLL, bytes | None] | None:
    """The extra's library and data path, else the system's library, which knows its own data path."""
    try:
        import espeakng_loader
    except ImportError:
        name = find_library("espeak-ng")
        return (ctypes.CDLL(name), None) if name else None
    return ctypes.CDLL(espeakng_loader.get_library_path()), espeakng_loader.get_data_path().encode()
