"""Language codes for the English names by which HeyGen lists the languages of its voices."""

from typing import Final

_TABLE: Final = """
    af=afrikaans am=amharic ar=arabic az=azerbaijani be=belarusian bg=bulgarian bn=bengali bs=bosnian ca=catalan
    cs=czech cy=welsh da=danish de=german el=greek en=english es=spanish et=estonian eu=basque fa=persian fi=finnish
    fr=french gl=galician gu=gujarati he=hebrew hi=hindi hr=croatian hu=hungarian hy=armenian id=indonesian
    is=icelandic it=italian ja=japanese jw=javanese ka=georgian kk=kazakh km=khmer kn=kannada ko=korean lo=lao
    lt=lithuanian lv=latvian mk=macedonian ml=malayalam mn=mongolian mr=marathi ms=malay mt=maltese mul=multilingual
    my=burmese ne=nepali nl=dutch no=norwegian pa=punjabi pl=polish ps=pashto pt=portuguese ro=romanian ru=russian
    si=sinhala sk=slovak sl=slovenian so=somali sq=albanian sr=serbian su=sundanese sv=swedish sw=swahili ta=tamil
    te=telugu th=thai tl=filipino tl=tagalog tr=turkish uk=ukrainian ur=urdu uz=uzbek vi=vietnamese yue=cantonese
    zh=chinese zh=mandarin
"""
_CODES: Final = {name: code for code, name in (entry.split("=") for entry in _TABLE.split())}


def language_code(name: str) -> str:
    """The code, like Whisper's, of "English" or "Portuguese (Brazil)"; "mul" for "Multilingual"; "und" for others."""
    words = name.lower().split()
    return _CODES.get(words[0], "und") if words else "und"
