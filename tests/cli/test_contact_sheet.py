"""The contact sheet of rendered videos."""

from pathlib import Path

from PIL import Image

from content_pipeline.cli import contact_sheet
from tests.media import samples


def test_the_third_video_is_in_the_second_row(tmp_path: Path) -> None:
    reels = [
        contact_sheet.strip(samples.make(tmp_path / f"{color}.mp4", "-f", "lavfi", "-i", f"color={color}:s=90x160:d=1"))
        for color in ("red", "lime", "blue")
    ]
    with Image.open(contact_sheet.save(reels, tmp_path / "new" / "sheet.png", columns=2)) as sheet:
        quarters = [
            sheet.getpixel((int(sheet.width * across), int(sheet.height * down)))
            for down in (0.25, 0.75)
            for across in (0.25, 0.75)
        ]
    strongest = [max("rgb", key=dict(zip("rgb", pixel, strict=True)).get) for pixel in quarters[:3]]
    assert strongest == ["r", "g", "b"]
    assert quarters[3] == (255, 255, 255)
