"""Stop words for hashtags: function words of a language, and words that most scripts contain."""

from functools import cache
from typing import Final

_OF_SCRIPTS: Final = {
    "en": """
        answer bake become bring build buy change changing check choose click cover covers create creating discover earn
        explain feel finish follow getting goes going grew grow happen hello learn let live look love making mean meet
        need play publish question questions read run save sell send share spend start starting stay stop talk teach
        tell thing things think transform transforming try turn used using visit wait walk watch win wonder work write
        second seconds minute minutes hour hours day days week weeks month months year years today tomorrow yesterday
        monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
        september october november december time times am pm lot bit reason reasons step steps way ways video amazing
        bad best better big bigger biggest easier easy finished good great hard ready right simple small wrong
        """,
    "de": """
        hallo leute heute morgen gestern sekunde sekunden minute minuten stunde stunden tag tage tagen woche wochen
        monat jahr jahre jahren schritt schritte mal video ding dinge
        """,
    "es": """
        hola hoy mañana ayer segundos minuto minutos hora horas día días semana semanas mes año años paso pasos vez
        cosa cosas vídeo video sabías quince
        """,
    "fr": """
        bonjour salut aujourd'hui demain hier secondes minute minutes heure heures jour jours semaine semaines mois an
        ans année étape étapes fois chose choses vidéo
        """,
    "pt": """
        olá hoje amanhã ontem segundos minuto minutos hora horas dia dias semana semanas mês ano anos passo passos vez
        coisa coisas vídeo
        """,
    "it": """
        ciao oggi domani ieri secondi minuto minuti ora ore giorno giorni settimana settimane mese anno anni passo passi
        volta cosa cose video
        """,
}


@cache
def stop_words(language: str) -> frozenset[str]:
    """In lower case, with straight apostrophes; empty for a language without a list."""
    import stopwordsiso  # its lists of all languages are for the processes that need one

    grammar = stopwordsiso.stopwords(language) if stopwordsiso.has_lang(language) else ()
    return frozenset(grammar) | frozenset(_OF_SCRIPTS.get(language, "").split())
