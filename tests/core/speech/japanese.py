"""Japanese scripts, and how they are said."""

import re
import unicodedata

_SAID_ALIKE = str.maketrans("ヲヅヂ", "オズジ")
# The keys are vowels: the last letters of the Unicode names of kana.
_LENGTHENING = {"A": "ア", "I": "イ", "U": "ウ", "E": "エイ", "O": "オウ"}

SCRIPTS = [
    "今日は新しいカメラを紹介します。軽くて、とても使いやすいです。",
    "2026年11月30日、東京の最高気温は12度でした。明日は雨が降るでしょう。",
    "毎朝5分だけ運動を続けたら、3か月で4キロ痩せました。",
    "この方法なら、動画の編集時間を半分に減らすことができます。",
    "朝ごはんを食べないと、集中力が下がると言われています。",
    "フォロワーが100人から1万人に増えた理由を、3つお話しします。",
    "駅から歩いて10分のところに、小さなパン屋があります。焼きたてのクロワッサンが人気です。",
    "皆さん、こんにちは！今週のおすすめは、北海道のチーズケーキです。",
    "失敗してもいいんです。大切なのは、もう一度やってみることです。",
    "値段は税込みで3,980円。送料は無料なので、ぜひチェックしてください。",
    "会議の前に資料を読んでおくと、話し合いが早く終わります。",
    "猫は一日に16時間も眠るって、知っていましたか？",
    "水を飲む量を増やしただけで、肌の調子がずいぶん良くなりました。",
    "京都のお寺を訪れるなら、紅葉がきれいな11月がいちばんです。",
]


def reading(text: str) -> str:
    """How a text is said, in katakana: recognizers write the same words in other kanji, or in kana.

    A vowel that lengthens the one before it is written as such, so that "ケイ" and "ケー" are the same.
    """
    import pyopenjtalk

    spoken = pyopenjtalk.g2p(unicodedata.normalize("NFKC", text).replace(" ", ""), kana=True)
    said = ""
    for kana in re.sub("[^ァ-ヶー]", "", spoken).translate(_SAID_ALIKE):
        before = unicodedata.name(said.rstrip("ー")[-1:] or " ", "")[-1:]
        lengthens = kana in _LENGTHENING.get(before, "")
        said += "ー" if lengthens else kana
    return said
