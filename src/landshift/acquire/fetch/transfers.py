"""Move the bytes of one whole file, from an address or from a mirror folder.

Neither `requests` nor pooch hashes, reports and bounds a file while it comes, so that it is read
once, and tells one that broke off from one that is another: that is here.
"""

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import requests

from landshift.acquire.fetch import policy
from landshift.acquire.fetch.policy import PassingError, Web, check_status, try_again
from landshift.acquire.fetch.store import Record, describe_file, describe_reply
from landshift.runtime.addresses import public_address
from landshift.runtime.files import unfinished

PROGRESS_S = 5.0
"""Time between two progress lines of one file [s]; every tenth of it is reported too."""

_FIRST = 512
_log = logging.getLogger("landshift.acquire")


class ChecksumError(OSError):
    """A file is whole but is not the one that was asked for."""


@dataclass(frozen=True)
class Probe:
    """What a server says of a file: its record, its size [byte] if known, and where it lies."""

    record: Record
    size: int | None
    url: str


def probe(web: Web, url: str, address: str, *, named_by: str | None = None) -> Probe:
    """Fetch the first bytes of a file and what the server says of it.

    A range and no HEAD, because signed addresses allow only GET.

    Parameters
    ----------
    web
        Session that asks.
    url
        Where to ask, perhaps signed or on a mirror.
    address
        Public address, for messages and the record.
    named_by
        As for `landshift.acquire.fetch.policy.Web.ask`.

    Raises
    ------
    OSError
        If the file cannot be had: `AbsentError` if there is none, `RefusedError` if the signature
        is missing or has expired.
    """
    return try_again(_probe_once, web, url, address, named_by)


def _probe_once(web: Web, url: str, address: str, named_by: str | None) -> Probe:
    headers = {"Range": f"bytes=0-{_FIRST - 1}"}
    with closing(web.ask(url, named_by=named_by, headers=headers)) as reply:
        check_status(address, reply)
        with policy.passing_breaks(address):
            start = policy.read_start(reply, _FIRST)
    if is_web_page(start):
        raise OSError(f"{address}: the server sent a web page instead of the file")
    size = _find_size(reply)
    record = describe_reply(address, reply.headers)
    return Probe(record if size is None else record | {"size": size}, size, reply.url)


def _find_size(reply: requests.Response) -> int | None:
    stated = reply.headers.get("Content-Range", "").rpartition("/")[2]
    if reply.status_code == 200:
        stated = reply.headers.get("Content-Length", "")
    packed = reply.headers.get("Content-Encoding", "identity") != "identity"
    return int(stated) if stated.isdigit() and not packed else None


class Progress:
    """Report one transfer: each tenth of it, and at least every few seconds."""

    def __init__(self, origin: str, size: int | None) -> None:
        self._origin = origin
        self._size = size
        self._next_share = 0.1
        self._next_time = time.monotonic() + PROGRESS_S

    def report(self, received: int) -> None:
        """Log how many bytes have come, if it is time to."""
        share = received / self._size if self._size else 0.0
        now = time.monotonic()
        if share < self._next_share and now < self._next_time:
            return
        self._next_share = int(share * 10 + 1) / 10
        self._next_time = now + PROGRESS_S
        done = f"{share:.0%} of {megabytes(self._size)}" if self._size else megabytes(received)
        _log.info("%s: %s", self._origin, done)


def megabytes(size: int | None) -> str:
    """Write a number of bytes for a reader.

    Examples
    --------
    >>> megabytes(2_552_807), megabytes(None)
    ('2.6 MB', 'size unknown')
    """
    return "size unknown" if size is None else f"{size / 1e6:.1f} MB"


def download(
    web: Web, url: str, target: Path, sha256: str | None, size: int | None = None
) -> Record:
    """Fetch an address to a file, which appears when it is whole.

    Parameters
    ----------
    web
        Session that asks.
    url
        The address, perhaps signed.
    target
        The file to write.
    sha256
        Its checksum; None where the service states none.
    size
        Its size [byte], as another answer of the server has it.

    Returns
    -------
    dict
        Record of the transfer.

    Raises
    ------
    OSError
        If it cannot be had, or nothing tells whether it came whole.
    """
    return try_again(_download_once, web, url, target, sha256, size)


def copy(origin: Path, target: Path, sha256: str | None, address: str) -> Record:
    """Copy a file of a mirror folder, which appears when it is whole."""
    _log.info("copying %s from the mirror", origin)
    record = describe_file(origin, address)
    with unfinished(target) as partial:
        found, _ = _store(_read(origin), partial, Progress(str(origin), record["size"]))
        if sha256 not in (None, found):
            raise ChecksumError(describe_mismatch(str(origin), sha256, found))
    return record | {"sha256": found}


def describe_mismatch(origin: str, expected: str, found: str) -> str:
    """Say which checksum was wanted and which came."""
    return f"{origin}: SHA-256 should be {expected} but is {found}"


def is_web_page(start: bytes) -> bool:
    """Tell a web page, such as a form to sign in, by its first bytes."""
    return start[:512].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _download_once(
    web: Web, url: str, target: Path, sha256: str | None, expected: int | None
) -> Record:
    address = public_address(url)
    with closing(web.ask(url)) as reply:
        check_status(address, reply)
        size = _find_size(reply) or expected
        if expected not in (None, size):
            raise PassingError(f"{address}: the server announces {size} bytes of {expected}")
        if size is None and sha256 is None and not policy.is_bounded(reply):
            raise OSError(
                f"{address}: the server does not say how long the file is, so that one that breaks "
                "off would be taken for whole; fetch it yourself and name it by file"
            )
        _log.info("fetching %s (%s)", address, megabytes(size))
        with unfinished(target) as partial:
            with policy.passing_breaks(address):
                chunks = policy.read_limited(reply, "file")
                found, received = _store(chunks, partial, Progress(address, size))
            if size is not None and received < size:
                raise PassingError(f"{address}: {received} bytes came of {size}")
            _check_content(address, reply, partial, sha256, found)
    _log.info("fetched %s%s", address, ", checksum verified" if sha256 else "")
    return describe_reply(address, reply.headers) | {"sha256": found, "size": received}


def _check_content(
    address: str, reply: requests.Response, partial: Path, sha256: str | None, found: str
) -> None:
    with partial.open("rb") as stored:
        page = is_web_page(stored.read(512))
    if sha256 is None:
        if page:
            raise OSError(f"{address}: the server sent a web page instead of the file")
        return
    if found == sha256:
        return
    message = describe_mismatch(address, sha256, found)
    if page:
        raise ChecksumError(f"{message}; the server sent a web page instead of the file")
    # A reply that states no length may have been cut without anyone noticing.
    raise ChecksumError(message) if policy.is_bounded(reply) else PassingError(message)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(policy.CHUNK):
            yield chunk


def _store(chunks: Iterable[bytes], path: Path, progress: Progress) -> tuple[str, int]:
    digest = hashlib.sha256()
    received = 0
    with path.open("wb") as sink:
        for chunk in chunks:
            sink.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            progress.report(received)
    return digest.hexdigest(), received
