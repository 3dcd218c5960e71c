"""`python -m docs.generators` writes all pages of the reference, and the table of error codes that the API shows."""

from api import error_pages
from docs.generators import FOLDER, PAGES, errors

error_pages.FILE.write_text(errors.as_json())
for name, as_markdown in PAGES.items():
    (FOLDER / f"{name}.md").write_text(as_markdown())
