"""Language detection of texts."""

import subprocess
import sys

import pytest

from content_pipeline.core.speech.language_detection import detect

# Sentences of 15 to 45 letters as creators write them.
SENTENCES = [
    ("es", "Nuevo producto disponible ahora"),
    ("es", "¿Quieres aprender a cocinar en casa?"),
    ("es", "Tres consejos para ahorrar dinero este mes"),
    ("es", "Hoy te enseño mi rutina de mañana."),
    ("es", "Sígueme para más recetas fáciles"),
    ("fr", "Découvrez notre nouvelle collection"),
    ("fr", "Voici trois astuces pour mieux dormir."),
    ("fr", "Abonne-toi pour ne rien manquer !"),
    ("fr", "Aujourd'hui on parle de budget."),
    ("de", "Drei Tipps für besseren Schlaf"),
    ("de", "Heute zeige ich euch mein neues Büro."),
    ("de", "Das kostet nur neun Euro im Monat."),
    ("de", "Folge mir für mehr Rezepte aus der Küche"),
    ("pt", "Confira a nossa nova coleção de verão"),
    ("pt", "Hoje vou mostrar como fazer pão caseiro."),
    ("pt", "Três dicas para economizar dinheiro"),
    ("pt", "Você sabia que isso é possível?"),
    ("it", "Tre consigli per dormire meglio"),
    ("it", "Oggi vi mostro la mia ricetta preferita."),
    ("it", "Scopri la nostra nuova collezione"),
    ("it", "Come risparmiare soldi ogni mese"),
    ("nl", "Drie tips om beter te slapen vannacht"),
    ("nl", "Vandaag laat ik je mijn nieuwe kantoor zien."),
    ("nl", "Volg mij voor meer lekkere recepten"),
    ("pl", "Trzy sposoby na lepszy sen w nocy"),
    ("pl", "Dzisiaj pokażę wam mój nowy przepis."),
    ("sv", "Tre tips för att sova bättre på natten"),
    ("sv", "Idag visar jag min nya lägenhet."),
    ("da", "I dag viser jeg jer mit nye køkken."),
    ("da", "Tre gode råd til en bedre søvn om natten"),
    ("no", "I dag skal jeg vise dere hvordan jeg lager mat."),
    ("fi", "Kolme vinkkiä parempaan uneen"),
    ("fi", "Tänään näytän teille uuden keittiöni."),
    ("tr", "Bugün size yeni mutfağımı gösteriyorum."),
    ("tr", "Daha iyi uyumak için üç ipucu"),
    ("id", "Tiga tips untuk tidur lebih nyenyak malam ini"),
    ("vi", "Ba mẹo giúp bạn ngủ ngon hơn mỗi đêm"),
    ("cs", "Tři tipy, jak lépe spát každou noc"),
    ("hu", "Három tipp a jobb alváshoz minden este"),
    ("ro", "Trei sfaturi pentru un somn mai bun noaptea"),
    ("hr", "Danas ću vam pokazati svoju novu kuhinju."),
    ("ru", "Три совета для хорошего сна"),
    ("ru", "Сегодня я покажу вам новый рецепт."),
    ("uk", "Сьогодні я покажу вам новий рецепт."),
    ("uk", "Три поради для кращого сну щоночі"),
    ("bg", "Днес ще ви покажа моята нова кухня."),
    ("el", "Τρεις συμβουλές για καλύτερο ύπνο"),
    ("he", "שלוש עצות לשינה טובה יותר"),
    ("ar", "ثلاث نصائح لنوم أفضل كل ليلة"),
    ("fa", "امروز می\u200cخواهم آشپزخانه جدیدم را به شما نشان بدهم"),
    ("ur", "آج میں آپ کو اپنا نیا باورچی خانہ دکھاؤں گا"),
    ("hi", "बेहतर नींद के लिए तीन सुझाव"),
    ("ja", "今日は新しいレシピを紹介します。"),
    ("ja", "iPhoneのカメラ設定"),
    ("zh", "今天给大家介绍一个新菜谱。"),
    ("zh", "三个省钱的小技巧"),
    ("ko", "오늘은 새로운 요리법을 소개합니다."),
    ("th", "วันนี้ฉันจะแสดงสูตรอาหารใหม่"),
    ("ta", "இன்று ஒரு புதிய செய்முறை"),
    ("bn", "আজ আমি একটি নতুন রেসিপি দেখাব"),
    ("es", "Descubre más en https://example.com/products y sigue a @my_brand hoy #oferta"),
    ("sw", "Leo nitakuonyesha jinsi ya kupika chakula kitamu"),
]

