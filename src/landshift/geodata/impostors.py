"""What lies under the name of a data file, but is none: what a server, git or a disk left there."""

from pathlib import Path

_PAGE = (b"<!doctype html", b"<html")
_XML = b"<?xml"
_XML_PAGES = (b"<html", b"<error", b"exception")
_LFS = b"version https://git-lfs"


def explain_impostor(path: Path, what: str) -> str | None:
    """Explain a file that is empty, a web page or a pointer of Git LFS, in one sentence.

    Parameters
    ----------
    path
        The file, which exists.
    what
        What it should hold, such as ``"raster"``.

    Returns
    -------
    str or None
        The sentence; None if it is something else.
    """
    with path.open("rb") as stored:
        start = stored.read(512).removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        return f"{path}: the file is empty; fetch or copy it again"
    answer = start.startswith(_XML) and any(each in start for each in _XML_PAGES)
    if answer or start.startswith(_PAGE):
        return (
            f"{path}: is a web page and no {what}, as servers send where a file is gone or a login"
            " is needed; fetch the file itself"
        )
    if start.startswith(_LFS):
        return f"{path}: is a pointer of Git LFS and no {what}; run git lfs pull"
    return None


def refuse_impostor(path: Path, what: str) -> None:
    """Refuse a file that `explain_impostor` explains; one that is missing passes.

    Raises
    ------
    ValueError
        If it is such a file.
    """
    if path.is_file() and (sentence := explain_impostor(path, what)):
        raise ValueError(sentence)
