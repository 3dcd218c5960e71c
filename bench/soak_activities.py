"""What the customers and operators of the soak do. Each activity fails where anything is answered that it does not
expect."""

import random
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx

from bench.reels import numbered_scripts
from bench.soak_customer import Customer
from content_pipeline.core.analytics import windows
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.core.twins.memories import ASKED
from tests.stack.bucket import Bucket

_STYLES: Final = ("karaoke", "plain")
_SCRIPT: Final = "AI is transforming how creators work, and what is left for them to do."
_LONG_SCRIPT: Final = "This goes on for a while, so that there is something to cancel. " * 12
# Read again and again, as an application does.
_LISTS: Final = (
    "/tasks", "/twins", "/usage", "/captions", "/bulk/reels", "/content/calendar", "/social/accounts", "/webhooks",
    "/uploads", "/voices", "/avatars", "/audit", "/keys", "/analytics/social", "/analytics/posts",
)  # fmt: skip
_STREAMS: Final = 4
_ASSETS: Final = ("captions", "reel_video", "publication")


class Activity(NamedTuple):
    """`every` is the time between two beginnings, in seconds, of all customers together."""

    every: float
    do: Callable[[Customer], None]


def caption(customer: Customer) -> None:
    """A short recording; its captions are read in all forms and edited."""
    accepted = customer.client.caption(customer.environment.clip, language="en")
    customer.done(accepted["task_id"])
    path = f"/captions/{accepted['caption_id']}"
    segments = customer.ask("GET", path, 200)["segments"]
    segments[0]["text"] = "Corrected by hand"
    customer.ask("PATCH", path, 200, json={"segments": segments})
    for form in ("srt", "vtt", "ass"):
        customer.ask("GET", f"{path}.{form}", 200)
    customer.keep(path)


def long_caption(customer: Customer) -> None:
    """A recording for the media lane, in a language that is detected."""
    accepted = customer.client.caption(customer.environment.recording)
    customer.done(accepted["task_id"])
    customer.keep(f"/captions/{accepted['caption_id']}")


def burn_in(customer: Customer) -> None:
    """Captions of a video with a burn-in, a second burn-in, and the download of its video."""
    accepted = customer.client.caption(customer.talk, language="en", burn_in="true")
    customer.done(accepted["task_id"])
    path = f"/captions/{accepted['caption_id']}"
    again = customer.client.post(f"{path}/burn-in", json={"style": random.choice(_STYLES)})
    httpx.get(customer.done(again["task_id"])["output_url"]).raise_for_status()
    customer.keep(path)


def batch(customer: Customer) -> None:
    """A CSV of reels, one of them over a picture of somebody else's server."""
    scripts = numbered_scripts(3)
    rows: list[dict[str, str]] = [{"script": script} for script in scripts]
    rows[0]["background_url"] = f"{customer.files_url}/{customer.film.name}"
    batch_id = customer.client.batch(*rows, twin=customer.twin)["batch_id"]
    assert customer.done(batch_id)["failed"] == 0
    customer.reels.extend(job["job_id"] for job in customer.client.jobs(batch_id))
    customer.keep(f"/bulk/reels/{batch_id}")


def inbox(customer: Customer) -> None:
    """A CSV in the bucket, and one that is rejected."""
    twin = f"Inbox {uuid4()}"
    twin_id = customer.client.create_twin(twin)
    folder, (script,) = f"{customer.name}/{twin}/instagram", numbered_scripts(1)
    with closing(Bucket(customer.environment.stack)) as bucket:
        bucket.put(f"inbox/{folder}/good.csv", f'script\n"{script}"\n')
        bucket.put(f"inbox/{folder}/bad.csv", "script\n" + "x" * 2501)
        customer.wait(lambda: not bucket.keys(f"inbox/{folder}/"), "an empty inbox")
    (made,) = [found for found in customer.ask("GET", "/bulk/reels", 200) if found["twin_id"] == twin_id]
    assert customer.done(made["batch_id"])["failed"] == 0
    customer.keep(f"/bulk/reels/{made['batch_id']}")
    customer.ask("DELETE", f"/twins/{twin_id}", 204)


