"""Child process that synthesizes a text with SVOX Pico: `python -m … LANGUAGE SPEED TEXT_FILE SOUND_FILE`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    from py_nanotts import NanoTTS

    language, speed, text, sound = sys.argv[1:]
    Path(sound).write_bytes(NanoTTS().speak(Path(text).read_text(encoding="utf-8"), voice=language, speed=float(speed)))
