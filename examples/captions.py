"""Caption a recording: send it, wait for its task, print the SRT.

    API_KEY=sk_… python examples/captions.py recording.mp4

Needs only httpx.
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx

API = os.environ.get("API_URL", "http://127.0.0.1:8000/api/v1/public")


def main(recording: Path) -> None:
    headers = {"X-API-Key": os.environ["API_KEY"]}
    with httpx.Client(base_url=API, headers=headers, timeout=60) as client, recording.open("rb") as file:
        # With an idempotency key, a request that is repeated after a timeout is executed once.
        accepted = send(
            client,
            "POST",
            "/captions/generate",
            files={"audio_file": file},
            data={"language": "auto"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        task = wait(client, accepted.headers["Location"])
        if task["status"] == "error":
            sys.exit(f"{task['error']['message']} {task['error']['remedy']}")
        print(send(client, "GET", f"/captions/{accepted.json()['caption_id']}.srt").text)


def wait(client: httpx.Client, location: str) -> dict:
    """Follow a task until it has ended. Returns it."""
    while True:
        for task in states(client, httpx.URL(API).join(location)):
            print(f"{task['status']:<10} {task['progress']:>3} %", file=sys.stderr)
            if task["status"] in ("done", "error"):
                return task
        time.sleep(1)


def states(client: httpx.Client, url: httpx.URL) -> Iterator[dict]:
    """A task's events, with the task in each; and the task once more where they break off, or do not come through."""
    # While nothing changes, a comment is sent every 15 s.
    with suppress(httpx.TransportError), client.stream("GET", f"{url}/events", timeout=30) as stream:
        if stream.is_success:
            yield from (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
    yield send(client, "GET", url).json()


def send(client: httpx.Client, method: str, url: httpx.URL | str, **request) -> httpx.Response:
    """Send a request; retry on 429 and 503, exit with the error message on other errors."""
    while (answer := client.request(method, url, **request)).status_code in (429, 503):
        time.sleep(float(answer.headers.get("Retry-After", 5)))
    if answer.is_error:
        problem = answer.json()
        sys.exit(f"{problem['detail']} {problem.get('remedy', '')}")
    return answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))