def avatar(customer: Customer) -> None:
    """A talking avatar, whose end is told to a receiver of its own."""
    body = {
        "twin_id": customer.twin,
        "script": "Hello! I am your AI twin.",
        "captions": random.random() < 0.5,
        "webhook_url": f"{customer.receiver_url}/avatars",
    }
    accepted = customer.client.post("/multimodal/avatar/generate", json=body)
    httpx.get(customer.done(accepted["task_id"])["video_url"]).raise_for_status()
    customer.keep(f"/multimodal/avatar/{accepted['job_id']}")


def memories(customer: Customer) -> None:
    """A twin that remembers, is asked, forgets and is deleted."""
    twin = customer.ask("POST", "/twins", 201, json={"name": "Remembering", "voice_id": "en-US"})
    space = twin["memory_namespace"]
    asked = random.sample(sorted(ASKED.items()), 5)
    for content, _ in asked:
        stored = customer.ask("POST", "/memory/v2/remember", 200, json={"namespace": space, "content": content})
    for content, question in asked:
        body = {"namespace": space, "query": question}
        assert content in {
            found["content"] for found in customer.ask("POST", "/memory/v2/recall", 200, json=body)["results"]
        }
    customer.ask("DELETE", f"/memory/v2/forget/{stored['memory_id']}", 204)
    customer.ask("DELETE", f"/twins/{twin['id']}", 204)


def planned_post(customer: Customer) -> None:
    """An item that is due soon, with a reel to be made; others are moved, canceled and deleted."""
    platform = random.choice(list(PLATFORMS))
    item: dict[str, Any] = {
        "twin_id": customer.twin,
        "title": "How AI is changing content creation",
        "platform": platform,
        "account_id": customer.accounts[platform],
        "caption": f"Planned {uuid4()}",
        "script": _SCRIPT,
        "scheduled_at": (now() + timedelta(seconds=30)).isoformat(),
    }
    path = f"/content/calendar/{customer.ask('POST', '/content/calendar', 201, json=item)['id']}"
    far = {**item, "scheduled_at": (now() + timedelta(days=90)).isoformat()}
    later, canceled = (
        f"/content/calendar/{customer.ask('POST', '/content/calendar', 201, json=far)['id']}" for _ in range(2)
    )
    customer.ask("PATCH", later, 200, json={"scheduled_at": (now() + timedelta(days=91)).isoformat()})
    customer.ask("DELETE", later, 204)
    customer.ask("POST", f"{canceled}/cancel", 202)
    customer.ask("DELETE", canceled, 204)
    ended = customer.wait(
        lambda: (found := customer.client.get(path))["status"] in ("published", "failed") and found, "a planned post"
    )
    assert ended["status"] == "published", ended["reason"]
    customer.keep(path)


def post(customer: Customer) -> None:
    """A reel, or the film behind a link, on all platforms at once; where an app may, a post is taken down again."""
    body: dict[str, Any] = {
        "platforms": list(PLATFORMS),
        "accounts": customer.accounts,
        "caption": f"A post {uuid4()}",
        "title": "A post",
    }
    source = {"reel_id": customer.reels[-1]} if customer.reels and random.random() < 0.7 else None
    body |= source or {"reel_url": f"{customer.files_url}/{customer.film.name}"}
    for result in customer.client.post("/social/publish", json=body)["results"]:
        assert customer.done(result["task_id"])["post_id"]
        if result["platform"] in ("youtube", "linkedin") and random.random() < 0.5:
            customer.ask("DELETE", f"/social/publications/{result['task_id']}/post", 204)


