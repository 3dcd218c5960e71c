"""The ways by which media of others come in over the API, for files that may be broken."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal
from uuid import uuid4

from pytest_httpserver import HTTPServer

from tests.stack.client import Client

Entrance = Literal["captions", "upload", "background_url", "music"]

# As often as they are listed: captions that are burned in read the most of a file.
IN_TURN: Final[tuple[Entrance, ...]] = ("captions", "upload", "captions", "background_url", "captions", "music")
# One that is hard to read is answered for within a minute.
_ANSWER_SECONDS: Final = 120


@dataclass(frozen=True)
class Sent:
    """A file that was sent: how it ended ("done" or a code) when that was answered at once, else its task."""

    end: str | None = None
    task_id: str | None = None


@dataclass(frozen=True)
class Entrances:
    """Sends files of one workspace. `server` is what reels fetch from."""

    client: Client
    server: HTTPServer

    def send(self, entrance: Entrance, name: str, content: bytes, *, language: str = "en") -> Sent:
        match entrance:
            case "captions":
                fields = {"burn_in": "true", "language": language}
                answer = self._post("/captions/generate", {"audio_file": (name, content)}, fields)
                return Sent(answer.get("code"), answer.get("task_id"))
            case "upload":
                return Sent(self._post("/uploads", {"file": (name, content)}).get("code", "done"))
            case _:
                return self._in_a_reel(entrance, content)

    def _post(self, path: str, files: dict[str, tuple[str, bytes]], fields: dict[str, str] | None = None) -> Any:
        response = self.client.send_files(path, files, data=fields, timeout=_ANSWER_SECONDS)
        assert response.status_code in (201, 202, 400, 413, 415), response.text
        return response.json()

    def _in_a_reel(self, column: Entrance, content: bytes) -> Sent:
        """By a link, whose file is fetched by the run of the reel and not examined before."""
        path = f"/{uuid4()}"
        self.server.expect_request(path).respond_with_data(content)
        batch = self.client.batch({"script": "Hello there.", column: self.server.url_for(path)}, twin=self._twin)
        (job,) = self.client.jobs(batch["batch_id"])
        return Sent(task_id=job["task_id"])

    @cached_property
    def _twin(self) -> str:
        return self.client.create_twin()
