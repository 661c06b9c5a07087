"""Pages of text for a report: Markdown as one HTML file that needs nothing else."""

import base64
import html
import mimetypes
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from landshift.unfinished import unfinished

_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ color: #222; font: 16px/1.5 "DejaVu Sans", Verdana, sans-serif; margin: 2rem auto;
  max-width: 50rem; padding: 0 1rem; }}
h1, h2 {{ line-height: 1.2; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid #bbb; padding: .2rem .7rem .2rem 0; text-align: left; }}
img {{ max-width: 100%; }}
code, pre {{ font-family: "DejaVu Sans Mono", monospace; font-size: .9em; }}
pre {{ overflow-x: auto; }}
</style></head>
<body>
{body}</body>
</html>
"""


def write_page(path: str | Path, text: str, *, title: str, folder: str | Path = ".") -> None:
    """Write Markdown as a page that opens without any network.

    Parameters
    ----------
    path
        The HTML file to write.
    text
        Markdown with tables. HTML in it is shown as text. Pictures become part of the page; links
        that lead to no address of their own, such as those to files beside the text, are left out.
    title
        Title of the window.
    folder
        Where the pictures lie.

    Raises
    ------
    OSError
        If a picture cannot be read.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token in (part for block in tokens for part in block.children or []):
        _settle(token, Path(folder))
    body = markdown.renderer.render(tokens, markdown.options, {})
    with unfinished(path) as partial:
        partial.write_text(_PAGE.format(title=html.escape(title), body=body), encoding="utf-8")


def _settle(token: Token, folder: Path) -> None:
    if token.type == "image":
        picture = folder / str(token.attrs["src"])
        kind = mimetypes.guess_type(picture.name)[0]
        code = base64.b64encode(picture.read_bytes()).decode()
        token.attrs["src"] = f"data:{kind};base64,{code}"
    elif token.type == "link_open" and ":" not in str(token.attrs["href"]):
        del token.attrs["href"]
