"""Caption a recording: send it, wait for its task, print the SRT.

    API_KEY=sk_… python examples/captions.py recording.mp4

Needs only httpx.
"""

import os
import sys
import time
import uuid
from pathlib import Path

import httpx

API = os.environ.get("API_URL", "http://127.0.0.1:8000/api/v1/public")


def main(recording: Path) -> None:
    headers = {"X-API-Key": os.environ["API_KEY"]}
    with httpx.Client(base_url=API, headers=headers, timeout=60) as client, recording.open("rb") as file:
        # With a key of its own a request that is sent twice, after a timeout say, is done once.
        accepted = client.post(
            "/captions/generate",
            files={"audio_file": file},
            data={"language": "auto"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        accepted.raise_for_status()
        task = wait(client, accepted.headers["Location"])
        if task["status"] == "error":
            sys.exit(f"{task['error']['message']} {task['error']['remedy']}")
        print(client.get(f"/captions/{accepted.json()['caption_id']}.srt").raise_for_status().text)


def wait(client: httpx.Client, location: str) -> dict:
    while True:
        answer = client.get(httpx.URL(API).join(location)).raise_for_status()
        task = answer.json()
        print(f"{task['status']:<10} {task['progress']:>3} %", file=sys.stderr)
        if task["status"] in ("done", "error"):
            return task
        time.sleep(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
