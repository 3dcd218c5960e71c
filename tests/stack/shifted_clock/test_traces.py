"""Traces of a whole stack: from the API's process to a worker's."""

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from sandbox.heygen.catalog import LOOKS
from tests.otlp_collector import Collector, attributes
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack


def test_a_request_its_run_and_the_calls_of_that_are_one_trace(
    stack: Stack, client: Client, collector: Collector
) -> None:
    request = {"twin_id": client.create_twin(), "script": "Bread needs time.", "avatar_id": next(iter(LOOKS))}
    task_id = client.post("/multimodal/avatar/generate", json=request)["task_id"]

    def trace() -> dict[str, Span] | None:
        """The spans by name, once the run and its call at HeyGen are there."""
        runs = (span for span in list(collector.spans) if attributes(span).get("task_id") == task_id)
        for run in runs:
            found = {span.name: span for span in list(collector.spans) if span.trace_id == run.trace_id}
            if any("/api.heygen.com/" in name for name in found) and "POST generate_avatar_video" in found:
                return found
        return None

    spans = until(trace, seconds=120, what="the trace")
    assert spans["run avatar"].parent_span_id == spans["POST generate_avatar_video"].span_id
    key, secret = client.http.headers["X-API-Key"], stack.configuration["CONTENT_PIPELINE_HEYGEN_API_KEY"]
    sent = b"".join(collector.bodies)
    assert not [word for word in (key, secret, "Bread needs time") if word.encode() in sent]
