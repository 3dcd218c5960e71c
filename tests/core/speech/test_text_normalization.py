"""Normalization of text for speech."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from content_pipeline.core.speech.markdown import strip_markdown
from content_pipeline.core.speech.text_normalization import Token, is_speakable, tokenize

# Displayed text, and the spoken form of each token.
SPOKEN = [
    ("It costs $1,299.", "It|costs|one thousand two hundred ninety-nine dollars."),
    ("$1,299.99", "one thousand two hundred ninety-nine dollars and ninety-nine cents"),
    ("$0.99 or $1", "ninety-nine cents|or|one dollar"),
    ("€5, 5€ and £20k", "five euros,|five euros|and|twenty thousand pounds"),
    ("$3.5M and $2B", "three point five million dollars|and|two billion dollars"),
    ("$3 million", "three|million dollars"),
    ("-$5", "minus five dollars"),
    ("A$20", "twenty Australian dollars"),
    ("$149/night", "one hundred forty-nine dollars per night"),
    ("€9/mo.", "nine euros per month."),
    ("$10-$20", "ten to twenty dollars"),
    ("$10–20k", "ten to twenty thousand dollars"),
    ("$100 - $200", "one hundred dollars|to|two hundred dollars"),
    ("10k followers, 3M views", "ten thousand|followers,|three million|views"),
    ("1,000,000", "one million"),
    ("12345", "twelve thousand three hundred forty-five"),
    ("007", "zero zero seven"),
    ("3.14", "three point one four"),
    (".5", "point five"),
    ("-5 −12 +5 ~10", "minus five|minus twelve|plus five|about ten"),
    ("12.5% off", "twelve point five percent|off"),
    ("50 %", "fifty|percent"),
    ("10–15%", "ten to fifteen percent"),
    ("10 - 15", "ten|to|fifteen"),
    ("50+ 3x 100%!", "fifty plus|three times|one hundred percent!"),
    ("1st 22nd 101st", "first|twenty-second|one hundred first"),
    ("1999 2026", "nineteen ninety-nine|twenty twenty-six"),
    ("2000 2005 1905", "two thousand|two thousand five|nineteen oh five"),
    ("the 1900s, the '90s, the 1990s", "the|nineteen hundreds,|the|nineties,|the|nineteen nineties"),
    ("'60s–'70s", "sixties to seventies"),
    ("in 2020 — 5 years ago", "in|twenty twenty,||five|years|ago"),
    ("2020-2025", "twenty twenty to twenty twenty-five"),
    ("2026-05-01", "May first, twenty twenty-six"),
    ("5/1/2026", "May first, twenty twenty-six"),
    ("25/12/2026", "December twenty-fifth, twenty twenty-six"),
    ("13.5.2026", "May thirteenth, twenty twenty-six"),
    ("May 1, 2026", "May|first,|twenty twenty-six"),
    ("on 1 May", "on|the first of|May"),
    ("the 3rd of June", "the|third|of|June"),
    ("Jan. 5 and Sept 12th", "January|fifth|and|September|twelfth"),
    ("In Dec. it snowed", "In|December|it|snowed"),
    ("June 3-7", "June|third to seventh"),
    ("10:30 7:05 14:00 10:00", "ten thirty|seven oh five|fourteen hundred|ten o'clock"),
    ("9am 9:30pm 9.30 pm", "nine AM|nine thirty PM|nine thirty|PM"),
    ("10:00 PM", "ten|PM"),
    ("at 7 p.m. on Friday", "at|seven|PM|on|Friday"),
    ("at 7 p.m. Doors open", "at|seven|PM.|Doors|open"),
    ("9am-5pm", "nine AM to five PM"),
    ("16:9 9:16 3:1", "sixteen by nine|nine by sixteen|three to one"),
    ("5km 20 kg 1 kg", "five kilometers|twenty|kilograms|one|kilogram"),
    ("3GB 60fps 16GB", "three gigabytes|sixty frames per second|sixteen gigabytes"),
    ("25°C -40 °F", "twenty-five degrees Celsius|minus forty|degrees Fahrenheit"),
    ("50 km/h 100 m²", "fifty|kilometers per hour|one hundred|square meters"),
    ("5 in the morning", "five|in|the|morning"),
    ("5 min. later", "five|minutes|later"),
    ("5'10\"", "five foot ten"),
    ("1/2 3/4 ½ 8/10", "one half|three quarters|one half|eight out of ten"),
    ("2½ cups, 2 1/2 miles", "two and a half|cups,|two|and a half|miles"),
    ("1/2-mile", "one half mile"),
    ("v2.1 3.11 2.10.3", "version two point one|three point one one|two point ten point three"),
    ("1080p 4K 1080x1920", "ten eighty P|four K|one thousand eighty by nineteen twenty"),
    ("https://example.com/path", "example dot com slash path"),
    ("Visit www.example.io.", "Visit|example dot IO."),
    ("https://example.com/a-b?x=1#y", "example dot com slash a dash b"),
    ("hello.you@example.com", "hello dot you at example dot com"),
    ("@my_creator", "at my creator"),
    ("#AIContent #ad #1", "AI Content|ad|number one"),
    ("(555) 123-4567", "five five five,|one two three, four five six seven"),
    ("+1 555 123 4567.", "plus one,|five five five,|one two three,|four five six seven."),
    ("1-800-FLOWERS", "one, eight zero zero, flowers"),
    ("Dr. Smith met Mr. Lee", "Doctor|Smith|met|Mister|Lee"),
    ("Mr. T. Jones and prof. lee", "Mister|T|Jones|and|Professor|lee"),
    ("in St. Louis", "in|Saint|Louis"),
    ("123 Main St. Then", "one hundred twenty-three|Main|Street.|Then"),
    ("cats vs. dogs, e.g. mine, i.e. Tom", "cats|versus|dogs,|for example|mine,|that is|Tom"),
    ("tea, etc. and more etc.", "tea,|et cetera|and|more|et cetera."),
    ("No. 1 in approx. 5 years", "number|one|in|approximately|five|years"),
    ("No. Never.", "No.|Never."),
    ("24/7 and/or he/she", "twenty-four seven|and or|he she"),
    ("R&D & Q&A = 2 + 2", "R and D|and|Q and A|equals|two|plus|two"),
    ("Wi-Fi C++ C# CEO's NASA", "Wi-Fi|C plus plus|C sharp|CEO's|NASA"),
    ("B2B GPT-4 COVID-19 5G MP3", "B two B|GPT four|COVID nineteen|five G|MP three"),
    ("10-minute mid-2026", "ten minute|mid twenty twenty-six"),
    ("the U.S. economy", "the|US|economy"),
    ("World War II, Henry VIII, I", "World|War|two,|Henry|the eighth,|I"),
    ("don’t “quote” (me)", "don't|quote|me"),
    ("wow😍 😍 great", "wow||great"),
    ("Wow ! This — that", "Wow!||This,||that"),
    ("fast—really", "fast, really"),
    ("end.Next", "end. Next"),
    ("one * two • three", "one||two||three"),
    (r"{\an8}", "an eight"),
    (r"50% : ' \N", "fifty percent:|||N"),
    ("1️⃣ ok 👨‍👩‍👧 :) <3", "|ok|||"),
    ("really?! yes... (no)", "really?|yes.|no"),
    ("5m views, 1.5M likes, 10m subs", "five million|views,|one point five million|likes,|ten million|subs"),
    ("100K+ subscribers", "one hundred thousand plus|subscribers"),
    ("a wall 5m away", "a|wall|five meters|away"),
    ("4K followers in 4k", "four thousand|followers|in|four K"),
    ("my first 5k run", "my|first|five K|run"),
    ("in 30s a 15s clip", "in|thirty seconds|a|fifteen second|clip"),
    ("my 20s and 30s", "my|twenties|and|thirties"),
    ("the 60's, 80s music, mid-30s", "the|sixties,|eighties|music,|mid thirties"),
    ("the 30s rule for 90s", "the|thirty seconds|rule|for|ninety seconds"),
    ("1h30m, 1h 30m, 2m 30s", "one hour thirty minutes,|one hour|thirty minutes,|two minutes|thirty seconds"),
    ("100s of 1,000s of", "hundreds|of|thousands|of"),
    ("a 12\" pizza, 6' tall", "a|twelve inch|pizza,|six feet|tall"),
    ("5' 10” and 10-12″", "five feet|ten inches|and|ten to twelve inches"),
    ("“I paid 12” 'for 6' (\"it was 5\")", "I|paid|twelve|for|six|it|was|five"),
    ("a $20 gift, a $5M house", "a|twenty dollar|gift,|a|five million dollar|house"),
    ("a 10x return, a $9.99 plan", "a|ten times|return,|a|nine dollars and ninety-nine cents|plan"),
    ("S2E5 Ep. 5 ep 5 Pt. 2 pt 2", "season two episode five|episode|five|episode|five|part|two|part|two"),
    ("Part 1/3, day 5/30", "Part|one of three,|day|five of thirty"),
    ("4/5 stars, 4.9/5", "four out of five|stars,|four point nine out of five"),
    ("6ft2 500ft2", "six foot two|five hundred square feet"),
    (">100 <5 2X", "more than one hundred|less than five|two times"),
    ("Mon-Fri, Jan–Mar", "Monday to Friday,|January to March"),
    ("40 hrs/week, 3 posts/day, day/night", "forty|hours per week,|three|posts per day,|day night"),
    ("20/20 #1 tip w/ 24/7", "twenty twenty|number one|tip|with|twenty-four seven"),
    ("２０２６ ٣", "twenty twenty-six|three"),
]  # fmt: skip

WRITINGS = st.sampled_from(
    [
        *"$€£%0123456789kKmMsx.,:;'\"/-–—+@#()[]{}\\°½²?!&=~<>_ \n",
        *("May", "Jan.", "km", "a.m", "PM", "St.", "million", "word", "A", "é", "e.g.", "www.", "https://"),
        *("😍", "1️⃣", "今日は", "สวัสดี", "مرحبا", "नमस्ते"),
    ]
)
SCRIPTS = st.one_of(st.text(max_size=40), st.lists(WRITINGS, max_size=14).map("".join))


@pytest.mark.parametrize(("script", "spoken"), SPOKEN)
def test_english_is_spoken_as_people_read_it(script: str, spoken: str) -> None:
    found = tokenize(script, "en")
    assert "|".join(token.spoken for token in found) == spoken
    assert [token.text for token in found] == script.split()


@given(script=SCRIPTS, language=st.sampled_from(["en", "en-US", "ja", "zh", "th", "km", "ar", "es"]))
@example(script="1-" * 1250, language="en")
@example(script="5" + "'s" * 1250, language="en")
@settings(deadline=None)
def test_everything_but_blanks_and_control_characters_is_shown(script: str, language: str) -> None:
    shown = "".join(token.text for token in tokenize(script, language))
    plain = strip_markdown(script)
    assert "".join(shown.split()) == "".join("".join(c for c in plain if unicodedata.category(c) != "Cc").split())


@given(SCRIPTS)
@settings(deadline=None)
def test_the_english_voice_gets_nothing_but_letters_and_punctuation(script: str) -> None:
    for token in tokenize(script, "en"):
        assert all(c in "'- .,?!;:" or unicodedata.category(c)[0] in "LM" for c in token.spoken)
        assert not token.spoken or any(c.isalpha() for c in token.spoken)


@pytest.mark.parametrize("language", ["en", "en-US", "EN_gb"])
def test_a_line_that_ends_without_punctuation_ends_a_sentence(language: str) -> None:
    found = tokenize("Three things 😍\r\n- one,\n\n- two\nthree", language)
    assert [token.spoken for token in found if token.spoken] == ["Three", "things.", "one,", "two.", "three"]


def test_control_characters_are_neither_shown_nor_said() -> None:
    assert tokenize("\ufeffa\x00b\ud800\tc", "en")[-2:] == [Token("\ufeffab", "ab", True), Token("c", "c", True)]


def test_other_languages_are_said_as_they_are_written_but_for_pictures() -> None:
    found = tokenize("Son 1.299 € hoy 😍 — ¡vale👍!", "es")
    assert [token.spoken for token in found] == ["Son", "1.299", "€", "hoy", "", "", "¡vale !"]
    assert all(token.spaced for token in found)


def test_japanese_comes_in_phrases_without_blanks() -> None:
    found = tokenize("今日は新しいレシピを紹介します。見てね\nまた明日", "ja")
    assert [token.text for token in found] == ["今日は", "新しい", "レシピを", "紹介します。", "見てね", "また", "明日"]
    assert [token.spaced for token in found] == [True, False, False, False, False, True, False]
    assert [token.spoken for token in found][-3:] == ["見てね。", "また", "明日"]


def test_a_full_stop_stays_with_its_phrase_and_many_do_not() -> None:
    script = "今日は、毎朝五分でできる簡単なストレッチを三つご紹介します。まずは"
    assert [token.text for token in tokenize(script, "ja")][-2:] == ["三つご紹介します。", "まずは"]
    assert all(len(token.text) <= 10 for token in tokenize("今" + "。" * 60, "ja"))


@pytest.mark.parametrize(
    ("language", "script"), [("th", "วันนี้ฉันจะแสดงสูตรอาหารใหม่ให้ทุกคนได้เห็น"), ("km", "ថ្ងៃនេះខ្ញុំនឹងបង្ហាញរូបមន្ត")]
)
def test_scripts_without_blanks_come_in_pieces_of_moderate_length(language: str, script: str) -> None:
    found = tokenize(script, language)
    assert len(found) > 1
    for token in found:
        assert len(token.text) <= 30
        assert unicodedata.category(token.text[0])[0] != "M"


@pytest.mark.slow
@example(script="HTTP://(", language="en")  # an address of nothing
@given(script=SCRIPTS, language=st.sampled_from(["en", "ja", "ar", "es"]))
@example(script=":D 1️⃣ ✅", language="en")
def test_what_says_something_has_a_token_that_is_spoken(script: str, language: str) -> None:
    assert is_speakable(script, language) == any(token.spoken for token in tokenize(script, language))


@pytest.mark.parametrize("script", ["", " \n ", "😍", "...", "— !", "🇫🇷 ❤️"])
@pytest.mark.parametrize("language", ["en", "ja", "es"])
def test_a_script_without_words_says_nothing(script: str, language: str) -> None:
    assert not any(token.spoken for token in tokenize(script, language))
