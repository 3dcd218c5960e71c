"""The documentation as a site (`make docs`): every page is reached, diagrams are drawn, and nothing needs a network."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from content_pipeline.cli.stack_config import ROOT
from tests.browser import browsing

pytestmark = pytest.mark.slow

DOCS: Final = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site. A link that leads nowhere is a warning, and fails the build."""
    folder = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--fail-on-warning", "--keep-going", "-c", str(DOCS), "-d", str(folder / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT), str(folder / "html")]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder / "html"


def test_every_page_is_in_the_navigation(site: Path) -> None:
    first = (site / "docs" / "README.html").read_text()
    linked = set(re.findall(r'class="reference internal" href="([^"#]+)"', first.split("<article")[0]))
    pages = {str(path.relative_to(DOCS).with_suffix(".html")) for path in DOCS.rglob("*.md")} - {"README.html"}
    assert pages - linked == set()


def test_every_diagram_is_drawn(site: Path) -> None:
    drawn = {
        str(path.relative_to(ROOT)): (site / path.relative_to(ROOT).with_suffix(".html")).read_text().count("svg+xml")
        for path in DOCS.rglob("*.md")
        if "```mermaid" in path.read_text()
    }
    assert drawn == {name: (ROOT / name).read_text().count("```mermaid") for name in drawn}
    assert drawn


@pytest.mark.nightly
def test_it_is_read_and_searched_without_a_network(site: Path) -> None:
    asked: list[str] = []
    with browsing() as browser, browser.new_context() as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        expect(page.get_by_role("heading", name="Documentation")).to_be_visible(timeout=30_000)
        page.get_by_placeholder("Search").fill("CONTENT_PIPELINE_WHISPER_MODEL")
        page.keyboard.press("Enter")
        expect(page.locator("#search-results li", has_text="Settings").first).to_be_visible(timeout=30_000)
        page.goto((site / "docs" / "architecture.html").as_uri())
        assert page.locator("img.mermaid").first.evaluate("image => image.naturalWidth") > 0
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
