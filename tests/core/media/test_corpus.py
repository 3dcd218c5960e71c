"""The corpus: its checks tell a wrong result."""

from pathlib import Path

import pytest

from tests.media import corpus


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["hdr10.mkv", "hlg.mkv", "interlaced.mkv", "capture.mkv", "antiphase.wav", "languages.mkv"]
)
def test_a_file_that_was_passed_on_as_it_is_would_not_pass_its_check(name: str, tmp_path: Path) -> None:
    sample = next(sample for sample in corpus.SAMPLES if sample.name == name)
    assert sample.check
    assert not sample.check.least <= sample.check.measure(sample.make(tmp_path / name)) <= sample.check.most
