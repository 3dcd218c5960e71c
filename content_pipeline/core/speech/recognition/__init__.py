"""Speech recognition: Whisper, and what is done before and after it to what it hears."""
