"""Every request and answer that the specification shows, as it stands there, and how an answer is compared with it."""

import json
import re
from typing import Any

from fastapi.testclient import TestClient

from tests.api.conftest import PUBLIC

CREATE_TWIN = """{
"name": "Tech Creator",
"voice_id": "en-US-Neural2-A",
"style_tags": ["casual", "educational"],
"persona_prompt": "You are an engaging tech educator who explains complex topics simply.",
"platform_defaults": {
"tiktok": { "caption_style": "short" },
"instagram": { "caption_style": "hashtag-heavy" }
}
}"""
TWIN = """{
"id": "645b5b56-f879-4f2f-8ccc-106e8912f522",
"name": "Tech Creator",
"memory_namespace": "twin_645b5b56-f879-4f2f-8ccc-106e8912f522",
"style_tags": ["casual", "educational"],
"created_at": "2026-04-30T02:12:14Z"
}"""
UPDATE_TWIN = '{ "persona_prompt": "Updated persona..." }'
SCHEDULE = """{
"twin_id": "645b5b56-f879-4f2f-8ccc-106e8912f522",
"title": "How AI is changing content creation",
"platform": "instagram",
"scheduled_at": "2026-05-01T10:00:00Z",
"script": "AI is transforming how creators work..."
}"""
ITEM = """{
"id": "096e3539-8d29-404b-882c-c554e05f1b26",
"title": "How AI is changing content creation",
"platform": "instagram",
"status": "scheduled",
"scheduled_at": "2026-05-01T10:00:00Z"
}"""
CAPTION_ACCEPTED = """{
"caption_id": "5bc41d91-867a-4ccb-821a-2b9544c45719",
"task_id": "sync_5bc41d91-867a-4ccb-821a-2b9544c45719",
"status": "queued"
}"""
CAPTION = r"""{
"id": "5bc41d91-867a-4ccb-821a-2b9544c45719",
"status": "done",
"srt": "1\n00:00:00,000 --> 00:00:03,500\nAI is transforming how creators work.\n",
"vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:03.500\nAI is transforming...",
"segments": [
{ "start": 0.0, "end": 3.5, "text": "AI is transforming how creators work." }
]
}"""
BURN_IN = '{ "font_size": 24, "font_color": "white", "position": "bottom" }'
BURN_IN_ACCEPTED = '{ "task_id": "5bc41d91-867a-4ccb-821a-2b9544c45719", "status": "queued" }'
CSV = """script,platform,voice_id
Hello world!,instagram,en-US
Check out this feature.,tiktok,en-US
"""
BATCH_ACCEPTED = """{
"task_id": "dc1b2a5b-ecd7-4fa4-bfd0-48917fcf218a",
"batch_id": "dc1b2a5b-ecd7-4fa4-bfd0-48917fcf218a",
"status": "queued",
"progress": 0,
"total_rows": 50
}"""
GENERATE_AVATAR = """{
"twin_id": "645b5b56-f879-4f2f-8ccc-106e8912f522",
"script": "Hello! I'm your AI twin. Let's create something amazing.",
"voice_id": "en-US-Neural2-A",
"avatar_id": "heygen_avatar_id_optional"
}"""
AVATAR_ACCEPTED = """{
"task_id": "b1ebec31-ce3e-45c2-8629-9ac12ff4ea3c",
"celery_task_id": "b1ebec31-ce3e-45c2-8629-9ac12ff4ea3c",
"provider": "heygen",
"status": "queued",
"progress": 0,
"estimated_seconds": 45
}"""
AVATAR_DONE = """{
"task_id": "b1ebec31-ce3e-45c2-8629-9ac12ff4ea3c",
"status": "done",
"progress": 100,
"result": {
"video_url": "https://cdn.heygen.com/...",
"duration_seconds": 12,
"credits_billed": 120
}
}"""
FIGURES = """[
{
"platform": "instagram",
"date": "2026-04-29",
"views": 15420,
"likes": 823,
"comments": 94,
"shares": 201,
"followers_gained": 47
}
]"""
EXPORT = '{ "format": "csv", "days": 30, "platform": "instagram" }'
REDIRECT_URI = "https://yourapp.com/callback"
ACCOUNTS = '[ { "id": "...", "platform": "instagram", "handle": "@mycreator", "connected_at": "..." } ]'
PUBLISH = """{
"platforms": ["instagram", "tiktok"],
"reel_url": "https://cdn.example.com/reel.mp4",
"caption": "Check out my latest video! #AIContent",
"twin_id": "645b5b56-f879-4f2f-8ccc-106e8912f522"
}"""
PUBLISH_ACCEPTED = """{
"results": [
{ "platform": "instagram", "task_id": "abc123", "status": "queued" },
{ "platform": "tiktok", "task_id": "def456", "status": "queued" }
]
}"""
TASK = """{
"task_id": "abc123",
"status": "processing",
"progress": 42,
"result": null
}"""

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check(answer: Any, example: str, **differing: Any) -> None:
    """Every field of the example is in the answer: with its value, or that of `differing`, or, if it is an id or a
    time, in the same form."""
    found, shown = answer.json(), json.loads(example)
    expected = shown | differing
    assert {name: form(found[name], expected[name]) for name in shown} == {
        name: form(expected[name], expected[name]) for name in shown
    }


def form(value: Any, like: Any) -> Any:
    if not isinstance(like, str):
        return value
    for pattern in _UUID, TIME:
        if pattern.search(like):
            return pattern.sub("in this form", value)
    return value


def send(client: TestClient, path: str, body: str, method: str = "POST") -> Any:
    """Send a body as it is written."""
    return client.request(method, f"{PUBLIC}{path}", content=body, headers={"Content-Type": "application/json"})
