"""The stack with RabbitMQ as its broker, instead of Valkey."""

from pathlib import Path

from tests.media.samples import SPEECH
from tests.rabbitmq import rabbitmq_server
from tests.stack.harness import running


def test_captions_are_made_on_rabbitmq_too(tmp_path: Path) -> None:
    with (
        rabbitmq_server(tmp_path / "rabbitmq") as url,
        running(tmp_path / "home", CONTENT_PIPELINE_BROKER_URL=url) as stack,
        stack.client("rabbit") as client,
    ):
        assert stack.processes("valkey") == []
        accepted = client.caption(SPEECH)
        assert client.wait_for_task(accepted["task_id"])["status"] == "done"
        assert stack.materialized("captions", [accepted["caption_id"]]) == [1]
