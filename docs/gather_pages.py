"""Hook of mkdocs: pages that live outside docs/ join the site, and links follow them there."""

import posixpath
import re
from pathlib import Path
from textwrap import indent

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ORIGINS = {
    "index.md": "README.md",
    "configuration.md": "config/README.md",
    "results.md": "results/README.md",
    "benchmarks.md": "benchmarks/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changes.md": "CHANGELOG.md",
}
"""File of the project by its page, for pages from elsewhere."""

_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
_CODE_IN_LIST = re.compile(r"^   ```.*?^   ```$", flags=re.DOTALL | re.MULTILINE)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages from elsewhere."""
    root = Path(config.config_file_path).parent
    for page, origin in ORIGINS.items():
        files.append(File.generated(config, page, content=(root / origin).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links between files of the project lead to their pages."""
    pages = {origin: name for name, origin in ORIGINS.items()}
    folder = posixpath.dirname(ORIGINS.get(page.file.src_uri, f"docs/{page.file.src_uri}"))

    def lead(link: re.Match) -> str:
        file = posixpath.normpath(posixpath.join(folder, link[1]))
        return f"]({pages.get(file, file.removeprefix('docs/'))}"

    # Python-Markdown wants four spaces where lists of CommonMark are content with three
    return _CODE_IN_LIST.sub(lambda code: indent(code[0], " "), _LINK.sub(lead, markdown))
