"""Skips tests where the voices of other languages than English are not installed."""

from content_pipeline.core.speech import kokoro, pico
from tests.programs import leave_out


def need_the_extra_voices() -> None:
    if not (kokoro.voices() and pico.voices()):
        leave_out("needs the voices of voices.lock (make voices)")