ENGLISH = [
    "Three tips for better sleep tonight",
    "Today I'm showing you my new kitchen.",
    "Did you know that 73% of creators never post twice?",
    "Our new latte costs $4.50 in Milan and Barcelona.",
    "STOP SCROLLING AND LISTEN",
    "Here's how I made $10,000 in a month.",
    "Follow @maria_garcia for more #recetas from Mexico",
    "Visit La Casa de Papel in Madrid",
    "Meal prep for the entire week in 30 minutes",
    "How do I edit a reel in CapCut?",
    "Minimal desk setup tour",
    "Digital marketing agency in Amsterdam",
    "I am a vegan in Berlin, ask me anything",
]

# Too short or ambiguous to detect.
SHORT = [
    "Hello world!",
    "OK",
    "Check out this feature.",
    "Wow 😍",
    "Anna",
    "Maria Silva",
    "1",
    "10 + 5 = 15",
    "...",
    "Buy now",
    "Sale ends today!",
    "New drop",
    "Link in bio",
    "Paris, Rome, Berlin",
    "Café Noir",
    "Black Friday deals",
    "Pro tip: use AI.",
    "LOL",
    "So good!!",
    "GPT-4o vs Gemini",
    "Mise en place",
    "Dr. Müller",
    "Pizza Margherita",
    "Taco Tuesday",
    "#ad",
    "@creator",
    "https://example.com",
    "50% OFF",
    "Do it.",
    "Hi",
    "Yes",
    "No",
    "Go go go",
    "BMW",
    "Piña colada",
    "Subscribe!",
    "Stop scrolling.",
    "Tip 1",
    "Zumba",
    "Karaoke night",
    "Meet Alessandro from Milan.",
    "Chocolate mousse",
    "Try the new app",
    "Comment below!",
    "Start today",
    "POV: Monday",
    "Best. Day. Ever.",
    "x",
    "{\\an8}",
    "De Niro",
]


def share_right(found: list[tuple[str, str]]) -> float:
    return sum(language == detected for language, detected in found) / len(found)


def test_sentences_are_told_although_english_was_expected() -> None:
    assert len(SENTENCES) >= 60
    assert len({language for language, _ in SENTENCES}) >= 15
    found = [(language, detect(text, expected="en")) for language, text in SENTENCES]
    assert share_right(found) >= 0.97, [pair for pair in found if pair[0] != pair[1]]


@pytest.mark.parametrize("text", [*ENGLISH, *SHORT])
def test_english_stays_english(text: str) -> None:
    assert detect(text, expected="en-US") == "en"


@pytest.mark.parametrize("expected", ["es", "de", "ja", "ru"])
def test_sentences_are_told_whatever_was_expected(expected: str) -> None:
    found = [(language, detect(text, expected=expected)) for language, text in SENTENCES]
    found += [("en", detect(text, expected=expected)) for text in ENGLISH]
    assert share_right(found) >= 0.95, [pair for pair in found if pair[0] != pair[1]]


@pytest.mark.parametrize(
    "text", ["OK", "Wow 😍", "Anna", "Mambo No. 5", "2026", "😍", "", "@creator https://example.com"]
)
def test_what_tells_nothing_is_in_the_expected_language(text: str) -> None:
    for tag, language in (("es", "es"), ("pt_BR", "pt"), ("de-DE", "de"), ("EN", "en")):
        assert detect(text, expected=tag) == language


@pytest.mark.parametrize(
    ("text", "expected", "language"),
    [
        ("東京", "ja", "ja"),
        ("東京", "en", "zh"),
        ("東京へ", "zh", "ja"),
        ("Да", "uk", "uk"),
        ("Да", "en", "ru"),
        ("OK", "ja", "en"),
        ("123", "ja", "ja"),
        ("iPhoneのカメラ", "en", "ja"),
        ("Learn to say ありがとう in Japanese today", "en", "en"),
    ],
)
def test_letters_decide_before_words_do(text: str, expected: str, language: str) -> None:
    assert detect(text, expected=expected) == language


@pytest.mark.parametrize("language", ["de", "es", "fr", "it", "pt", "nl", "pl"])
def test_a_long_script_is_told_by_its_beginning_middle_and_end(language: str) -> None:
    sentences = " ".join(text for of, text in SENTENCES if of == language)
    script = sentences * (2400 // len(sentences) + 1)
    assert detect(script, expected="en") == language
    assert detect(f"{ENGLISH[0]} {script}", expected="en") == language


def test_it_is_light_enough_for_the_api() -> None:
    code = (
        "import sys; from content_pipeline.core.speech.language_detection import detect;"
        "detect('Hola', expected='en');"
        "print({'onnxruntime', 'ctranslate2', 'av'} & sys.modules.keys())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
