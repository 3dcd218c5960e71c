"""Stand-alone script: `python moviepy_reel.py FOLDER` renders the reel whose parts are in FOLDER with MoviePy.

Differences from ours favor MoviePy: no headline and no end card, highlights without round corners and growth, a
background that is neither rotated nor tinted and that ffmpeg scales on reading (the cheapest way), and unprocessed
sound. Prints the CPU seconds, without start-up.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moviepy import ColorClip, CompositeVideoClip, TextClip, VideoClip, VideoFileClip, vfx

WIDTH, HEIGHT, FRAMES_PER_SECOND = 1080, 1920, 30
LEFT, ROOM, MIDDLE, FOOT = 140, 800, 985, 1238
EM, LINE_HEIGHT, BLANK = 92, 121, 8
MARGIN = (8, 4, 8, 48)  # less at the bottom cuts off descenders

Word = dict[str, Any]


def main(folder: Path) -> None:
    reel = json.loads((folder / "reel.json").read_text())
    seconds = reel["seconds"]
    plate = VideoFileClip(reel["plate"], audio=False, target_resolution=(WIDTH, HEIGHT))
    name = TextClip(reel["font"], reel["name"], font_size=34, color="white", bg_color="black", margin=MARGIN)
    lasting = [
        plate.with_effects([vfx.Loop(duration=seconds)]),
        name.with_position((LEFT, FOOT - 90)).with_duration(seconds),
        progress_line(seconds, reel["accent"]).with_position((LEFT, FOOT)),
    ]
    passing = [clip for phrase in reel["phrases"] for clip in phrase_clips(phrase, reel["font"], reel["accent"])]
    CompositeVideoClip([*lasting, *passing], size=(WIDTH, HEIGHT)).with_duration(seconds).write_videofile(
        str(folder / "moviepy.mp4"),
        fps=FRAMES_PER_SECOND,
        codec="libx264",
        preset="ultrafast",
        audio=str(folder / "narration.wav"),
        audio_codec="aac",
        threads=1,
        ffmpeg_params=["-crf", "21", "-x264-params", "cabac=1:8x8dct=1"],
        logger=None,
    )
    plate.close()  # CPU time of its ffmpeg counts only after that


def progress_line(seconds: float, accent: list[int]) -> VideoClip:
    size = ROOM, 10
    line = ColorClip(size, color=accent).with_position(lambda t: (ROOM * (t / seconds - 1), 0))
    return CompositeVideoClip([line.with_duration(seconds)], size=size, bg_color=(16, 14, 22)).with_duration(seconds)


def phrase_clips(phrase: Word, font: str, accent: list[int]) -> Iterator[VideoClip]:
    """Each word in white while its phrase is shown, highlighted while it is spoken."""
    lines: list[list[Word]] = [[]]
    for word in phrase["words"]:
        word["white"] = TextClip(
            font, word["text"], font_size=EM, color="white", stroke_color="black", stroke_width=7, margin=MARGIN
        )
        word["marked"] = TextClip(
            font, word["text"], font_size=EM, color="black", bg_color=tuple(accent), margin=MARGIN
        )
        if lines[-1] and width([*lines[-1], word]) > ROOM:
            lines.append([])
        lines[-1].append(word)
    for number, line in enumerate(lines):
        x, y = (WIDTH - width(line)) / 2, MIDDLE + (number - len(lines) / 2) * LINE_HEIGHT
        for word in line:
            yield word["white"].with_position((x, y)).with_start(phrase["start"]).with_end(phrase["end"])
            yield word["marked"].with_position((x, y)).with_start(word["start"]).with_end(word["end"])
            x += word["white"].w + BLANK


def width(line: list[Word]) -> float:
    return sum(word["white"].w for word in line) + BLANK * (len(line) - 1)


def cpu_seconds() -> float:
    """CPU seconds of this process and its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    began = cpu_seconds()
    main(Path(sys.argv[1]))
    print(cpu_seconds() - began)
