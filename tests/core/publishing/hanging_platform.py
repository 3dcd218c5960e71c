"""Instagram on a day on which it takes questions and does not answer them, and posts that it is at work on."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content_pipeline.core import encryption
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Publication
from content_pipeline.core.settings import settings
from tests.core.publishing.posting import Stage

# Whoever waits for it in a test that fails is not kept for ever.
_LONGEST_SECONDS = 60


@dataclass
class Hanging:
    """`questions` are the paths of all that it was asked; once `let_go` is set, it answers that it is done."""

    questions: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: Request) -> Response:
        self.questions.append(request.path)
        self.let_go.wait(_LONGEST_SECONDS)
        return Response(json.dumps({"status_code": "FINISHED"}), content_type="application/json")


@contextmanager
def hanging_instagram() -> Iterator[Hanging]:
    hanging = Hanging()
    with HTTPServer(threaded=True) as server, pytest.MonkeyPatch.context() as patch:
        server.expect_request(re.compile(".*")).respond_with_handler(hanging)
        patch.setattr(settings(), "platforms", "sandbox")
        patch.setattr(settings(), "sandbox_url", server.url_for(""))
        yield hanging


def instagram_post(stage: Stage) -> str:
    """The key of a post that Instagram is at work on."""
    stage.platform.slow = {"prepare": 1}
    key = stage.post(stage.account())
    stage.run(key)
    with transaction() as session:
        row = session.get_one(Publication, UUID(key))
        row.platform = "instagram"
        row.prepared = encryption.encrypt(json.dumps({"container": key}), f"publications/{key}/prepared")
    return key
