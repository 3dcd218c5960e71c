"""Log files of the services."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from content_pipeline.cli import logs
from content_pipeline.cli.logs import LogFile
from content_pipeline.cli.main import cli
from content_pipeline.core.errors import NotFound
from content_pipeline.core.settings import settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "api.log").write_text("".join(f"request {number}\n" for number in range(100)))
    (tmp_path / "logs" / "media.log").write_text("a reel\nan unfinished li")
    return tmp_path


@pytest.fixture
def opened(home: Path) -> Iterator[Callable[[str], LogFile]]:
    with ExitStack() as stack:

        def find(service: str) -> LogFile:
            (log,) = logs.find(home, service)
            stack.callback(log.close)
            return log

        yield find


def test_the_last_lines_of_each_service_are_shown(home: Path) -> None:
    shown = list(logs.lines(logs.find(home), last=2))
    assert shown == [("api", "request 98"), ("api", "request 99"), ("media", "a reel")]


def test_lines_that_are_added_follow_also_after_a_rotation(home: Path, opened: Callable[[str], LogFile]) -> None:
    file = home / "logs" / "media.log"
    log = opened("media")
    assert list(log.new_lines()) == ["a reel"]
    with file.open("a") as added:
        added.write("ne\n")
    assert list(log.new_lines()) == ["an unfinished line"]
    file.rename(home / "logs" / "media.log.1")
    assert list(log.new_lines()) == []
    file.write_text("anew\n")
    assert list(log.new_lines()) == ["anew"]


def test_the_last_lines_before_a_rotation_follow_before_those_after_it(
    home: Path, opened: Callable[[str], LogFile]
) -> None:
    file = home / "logs" / "media.log"
    log = opened("media")
    list(log.new_lines())
    file.write_text(file.read_text() + "ne\nthe last one\n")
    file.rename(home / "logs" / "media.log.1")
    file.write_text("anew\n")
    assert list(log.new_lines()) == ["an unfinished line", "the last one", "anew"]


def test_a_log_that_was_emptied_is_read_from_its_beginning(opened: Callable[[str], LogFile]) -> None:
    log = opened("api")
    list(log.new_lines())
    log.path.write_text("anew\n")
    assert list(log.new_lines()) == ["anew"]


def test_following_begins_with_the_last_lines_and_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home / "logs" / "api.log"
    monkeypatch.setattr(logs.time, "sleep", lambda _: file.write_text(file.read_text() + "one more\n"))
    with closing(logs.lines(logs.find(home, "api"), follow=True, last=1)) as followed:
        shown = list(islice(followed, 3))
    assert shown == [("api", "request 99"), ("api", "one more"), ("api", "one more")]


def test_an_unknown_service_is_told_with_the_names_of_all(home: Path) -> None:
    with pytest.raises(NotFound) as caught:
        logs.find(home, "apy")
    assert caught.value.remedy == "Choose one of api, media."


def test_the_command_shows_one_service_without_its_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_HOME", str(home))
    settings.cache_clear()
    assert CliRunner().invoke(cli, ["logs", "media"]).output == "a reel\n"
    settings.cache_clear()


def test_the_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"content-pipeline {version('content-pipeline')}\n"


@pytest.mark.parametrize(("typed", "offered"), [("", ["api", "media"]), ("m", ["media"]), ("x", [])])
def test_the_names_of_services_are_completed(
    home: Path, monkeypatch: pytest.MonkeyPatch, typed: str, offered: list[str]
) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_HOME", str(home))
    completion = ShellComplete(cli, {}, "content-pipeline", "_CONTENT_PIPELINE_COMPLETE")
    assert [item.value for item in completion.get_completions(["logs"], typed)] == offered


def test_before_the_first_start_no_name_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTENT_PIPELINE_HOME", str(tmp_path))
    completion = ShellComplete(cli, {}, "content-pipeline", "_CONTENT_PIPELINE_COMPLETE")
    assert completion.get_completions(["logs"], "") == []
