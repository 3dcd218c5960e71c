import re
from pathlib import Path

from content_pipeline.cli.plan import ROOT
from content_pipeline.core.settings import PREFIX, Settings


def test_the_example_lists_every_setting_that_people_set() -> None:
    text = Path(ROOT / ".env.example").read_text()
    listed = set(re.findall(rf"^#?{PREFIX}([A-Z0-9_]+)=", text, re.MULTILINE))
    assert listed == {name.upper() for name in Settings.model_fields} - {"LANE"}
