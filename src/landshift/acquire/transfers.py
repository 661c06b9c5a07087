"""Move the bytes of one whole file, from an address or from a mirror folder."""

import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import requests

from landshift.acquire import retrying
from landshift.acquire.addresses import public_address
from landshift.acquire.progress import Progress, megabytes
from landshift.acquire.records import Record, describe_file, describe_reply
from landshift.acquire.retrying import (
    HEADERS,
    ChecksumError,
    PassingError,
    check_status,
    explain_connection,
    retry,
)
from landshift.unfinished import unfinished

CHUNK = 1 << 20
"""Bytes moved at once."""

_log = logging.getLogger("landshift.acquire")


def download(url: str, target: Path, sha256: str | None, size: int | None = None) -> Record:
    """Fetch an address to a file, which appears when it is whole.

    Parameters
    ----------
    url
        The address, perhaps signed.
    target
        The file to write.
    sha256
        Its checksum; None where the service states none.
    size
        Its size [bytes], as another answer of the server has it.

    Returns
    -------
    dict
        Record of the transfer.
    """
    return retry(_download_once, url, target, sha256, size)


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


def _download_once(url: str, target: Path, sha256: str | None, expected: int | None) -> Record:
    address = public_address(url)
    try:
        reply = requests.get(url, headers=HEADERS, stream=True, timeout=retrying.TIMEOUT_S)
        with closing(reply):
            check_status(address, reply)
            length = reply.headers.get("Content-Length")
            size = int(length) if length is not None and length.isdigit() else expected
            if expected not in (None, size):
                raise PassingError(f"{address}: the server announces {size} bytes of {expected}")
            _log.info("fetching %s (%s)", address, megabytes(size))
            with unfinished(target) as partial:
                chunks = reply.iter_content(CHUNK)
                found, received = _store(chunks, partial, Progress(address, size))
                if size is not None and received < size:
                    raise PassingError(f"{address}: {received} bytes came of {size}")
                _check_content(address, reply, partial, sha256, found)
    # The text of these errors holds the whole address, its signature included: cut the chain.
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        raise explain_connection(address, error) from None
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
    bounded = "Content-Length" in reply.headers or "Transfer-Encoding" in reply.headers
    raise ChecksumError(message) if bounded else PassingError(message)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
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
        # The name must not become visible before the bytes are on the disk.
        sink.flush()
        os.fsync(sink.fileno())
    return digest.hexdigest(), received
