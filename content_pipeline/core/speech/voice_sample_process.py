"""Child process that speaks the sample of a local voice: `python -m … VOICE_ID LANGUAGE FILE`."""

import sys
from pathlib import Path

from content_pipeline.core.media import wav
from content_pipeline.core.speech import voice_selection
from content_pipeline.core.speech.narration import narrate
from content_pipeline.core.speech.sample_sentences import sentence
from content_pipeline.core.speech.voice_types import VoiceChoice

if __name__ == "__main__":
    voice_id, language, file = sys.argv[1:]
    voice = next(voice for voice in voice_selection.installed_voices() if voice.id == voice_id)
    spoken = narrate(sentence(language), VoiceChoice(voice, language))
    wav.write(spoken.samples, spoken.rate, Path(file))
