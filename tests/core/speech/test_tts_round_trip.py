"""Speech recognized again by Whisper."""

from pathlib import Path

import jiwer
import pytest

from content_pipeline.core.media import wav
from content_pipeline.core.speech.narration import narrate
from content_pipeline.core.speech.recognition.transcription import transcribe
from content_pipeline.core.speech.voice_selection import choose_voice
from tests.core.speech.transcript_normalization import canonical

pytestmark = pytest.mark.slow

SCRIPTS = [
    "I saved $1,299 in 90 days with one simple rule. Every Friday, 15% of my income goes straight into a second "
    "account. By December 31, 2026, that adds up to more than $5,000.",
    "Our summer sale starts on June 3rd at 9:30 AM. Get 25% off everything under $49.99, and free shipping on orders "
    "over €100. It ends on 06/10/2026, so don't wait.",
    "Dr. Maria Lopez runs 5 km before breakfast, every single day. She started in 2019 with just 1/2 a mile. Now she's "
    "training for the Boston Marathon, and 26.2 miles doesn't scare her.",
    "Book your free call at https://example.com/start or text us at (555) 123-4567. We answer within 24 hours. Monday "
    "to Friday, 9am-5pm.",
    "This phone has 256GB of storage, a 6.7 inch screen and records 4K video at 60fps. It weighs only 187 g. For $799, "
    "nothing else comes close.",
    "Bake it at 350°F for 35-40 minutes. You need 2 1/2 cups of flour, 3/4 cup of sugar and 1 tbsp of vanilla. Trust "
    "me, it's better than your grandma's!",
    "Mr. Johnson bought his first house in 1987 for $64,500. Today it's worth almost $1.2 million. That's the power of "
    "time in the market.",
    "I grew from 0 to 10k followers in 6 weeks. Here are 3 things I did: I posted at 7:15 PM, I replied to 50+ "
    "comments a day, and I never used more than 5 hashtags.",
    "Follow @travel_with_emma for more tips like this. Our villa in Lisbon was $149/night, and the beach is 10 minutes "
    "away. Would you go in May or in September?",
    "Scientists found that 73% of people check their phone within 15 minutes of waking up. The average person spends "
    "4.5 hours a day on it. That's about 68 days a year!",
    "Chapter 4 of the book was written on 1 May 1944, during World War II. It took the author 12 years and No. 2 "
    "pencils, nothing else.",
    "Email hello@example.com before Jan. 15 to join. There are only 20 seats, the 1st session starts at 10:00, and it "
    "costs £75 per person.",
    "Our Q3 revenue grew 18.5% to $3.4M, and we hired 22 engineers, i.e. twice as many as last year. CEO Sarah Chen "
    "called it the best quarter since 2008.",
    "Try the 16:8 method: eat between 12:00 and 8:00 PM, drink 2 liters of water, and walk 8,000 steps. I lost 12 lbs "
    "in 2 months, w/o counting calories.",
]  # fmt: skip


@pytest.mark.nightly
def test_a_recognizer_hears_what_the_scripts_say(tmp_path: Path) -> None:
    said, heard = [], []
    for script in SCRIPTS:
        narration = narrate(script, choose_voice("en-US", script))
        wav.write(narration.samples, narration.rate, tmp_path / "narration.wav")
        words = transcribe(tmp_path / "narration.wav", language="en", threads=1, on_progress=lambda seconds: None).words
        said.append(canonical(script))
        heard.append(canonical(" ".join(word.text for word in words)))
    assert jiwer.wer(said, heard) <= 0.05, "\n".join(f"{a}\n{b}" for a, b in zip(said, heard, strict=True) if a != b)
