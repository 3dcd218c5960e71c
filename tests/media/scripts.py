"""Scripts as creators write them: lists, hashtags, questions, long words, numbers, Markdown, many languages."""

# ruff: noqa: E501 - a script is one line

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Script:
    """A script of the corpus; `title` and `call` are what a row of a CSV may add to it."""

    name: str
    text: str
    language: str = "en"
    title: str | None = None
    call: str | None = None


_LONG: Final = (
    "I spent one year waking up at five in the morning, and I want to tell you honestly what nobody mentions. "
    "The first month is easy, because it is new. You feel like a hero, you post about it, and your friends ask "
    "whether you are all right. The second month is terrible. It is dark, it is cold, and the only person who knows "
    "that you got up is you. In the third month I stopped twice. What brought me back was not discipline. It was a "
    "cup of coffee that I liked and a book that I wanted to finish. So here is what I learned: make the first ten "
    "minutes good, and the rest takes care of itself. Put your phone in another room, because the first thing you "
    "look at decides the day. Go to bed when you are tired, not when the series is over. Tell one person what you "
    "are doing, and let that person ask. And on the days when it does not work, do not make up for it. Just get up "
    "the next morning. After a year I am not a different person. But I have read thirty-one books, I have run six "
    "hundred kilometers, and I know what my street looks like when nobody is on it. That was worth it."
)

SCRIPTS: Final = (
    Script("three words", "Rest is productive."),
    Script("one word", "Breathe."),
    Script("numbered list", "3 habits that changed my skin: 1. Drink water. 2. Sleep eight hours. 3. Wear SPF 50 daily."),
    Script("bullets", "What's in my bag:\n- MacBook Pro 14\"\n- AirPods\n- 2 notebooks\n- way too many pens"),
    Script("hashtags first", "#fitness #gym #motivation Stop skipping leg day. Your knees will thank you."),
    Script("hashtags last", "New drop this Friday at 6 p.m. sharp #streetwear #sneakers #drop"),
    Script("hashtags alone", "#MondayMotivation #grind #hustle"),
    Script("question", "Do you really need ten thousand steps a day? Probably not, and here is why.", call="Follow for part 2"),
    Script("short greeting", "Hey guys! It's me again. Today we cook the easiest pasta in the world."),
    Script("no punctuation", "so i tried the viral cucumber salad and honestly it is better than i thought it would be ngl"),
    Script("capitals", "STOP SCROLLING. THIS IS THE LAST DAY OF THE SALE. EVERYTHING IS 70% OFF."),
    Script("Markdown", "# The **one** rule of budgeting\n\nPay *yourself* first: move `10%` before rent.\n\n> It works."),
    Script("numbers", "$1,299 vs $299: we tested both cameras for 30 days. Guess which one 83.5% of you preferred?"),
    Script("address", "https://www.example.com/summer-sale-2026 is live. Use code SUMMER25 for 25% off.", call="Link in bio"),
    Script("long word", "Internationalization and counterrevolutionaries: two words that I can't spell, and you can't either."),
    Script("title and call", "Most people water their plants wrong. Here is the finger test.", title="You are killing your plants", call="Save this for later"),
    Script(
        "longest title", "Ready? Let's go.",
        title="Everything you always wanted to know about sourdough but were too afraid to ask your grandmother, in sixty seconds",
        call="Subscribe for more recipes and tell me which one you want!",
    ),
    Script("mention", "@maya_chen asked: how do you edit so fast? Three shortcuts, let's go."),
    Script("dialogue", "Me: I'll sleep early tonight. Also me at 3 a.m.: do penguins have knees?"),
    Script("ninety seconds", _LONG, title="A year of 5 a.m."),
    Script("German", "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz: Ja, das Wort gab es wirklich. Und nein, niemand vermisst es.", "de"),
    Script("German question", "Wusstest du, dass du mit der 50-30-20-Regel jeden Monat 300 € sparen kannst?", "de", call="Jetzt folgen"),
    Script("Spanish", "¿Sabías que el 80 % de tu éxito depende de tu rutina? Te lo explico en 15 segundos.", "es", call="Sígueme para más"),
    Script("French", "5 erreurs qui ruinent ton sommeil : 1. Le café après 14 h. 2. Les écrans. 3. L'alcool.", "fr", call="Abonne-toi !"),
    Script("Arabic", "هل تعلم أن شرب الماء كل صباح قد يغير حياتك بالكامل؟ جرب ذلك لمدة 7 أيام.", "ar", call="تابعنا للمزيد"),
    Script("Hindi", "क्या आप जानते हैं कि हर सुबह पानी पीने से आपका दिन बदल सकता है? आज ही आज़माएँ।", "hi", call="फ़ॉलो करें"),
    Script("Japanese", "今日は、毎朝五分でできる簡単なストレッチを三つご紹介します。まずは肩から始めましょう。", "ja", call="フォローしてね"),
    Script("Chinese", "你知道吗？每天早上喝一杯温水，可以让你一整天都更有精神。快来试试吧！", "zh", call="关注我，了解更多"),
    Script("Korean", "하루 10분만 투자하면 영어가 달라집니다. 지금 바로 시작하세요!", "ko", title="하루 10분 영어"),
    Script("Thai", "คุณรู้ไหมว่าการดื่มน้ำทุกเช้าช่วยให้คุณสดชื่นทั้งวัน ลองดูสิ", "th"),
)  # fmt: skip
