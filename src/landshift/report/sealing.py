"""The report that Snakemake writes, closed: no text in it runs, and nothing in it is sent away.

Snakemake writes its data into scripts of the page as they are; a text with ``</script>`` would end
its script and begin another.
"""

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from landshift.runtime.files import unfinished

_PAGE = "report.html"
_DATA = re.compile(r'(<script id="([a-z-]+)">\n +var \w+ = )(.*)(;\n +</script>)')
"""A script of data: JSON on one line."""

_PARTS = "workflow-desc results categories rulegraph runtimes timeline rules packages metadata logo"
"""The scripts of data in the page, in their order."""

_SUMMARY = "summary.html"
"""The result that a report opens on; Snakemake's own opens on the order of the steps."""

_OPEN = """<script>
(function open() {{
  app ? app.setView({{ content: "html", contentPath: {address} }}) : setTimeout(open, 20);
}})();
</script>
"""

_SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_HEAD = '<meta charset="utf-8">'
_SEALED = f'{_HEAD}\n<meta http-equiv="Content-Security-Policy"'


def seal_report(path: str | Path) -> None:
    """Close a report: a zip that Snakemake has written becomes one that can be published.

    In the data of its page ``<`` is escaped, and a policy lets a browser run the scripts that the
    page has then, by their hashes, and send nothing. A report with a summary opens on it. A sealed
    report stays as it is.

    Parameters
    ----------
    path
        The report, changed in place.

    Raises
    ------
    OSError, ValueError
        If it is no report, or one whose form is not known.
    """
    try:
        with (
            zipfile.ZipFile(path) as report,
            unfinished(path) as partial,
            zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as sealed,
        ):
            for entry in report.infolist():
                content = report.read(entry)
                if entry.filename.rpartition("/")[2] == _PAGE:
                    content = seal_page(content.decode("utf-8")).encode("utf-8")
                sealed.writestr(entry, content)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path}: no zip ({error}); write the report again") from error


def seal_page(page: str) -> str:
    """Escape the data in the page of a report, and state a policy that runs only its scripts.

    Raises
    ------
    ValueError
        If the page has not the scripts that are known.
    """
    # as a browser reads it, which counts for the hashes
    page = page.replace("\r\n", "\n").replace("\r", "\n")
    if _SEALED in page:
        return page
    found = [part[2] for part in _DATA.finditer(page)]
    if found != _PARTS.split() or page.count(_HEAD) != 1:
        raise ValueError(
            f"{_PAGE}: written by Snakemake in a form that is not known here, so its data cannot "
            "be escaped; do not publish it, and install the versions of the lock"
        )
    page = _open_summary(_DATA.sub(_escape, page))
    return page.replace(_HEAD, f'{_SEALED} content="{_write_policy(page)}">')


def _escape(part: re.Match) -> str:
    begin, _, data, end = part.groups()
    json.loads(data)
    # in JSON such letters stand in strings only
    return begin + data.replace("<", "\\u003c").replace(">", "\\u003e") + end


def _open_summary(page: str) -> str:
    (results,) = (part[3] for part in _DATA.finditer(page) if part[2] == "results")
    for result in json.loads(results).values():
        if result["name"] == _SUMMARY:
            address = json.dumps(result["data_uri"]).replace("<", "\\u003c")
            # a library in the page writes about such an end as well
            body, end, rest = page.rpartition("</body>")
            return f"{body}{_OPEN.format(address=address)}{end}{rest}"
    return page


def _write_policy(page: str) -> str:
    rules = {
        "default-src": "'none'",
        # Vega makes functions of the charts that it is given
        "script-src": f"{allow_scripts(_SCRIPT.findall(page))} 'unsafe-eval'",
        "style-src": "'unsafe-inline'",
        # the files next to the page, from a disk as from a server
        "img-src": "'self' file: data:",
        "frame-src": "'self' file:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def allow_scripts(texts: Iterable[str]) -> str:
    """List scripts by their hashes, as a policy of a page names those that may run."""
    digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
