"""Captions over HTTP: known texts to align, vocabularies, and glossaries of twins."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.models import Caption
from tests.api.conftest import PUBLIC
from tests.api.problems import assert_error
from tests.media import samples

CAPTIONS = f"{PUBLIC}/captions"
GENERATE = f"{CAPTIONS}/generate"
ALIGN = f"{CAPTIONS}/align"


def row(answer: Any) -> Caption:
    assert answer.status_code == 202, answer.text
    with transaction() as session:
        return session.get_one(Caption, UUID(answer.json()["caption_id"]))


@pytest.fixture
def twin_id(client: TestClient) -> str:
    glossary = [{"term": "Zyntraxo", "heard_as": ["zen traxo"]}, {"term": "Brandora"}]
    answer = client.post(f"{PUBLIC}/twins", json={"name": "Mara", "voice_id": "en", "glossary": glossary})
    return answer.json()["id"]


@pytest.mark.slow
def test_a_text_to_align_is_kept_with_its_recording(client: TestClient) -> None:
    fields = {"text": "And so\x00 he said,\nas “it” was…", "language": "en", "burn_in": "true"}
    answer = client.post(ALIGN, files={"audio_file": ("clip", samples.SPEECH.read_bytes())}, data=fields)
    assert answer.headers["Location"] == f"{PUBLIC}/tasks/{answer.json()['task_id']}"
    assert (row(answer).known_text, row(answer).language) == ("And so he said,\nas “it” was…", "en")
    remote = client.post(ALIGN, data={"text": "Hello.", "reel_url": "http://8.8.8.8/clip.mp4"})
    assert (row(remote).known_text, row(remote).source_url) == ("Hello.", "http://8.8.8.8/clip.mp4")


def test_a_text_to_align_is_a_text_that_can_be_said_in_the_time(client: TestClient) -> None:
    source = {"reel_url": "http://8.8.8.8/clip.mp4"}
    assert_error(client.post(ALIGN, data=source), 422, "schema")
    assert_error(client.post(ALIGN, data={"text": "", **source}), 422, "schema")
    assert_error(client.post(ALIGN, data={"text": " — 🔥 ", **source}), 400, "text_empty")
    form = {"reel_url": (None, "http://8.8.8.8/clip.mp4")}
    assert_error(client.post(ALIGN, files={"text": (None, "x" * 80_001), **form}), 400, "form_invalid")
    assert row(client.post(ALIGN, files={"text": (None, "新" * 26_000), **form})).known_text == "新" * 26_000
    assert_error(client.post(ALIGN, data={"text": "Hello."}), 400, "source_missing")
    files = {"audio_file": ("clip", samples.SPEECH.read_bytes())}
    assert_error(client.post(ALIGN, files=files, data={"text": "la " * 500}), 400, "text_too_long")


BOTH_WAYS = pytest.mark.parametrize(
    ("path", "own"), [(GENERATE, {}), (ALIGN, {"text": "Hello."})], ids=["generate", "align"]
)


@BOTH_WAYS
def test_a_vocabulary_is_given_in_repeated_fields_or_separated_by_commas(
    client: TestClient, path: str, own: dict[str, str]
) -> None:
    fields = {"reel_url": "http://8.8.8.8/", "vocabulary": ["Nuvello, Acme  Rocket,", "Fybrix", ""]}
    assert row(client.post(path, data=fields | own)).glossary == tuple(
        map(GlossaryEntry, ("Nuvello", "Acme Rocket", "Fybrix"))
    )


@pytest.mark.parametrize("vocabulary", ["x" * 61, ",".join(map(str, range(51))), "—", "a\nb"])
def test_a_vocabulary_has_up_to_50_terms_of_one_line(client: TestClient, vocabulary: str) -> None:
    fields = {"reel_url": "http://8.8.8.8/", "vocabulary": vocabulary}
    answer = client.post(GENERATE, data=fields)
    assert_error(answer, 422, "schema")
    assert answer.json()["errors"][0]["pointer"].startswith("/vocabulary")


@BOTH_WAYS
def test_captions_of_a_twin_have_its_glossary_of_the_moment(
    client: TestClient, twin_id: str, path: str, own: dict[str, str]
) -> None:
    fields = {"reel_url": "http://8.8.8.8/", "twin_id": twin_id, "vocabulary": "Fybrix, brandora"}
    requested = client.post(path, data=fields | own)
    client.patch(f"{PUBLIC}/twins/{twin_id}", json={"glossary": []})
    assert row(requested).glossary == (
        GlossaryEntry("Fybrix"),
        GlossaryEntry("Brandora"),
        GlossaryEntry("Zyntraxo", ("zen traxo",)),
    )


def test_a_recording_for_a_twin_that_is_not_there_is_not_stored(
    client: TestClient, connect, twin_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[str] = []
    monkeypatch.setattr(storage, "put", lambda key, *_, **__: stored.append(key))
    fields = {"language": "en", "twin_id": twin_id}
    files = {"audio_file": ("clip", samples.SPEECH.read_bytes())}
    assert_error(connect().post(GENERATE, data=fields, files=files), 404, "twin_not_found")
    assert_error(client.post(GENERATE, data=fields | {"twin_id": str(uuid4())}, files=files), 404, "twin_not_found")
    assert stored == []