def accounts(customer: Customer) -> None:
    """An account is connected and disconnected, a key made and revoked, a webhook made, tested and deleted."""
    platform = random.choice(list(PLATFORMS))
    sandbox = customer.environment.stack.sandbox
    account = customer.client.connect(sandbox, platform, f"{uuid4()}"[:12])
    customer.ask("DELETE", f"/social/disconnect/{platform}", 204, params={"account_id": account})
    key = customer.ask("POST", "/keys", 201, json={"name": "soak", "scopes": ["read"]})
    customer.ask("DELETE", f"/keys/{key['id']}", 204)
    hook = customer.ask("POST", "/webhooks", 201, json={"url": f"{customer.receiver_url}/{uuid4()}"})
    customer.ask("POST", f"/webhooks/{hook['id']}/test", 202)
    customer.ask("DELETE", f"/webhooks/{hook['id']}", 204)


def uploads(customer: Customer) -> None:
    """A film at once, a film in parts, and one that is begun and given up."""
    with customer.film.open("rb") as film:
        upload = customer.ask("POST", "/uploads", 201, files={"file": (customer.film.name, film)})
    customer.keep(f"/uploads/{upload['id']}")
    content = customer.film.read_bytes()
    begin = {"file_name": customer.film.name, "size": len(content)}
    begun, given_up = (customer.ask("POST", "/uploads/multipart", 201, json=begin) for _ in range(2))
    for part in customer.ask("GET", f"/uploads/multipart/{begun['id']}", 200)["missing_parts"]:
        data = content[part["offset"] : part["offset"] + part["size"]]
        httpx.put(part["url"], content=data).raise_for_status()
    joined = customer.ask("POST", f"/uploads/multipart/{begun['id']}/complete", 201)
    customer.keep(f"/uploads/{joined['id']}")
    customer.ask("DELETE", f"/uploads/multipart/{given_up['id']}", 204)


def exports(customer: Customer) -> None:
    """All that the workspace has, if it was not just exported, and its figures in one of three formats, once there are
    any."""
    whole = customer.client.http.post("/workspace/export", json={"files": False})
    assert whole.status_code in (202, 429), whole.text
    accepted = [whole.json()] if whole.is_success else []
    if any(day["views"] is not None for day in customer.ask("GET", "/analytics/social", 200)):
        body = {"format": random.choice(("csv", "json", "parquet")), "days": 30}
        accepted.append(customer.client.post("/analytics/social/export", json=body))
    for export in accepted:
        httpx.get(customer.done(export["task_id"])["download_url"]).raise_for_status()


def streams(customer: Customer) -> None:
    """Streams of a task that are opened, read once, and left without a word; and one until the end."""
    task_id = customer.client.caption(customer.environment.sentence, language="en")["task_id"]
    for _ in range(_STREAMS):
        with customer.client.http.stream("GET", f"/tasks/{task_id}/events") as stream:
            assert stream.status_code == 200
            next(stream.iter_lines())
    with customer.client.http.stream("GET", f"/tasks/{task_id}/events", timeout=600) as stream:
        assert any('"done"' in line for line in stream.iter_lines())


def polls(customer: Customer) -> None:
    """Every list, and tasks one by one."""
    for path in _LISTS:
        customer.ask("GET", path, 200)
    for task in customer.ask("GET", "/tasks", 200)[:20]:
        answer = customer.client.http.get(f"/tasks/{task['task_id']}")
        assert answer.status_code in (200, 404), answer.text  # what it was about may be deleted meanwhile


def cancels(customer: Customer) -> None:
    """A batch is canceled at work and its first row retried; that one is canceled at any moment."""
    batch_id = customer.client.batch(_LONG_SCRIPT, _LONG_SCRIPT, twin=customer.twin)["batch_id"]
    (task_id, _) = (job["task_id"] for job in customer.client.jobs(batch_id))
    customer.ask("POST", f"/tasks/{batch_id}/cancel", 202)
    again = customer.client.post(f"/tasks/{task_id}/retry")["task_id"]
    customer.wait(lambda: customer.client.task(again)["progress"] > random.choice((-1, 0, 10)), "progress")
    answer = customer.client.http.post(f"/tasks/{again}/cancel")
    assert answer.status_code == 202, answer.text
    assert customer.end(again)["error"]["code"] == "canceled"
    customer.keep(f"/bulk/reels/{batch_id}")


