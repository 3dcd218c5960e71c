"""Broken files over HTTP: each is accepted or refused with a reason, none is an error of ours."""

from pathlib import Path
from random import Random

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import PUBLIC
from tests.media import hostile, mutations

pytestmark = pytest.mark.slow

FILES = 10


def test_broken_files_are_refused_with_a_reason(client: TestClient, tmp_path: Path) -> None:
    files = mutations.originals(tmp_path)
    random = Random(3)
    broken = [("short.wav", hostile.wav(tmp_path / "short.wav", claimed_bytes=200, real_bytes=156).read_bytes())]
    broken += [mutations.mutated(random, files) for _ in range(FILES - 1)]
    answers = [
        client.post(f"{PUBLIC}/captions/generate", files={"audio_file": file}, data={"burn_in": "true"})
        for file in broken
    ]
    assert {answer.status_code for answer in answers} <= {202, 400, 415}
    assert answers[0].json()["code"] == "media_too_short"
    for answer in answers:
        assert answer.status_code == 202 or (answer.json()["detail"] and answer.json()["remedy"])
