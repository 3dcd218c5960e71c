"""Spoken scripts as written text: greetings, fillers and stage directions are removed."""

import pytest

from content_pipeline.core.writing.spoken import written


@pytest.mark.parametrize(
    ("language", "script", "text"),
    [
        ("en", "Hey everyone, welcome back to the channel! AI is here.", "AI is here."),
        ("en", "Hello! I'm your AI twin.", "I'm your AI twin."),
        ("en", "Hi guys, today we bake bread.", "Today we bake bread."),
        ("en", "Hello world!", "Hello world!"),
        ("en", "Hello!", "Hello!"),
        ("en", "It works. Um, they planned, you know, a lot.", "It works. They planned, a lot."),
        ("en", 'Wait <break time="1.5s"/> for it [pause] now (laughs).', "Wait for it now."),
        ("en", "1 < 2 and 3 > 2 (really)", "1 < 2 and 3 > 2 (really)"),
        ("de", "Hallo zusammen! Um 8 Uhr geht es los, ähm, fast.", "Um 8 Uhr geht es los, fast."),
        ("pt", "Olá pessoal! É um pão.", "É um pão."),
        ("ja", "こんにちは。パンです。", "こんにちは。パンです。"),
    ],
)
def test_a_script_is_written_as_one_writes(language: str, script: str, text: str) -> None:
    assert written(script, language) == text
