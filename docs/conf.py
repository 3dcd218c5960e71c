"""The documentation as a site that works offline (Sphinx): `make docs`.

The source folder is the project's, so links between README.md, docs/ and examples/ lead where they do in a repository.
"""

import base64
from pathlib import Path
from typing import Final

import mermaidx
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT: Final = Path(__file__).parents[1]

project = "Content Pipeline"
copyright = "the authors of Content Pipeline, Apache-2.0"
root_doc = "docs/README"
include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/**/*.md",
    "examples/README.md",
    "examples/*/README.md",
    "deploy/README.md",
]
exclude_patterns = [".*", "site", "**/node_modules"]
nitpicky = True

extensions = ["myst_parser"]
myst_heading_anchors = 4  # as GitHub makes them
myst_fence_as_directive = ["mermaid"]
smartquotes = False

html_theme = "furo"  # fonts of the system, no scripts from elsewhere
html_title = project
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_additional_pages = {"index": "to-first-page.html"}
templates_path = ["."]
html_copy_source = False

# The order in which a stranger reads. Pages of docs/ that are in no group follow at the end.
_GUIDES: Final = (
    "first-post",
    "captions",
    "reels",
    "avatars",
    "publishing",
    "going-live",
    "analytics",
    "webhooks",
    "agents",
    "running",
    "many-hosts",
)
_GROUPS: Final = {
    "Guides": ["/README", *(f"guides/{name}" for name in _GUIDES), "/examples/README", "/deploy/README"],
    "Pages": ["media", "monitoring", "architecture", "dagster-insides", "/CONTRIBUTING", "/SECURITY", "/CHANGELOG"],
    "Reference": sorted(f"reference/{path.stem}" for path in (ROOT / "docs/reference").glob("*.md")),
}


class Mermaid(SphinxDirective):
    """A fenced block of Mermaid as a picture. It is an image of its own, since styles of Mermaid's SVGs are global."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        svg = mermaidx.render("\n".join(self.content)).svg()
        address = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
        return [nodes.raw("", f'<img class="mermaid" alt="diagram" src="{address}">', format="html")]


def add_navigation(_app: Sphinx, name: str, source: list[str]) -> None:
    """Add the tables of contents of the sidebar to the first page, where GitHub would show their syntax."""
    if name == root_doc:
        source[0] += "\n".join(_table(caption, pages) for caption, pages in _navigation().items())


def _navigation() -> dict[str, list[str]]:
    here = {str(path.relative_to(ROOT / "docs").with_suffix("")) for path in (ROOT / "docs").rglob("*.md")}
    groups = {caption: [page for page in pages if page[0] == "/" or page in here] for caption, pages in _GROUPS.items()}
    decisions = sorted(page for page in here if page.startswith("decisions/0"))
    rest = sorted(here.difference(*groups.values(), decisions, ("README", "decisions/README")))
    examples = sorted(f"/{path.relative_to(ROOT).with_suffix('')}" for path in (ROOT / "examples").glob("*/README.md"))
    return {**groups, "More": [*rest, *examples], "Decisions": ["decisions/README", *decisions]}


def _table(caption: str, pages: list[str]) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])


def setup(app: Sphinx) -> None:
    app.add_directive("mermaid", Mermaid)
    app.connect("source-read", add_navigation)
