"""A server in place of Instagram that accepts requests and does not answer, and posts that it is processing."""

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

from content_pipeline.core.infrastructure import encryption
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Publication
from content_pipeline.core.settings import settings
from tests.core.publishing.posting import Stage

# Bounds the wait when a test fails.
_MAX_SECONDS = 60


@dataclass
class HangingServer:
    """Records `requested_paths`, and answers FINISHED only after `released` is set."""

    requested_paths: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: Request) -> Response:
        self.requested_paths.append(request.path)
        self.released.wait(_MAX_SECONDS)
        return Response(json.dumps({"status_code": "FINISHED"}), content_type="application/json")


@contextmanager
def hanging_instagram() -> Iterator[HangingServer]:
    hanging = HangingServer()
    with HTTPServer(threaded=True) as server, pytest.MonkeyPatch.context() as patch:
        server.expect_request(re.compile(".*")).respond_with_handler(hanging)
        patch.setattr(settings(), "platforms", "sandbox")
        patch.setattr(settings(), "sandbox_url", server.url_for(""))
        yield hanging


def instagram_post(stage: Stage) -> str:
    """The key of a post that Instagram is processing."""
    stage.platform.processing_seconds = {"prepare": 1}
    key = stage.post(stage.account())
    stage.run(key)
    with transaction() as session:
        row = session.get_one(Publication, UUID(key))
        row.platform = "instagram"
        row.prepared = encryption.encrypt(json.dumps({"container": key}), f"publications/{key}/prepared")
    return key
