"""A sentence of about three seconds for the sample of a voice, by language."""

from typing import Final

# Voices read digits in their own language.
_FALLBACK: Final = "1, 2, 3, 4, 5."
_SENTENCES: Final = {
    "af": "Hallo, dit is hoe my stem klink.",
    "ca": "Hola, així sona la meva veu.",
    "cs": "Dobrý den, takhle zní můj hlas.",
    "da": "Hej, sådan lyder min stemme.",
    "de": "Hallo, so klingt meine Stimme.",
    "el": "Γεια σας, έτσι ακούγεται η φωνή μου.",
    "en": "Hello, this is how my voice sounds.",
    "es": "Hola, así suena mi voz.",
    "fi": "Hei, tältä ääneni kuulostaa.",
    "fr": "Bonjour, voici comment sonne ma voix.",
    "hr": "Dobar dan, ovako zvuči moj glas.",
    "hu": "Jó napot, így hangzik a hangom.",
    "id": "Halo, beginilah suara saya.",
    "it": "Ciao, ecco come suona la mia voce.",
    "ja": "こんにちは、これが私の声です。",
    "ko": "안녕하세요, 제 목소리는 이렇게 들립니다.",
    "ms": "Helo, beginilah bunyi suara saya.",
    "nb": "Hei, slik høres stemmen min ut.",
    "nl": "Hallo, zo klinkt mijn stem.",
    "pl": "Dzień dobry, tak brzmi mój głos.",
    "pt": "Olá, é assim que soa a minha voz.",
    "ro": "Bună ziua, așa sună vocea mea.",
    "ru": "Здравствуйте, так звучит мой голос.",
    "sk": "Dobrý deň, takto znie môj hlas.",
    "sv": "Hej, så här låter min röst.",
    "tr": "Merhaba, sesim böyle duyuluyor.",
    "uk": "Добрий день, так звучить мій голос.",
    "vi": "Xin chào, đây là giọng nói của tôi.",
    "zh": "你好，这就是我的声音。",
}


def sentence(language: str) -> str:
    """The sentence in a language (ISO 639); where there is none, digits."""
    return _SENTENCES.get(language, _FALLBACK)
