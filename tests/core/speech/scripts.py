"""Typical creator scripts, written in full words so that every TTS engine reads them alike."""

SCRIPTS = (
    "Stop scrolling! Here is what nobody tells you about growing an audience. It is not luck, and it is not money. "
    "It is showing up every single day.",
    "My grandmother taught me this recipe long ago. You need flour, butter, and two eggs. First, mix the butter with "
    "sugar; then add the eggs, one at a time.",
    "We tested forty-two cameras so you don't have to. The winner? A tiny one from Japan. It costs three hundred "
    "dollars, fits in your pocket, and shoots beautiful video at night.",
    "Three habits changed my life. One: I wake up at six. Two: I write down one goal. Three: I never check my phone "
    "before breakfast. Try it for a week, and tell me how you feel.",
)
