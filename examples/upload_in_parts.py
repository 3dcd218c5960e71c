"""Upload a large file in parts, and print its id. Run it again after an interruption: it sends what is missing.

    API_KEY=sk_… python examples/upload_in_parts.py film.mp4

Needs only httpx.
"""

import os
import sys
from pathlib import Path

import httpx

API = os.environ.get("API_URL", "http://127.0.0.1:8000/api/v1/public")


def main(path: Path) -> None:
    headers = {"X-API-Key": os.environ["API_KEY"]}
    # A gigabyte is examined within seconds when it is complete, a slow disk may take longer.
    with httpx.Client(base_url=API, headers=headers, timeout=120) as client:
        upload = begun_before(client, path) or begin(client, path)
        send_parts(client, path, upload["id"])
        print(answer_of(client.post(f"/uploads/multipart/{upload['id']}/complete"))["id"])


def begun_before(client: httpx.Client, path: Path) -> dict | None:
    """The upload of this file that an earlier run has begun, by name and size."""
    begun = answer_of(client.get("/uploads/multipart", params={"limit": 200}))
    wanted = (path.name, path.stat().st_size)
    return next((upload for upload in begun if (upload["file_name"], upload["size"]) == wanted), None)


def begin(client: httpx.Client, path: Path) -> dict:
    body = {"file_name": path.name, "size": path.stat().st_size}
    return answer_of(client.post("/uploads/multipart", json=body))


def send_parts(client: httpx.Client, path: Path, upload_id: str) -> None:
    """Send what is missing until nothing is. The links lead to the object store, which needs no key."""
    while missing := answer_of(client.get(f"/uploads/multipart/{upload_id}"))["missing_parts"]:
        with path.open("rb") as file:
            for part in missing:
                file.seek(part["offset"])
                httpx.put(part["url"], content=file.read(part["size"]), timeout=120).raise_for_status()
                print(f"sent part {part['number']}", file=sys.stderr)


def answer_of(answer: httpx.Response):
    """The JSON of an answer; exit with the message of an error."""
    if answer.is_error:
        problem = answer.json()
        sys.exit(f"{problem['detail']} {problem.get('remedy', '')}")
    return answer.json()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
