"""A thousand memories of one creator, and paraphrased questions about some of them."""

import itertools
from typing import Final

# Each memory has a question that shares hardly a word with it.
ASKED: Final = {
    "She never drinks coffee after noon because it keeps her awake.": "Does caffeine late in the day bother her sleep?",
    "Her golden retriever is called Biscuit.": "What is the dog's name?",
    "She grew up in a fishing village on the Portuguese coast.": "Where did she spend her childhood?",
    "He broke his left arm while skateboarding in 2019.": "Has he ever been injured doing sports?",
    "Viewers complained that the background music was too loud.": "What did the audience dislike about the audio?",
    "Clips under twenty seconds are watched to the end twice as often.": "How long should a video be for retention?",
    "The sponsor insists that their logo is never shown in red.": "Which colour must the brand mark not have?",
    "We do not work with gambling companies.": "Are there industries we turn down for advertising?",
    "Her allergy to peanuts is serious, so no nuts on set.": "What food is dangerous for her?",
    "The tax return has to be handed in by the end of May.": "When is the deadline for the fiscal paperwork?",
    "Posting at seven in the evening brings the most comments.": "What is the best time of day to publish?",
    "His grandmother taught him to bake sourdough.": "Who showed him how to make bread?",
    "She signs off every clip with 'stay curious'.": "What is her closing catchphrase?",
    "The apartment is too noisy for recording: next door they build.": "Why can't we tape voice at home?",
    "He is afraid of heights and will not film on rooftops.": "Is there a phobia we should consider for locations?",
    "The old camera overheats after forty minutes.": "What goes wrong with our equipment in long shoots?",
    "Most followers are women between twenty-five and thirty-four.": "Who is our main demographic?",
    "Swearing is beeped out, because teachers show the clips in class.": "How do we treat bad language?",
    "Her wedding is on the twelfth of September.": "When is she getting married?",
    "He studied marine biology before he turned to video.": "What was his subject at university?",
    "The giveaway in March doubled the newsletter's subscribers.": "Which campaign grew our mailing list?",
    "She is vegan and does not wear leather.": "Would she promote a steakhouse?",
    "Their first viral hit was a parrot that sang opera.": "Which animal made them famous?",
    "He speaks fluent Japanese, having lived in Osaka.": "Can he talk to people in Tokyo in their language?",
    "The editor charges eighty euros an hour.": "How much does post-production cost us?",
    "A thumbnail with a face in it doubles the clicks.": "What kind of cover image works best?",
    "She lost her voice last winter and took two months off.": "Was there a health problem that made her pause?",
    "The contract with the mattress maker ends in June.": "Until when does the bed sponsorship run?",
    "Irony is lost on this audience, so keep jokes literal.": "What sort of humour should be avoided?",
    "He plays bass in a band called The Paper Lanterns.": "Does he make music in his spare time?",
    "The studio's password is changed on the first of each month.": "How often do we renew the login?",
    "Their van broke down in the desert and they filmed the rescue.": "Did a vehicle ever fail on a trip?",
    "She refuses to edit her skin in photos.": "What is her stance on retouching pictures?",
    "The drone may not be flown near the airport.": "Where are aerial shots forbidden?",
    "Reading out subscribers' letters is the most loved part of the show.": "Which segment do fans enjoy above all?",
    "He promised his daughter never to show her face online.": "May his child appear in the videos?",
    "The shop ships to Canada, but not to the United States.": "Can Americans order the merchandise?",
    "Her favourite writer is Ursula Le Guin.": "Which author does she admire?",
    "Subtitles in Spanish brought a third more viewers from Mexico.": "Did translation increase our reach abroad?",
    "They plan to move the studio to Berlin next spring.": "Are they going to relocate?",
}  # fmt: skip

_DAYS: Final = ("Monday", "Tuesday", "Thursday", "Saturday")
_EVENTS: Final = {
    "we tried out {}": (
        "a ring light", "a slider shot", "a green screen", "a wide lens", "slow motion", "a split screen",
        "natural light", "a macro lens", "a gimbal", "handwritten titles",
    ),
    "somebody asked about {}": (
        "the lamp on the desk", "her lipstick", "the plant in the corner", "our microphone", "the recipe's oven heat",
        "the song in the intro", "his jacket", "the map on the wall", "her keyboard", "the blue chair",
    ),
    "the clip on {} came out": (
        "packing for a weekend", "cleaning white shoes", "a desk tour", "folding shirts", "cheap noodles",
        "learning to juggle", "fixing a bicycle", "a morning run", "making candles", "repotting a cactus",
    ),
    "we sketched a series on {}": (
        "city trees", "night trains", "old cinemas", "street chess", "tiny museums", "market halls", "lighthouses",
        "forgotten stadiums", "public pools", "mountain huts",
    ),
    "a magazine wrote about {}": (
        "short cooking formats", "pottery trends", "the return of film cameras", "desk setups", "running clubs",
        "sustainable fashion", "book clubs online", "home gardens", "language apps", "podcast studios",
    ),
    "we had a call with {}": (
        "a label for backpacks", "a maker of notebooks", "an app for sleep", "a tea importer", "a bank for students",
        "a bicycle shop", "a game studio", "a museum", "a chain of gyms", "a seed company",
    ),
}  # fmt: skip
_WITH: Final = ("", " with Jo", " with Amir", " in the rain")


def memories(count: int = 1000) -> list[str]:
    """So many different sentences, at most 1,000; those that are asked about come first."""
    others = (
        f"On {day}{company} {event.format(thing)}."
        for day, company, (event, things) in itertools.product(_DAYS, _WITH, _EVENTS.items())
        for thing in things
    )
    return [*ASKED, *itertools.islice(others, count - len(ASKED))]
