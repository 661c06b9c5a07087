"""Pages of text for a report: Markdown as one HTML file that needs nothing else."""

import base64
import html
import mimetypes
from collections.abc import Collection
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from landshift.runtime.files import unfinished

_WEB = ("http://", "https://")

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may do with a page: show its own pictures and styles, and nothing else."""

_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}"><title>{title}</title>
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


def write_page(
    path: str | Path,
    text: str,
    *,
    title: str,
    folder: str | Path = ".",
    pictures: Collection[str] = (),
) -> None:
    """Write Markdown as a page that opens without any network.

    Parameters
    ----------
    path
        The HTML file to write.
    text
        Markdown with tables. HTML in it is shown as text. Of links only those to addresses of the
        web are kept.
    title
        Title of the window.
    folder
        Where the pictures lie.
    pictures
        Pictures that become part of the page, as the text names them. Of others, which the text
        may have from data, only the description is shown.

    Raises
    ------
    OSError
        If a picture cannot be read.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(text)
    for token in (part for block in tokens for part in block.children or []):
        _settle(token, Path(folder), pictures)
    body = markdown.renderer.render(tokens, markdown.options, {})
    with unfinished(path) as partial:
        page = _PAGE.format(policy=_POLICY, title=html.escape(title), body=body)
        partial.write_text(page, encoding="utf-8")


def _settle(token: Token, folder: Path, pictures: Collection[str]) -> None:
    if token.type == "image" and token.attrs["src"] not in pictures:
        token.type, token.tag = "text", ""
    elif token.type == "image":
        picture = folder / str(token.attrs["src"])
        kind = mimetypes.guess_type(picture.name)[0]
        code = base64.b64encode(picture.read_bytes()).decode()
        token.attrs["src"] = f"data:{kind};base64,{code}"
    elif token.type == "link_open" and not str(token.attrs["href"]).startswith(_WEB):
        del token.attrs["href"]