def bad_requests(customer: Customer) -> None:
    """What clients get wrong."""
    unknown = uuid4()
    customer.ask("GET", f"/tasks/{unknown}", 404)
    customer.ask("POST", "/twins", 422, json={"name": ""})
    customer.ask("POST", "/captions/generate", 400)
    customer.ask("POST", "/captions/generate", 415, files={"audio_file": ("a.mp3", b"no sound " * 1000)})
    csv = ("a.csv", "script\n" + "x" * 2501)
    customer.ask(
        "POST", "/bulk/reels", 400, files={"csv_file": csv}, data={"twin_id": customer.twin, "platform": "tiktok"}
    )
    customer.ask("POST", "/social/publish", 404, json={"platforms": ["tiktok"], "reel_id": str(unknown)})
    assert customer.client.http.get("/usage", headers={"X-API-Key": "sk_wrong"}).status_code == 401


def figures(customer: Customer) -> None:
    """An operator has the figures of all accounts read; the customer looks at them."""
    stack = customer.environment.stack
    window = windows.latest_complete(now()).start.strftime("%Y-%m-%d-%H:%M")
    run = stack.launch("metric_snapshots", window)
    _succeeds(customer, run)
    for path in (
        "/analytics/social/summary?days=7",
        "/analytics/posts",
        "/analytics/best-times",
        "/analytics/audience",
    ):
        customer.ask("GET", path, 200)


def operator(customer: Customer) -> None:
    """Re-runs finished captions and looks at the pages of assets in Dagster; the sweeps run before their time."""
    stack = customer.environment.stack
    accepted = customer.client.caption(customer.environment.sentence, language="en")
    customer.done(accepted["task_id"])
    (run, *_) = stack.runs(accepted["task_id"])
    _succeeds(customer, run["runId"])
    _succeeds(customer, stack.re_execute(run["runId"]))
    for asset in _ASSETS:
        stack.graphql(_PAGE, asset=asset)
    for job in ("sweep_storage", "retire_records"):
        _succeeds(customer, stack.launch(job))
    customer.keep(f"/captions/{accepted['caption_id']}")


_PAGE: Final = """query Page($asset: String!) { assetOrError(assetKey: {path: [$asset]}) { ... on Asset {
  assetMaterializations(limit: 20) { partition runId metadataEntries { label } }
  definition { partitionKeys } } } }"""
_STATUS: Final = "query Run($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"


def _succeeds(customer: Customer, run_id: str) -> None:
    def ended() -> str | None:
        status: str = customer.environment.stack.graphql(_STATUS, run=run_id)["runOrError"]["status"]
        return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

    found = customer.wait(ended, f"the end of run {run_id}")
    assert found == "SUCCESS", f"run {run_id}: {found}"


# Together about 60 % of two cores.
ACTIVITIES: Final[Mapping[str, Activity]] = {
    "captions": Activity(15, caption),
    "long captions": Activity(150, long_caption),
    "burn-ins": Activity(40, burn_in),
    "batches": Activity(45, batch),
    "inbox": Activity(120, inbox),
    "avatars": Activity(75, avatar),
    "memories": Activity(20, memories),
    "planned posts": Activity(60, planned_post),
    "posts": Activity(40, post),
    "accounts, keys, webhooks": Activity(30, accounts),
    "uploads": Activity(30, uploads),
    "exports": Activity(60, exports),
    "streams": Activity(30, streams),
    "polls": Activity(4, polls),
    "cancels": Activity(60, cancels),
    "bad requests": Activity(15, bad_requests),
    "figures": Activity(150, figures),
    "operator": Activity(120, operator),
}
