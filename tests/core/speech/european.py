"""Scripts in the languages that the Pico voices speak, and how what is said of them is compared with what is heard."""

import re
import unicodedata

from num2words import num2words

SCRIPTS = {
    "de": [
        "Heute zeige ich euch drei einfache Übungen für den Rücken.",
        "Im letzten Monat haben wir zwölf neue Kunden gewonnen, vor allem in Süddeutschland.",
        "Das Paket kostet 19,99 Euro und kommt in zwei Tagen.",
        "Wer morgens Wasser trinkt, fühlt sich den ganzen Tag besser.",
        "Am 30. November 2026 eröffnen wir unseren Laden in Berlin.",
        "Hast du schon einmal versucht, eine Woche ohne Handy zu leben?",
        "Die Nachfrage steigt, aber die Preise sind immer noch sehr hoch.",
        "Mein Großvater hat mir gezeigt, wie man gutes Brot backt.",
        "Fünf Minuten am Tag reichen völlig aus.",
        "Schreib mir in die Kommentare, was dir am besten gefallen hat.",
        "Nach zehn Jahren habe ich endlich verstanden, worauf es ankommt.",
        "Die Reise dauert ungefähr sechs Stunden mit dem Zug.",
    ],
    "es": [
        "Hoy te enseño tres ejercicios sencillos para la espalda.",
        "El mes pasado conseguimos doce clientes nuevos en el sur de España.",
        "El paquete cuesta veinte euros y llega en dos días.",
        "Quien bebe agua por la mañana se siente mejor todo el día.",
        "El 30 de noviembre de 2026 abrimos nuestra tienda en Madrid.",
        "¿Has intentado alguna vez vivir una semana sin el móvil?",
        "La demanda sube, pero los precios siguen siendo muy altos.",
        "Mi abuelo me enseñó a hacer buen pan en casa.",
        "Cinco minutos al día son suficientes.",
        "Escríbeme en los comentarios qué es lo que más te ha gustado.",
        "Después de diez años por fin he entendido lo que importa.",
        "El viaje dura unas seis horas en tren.",
    ],
    "fr": [
        "Aujourd'hui, je vous montre trois exercices simples pour le dos.",
        "Le mois dernier, nous avons gagné douze nouveaux clients dans le sud.",
        "Le paquet coûte vingt euros et arrive en deux jours.",
        "Boire de l'eau le matin fait du bien toute la journée.",
        "Le 30 novembre 2026, nous ouvrons notre boutique à Paris.",
        "Avez-vous déjà essayé de vivre une semaine sans téléphone ?",
        "La demande augmente, mais les prix restent très élevés.",
        "Mon grand-père m'a appris à faire du bon pain.",
        "Cinq minutes par jour suffisent largement.",
        "Dites-moi dans les commentaires ce que vous avez préféré.",
        "Après dix ans, j'ai enfin compris ce qui compte vraiment.",
        "Le voyage dure environ six heures en train.",
    ],
    "it": [
        "Oggi vi mostro tre esercizi semplici per la schiena.",
        "Il mese scorso abbiamo trovato dodici nuovi clienti nel sud.",
        "Il pacco costa venti euro e arriva in due giorni.",
        "Chi beve acqua la mattina si sente meglio tutto il giorno.",
        "Il 30 novembre 2026 apriamo il nostro negozio a Roma.",
        "Hai mai provato a vivere una settimana senza telefono?",
        "La domanda cresce, ma i prezzi sono ancora molto alti.",
        "Mio nonno mi ha insegnato a fare il pane buono.",
        "Cinque minuti al giorno sono sufficienti.",
        "Scrivimi nei commenti che cosa ti è piaciuto di più.",
        "Dopo dieci anni ho finalmente capito che cosa conta.",
        "Il viaggio dura circa sei ore in treno.",
    ],
}


def plain(text: str, language: str) -> str:
    """Lower case without punctuation, numbers as words: recognizers write "6 ore" where the script has "sei ore"."""
    text = re.sub(r"\d+(,\d+)?", lambda number: f" {_spelled(number[0], language)} ", text.replace("€", " euros"))
    return " ".join(re.sub(r"[^\w' ]", " ", unicodedata.normalize("NFKC", text).casefold().replace("’", "'")).split())


def _spelled(number: str, language: str) -> str:
    return num2words(float(number.replace(",", ".")) if "," in number else int(number), lang=language)
