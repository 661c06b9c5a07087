"""Move the bytes of one whole file, from an address or from a mirror folder."""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import requests
import tenacity

from landshift.acquire.fetch.addresses import public_address, redact
from landshift.acquire.fetch.records import Record, describe_file, describe_reply
from landshift.runtime.files import unfinished

_FIRST = 512


@dataclass(frozen=True)
class Probe:
    """What a server says of a file: its record, and its size [bytes] if it knows."""

    record: Record
    size: int | None


def probe(url: str, address: str) -> Probe:
    """Fetch the first bytes of a file and what the server says of it.

    A range and no HEAD, because signed addresses allow GET alone.

    Parameters
    ----------
    url
        Where to ask, perhaps signed or on a mirror.
    address
        Public address, for messages and the record.

    Raises
    ------
    OSError
        If the file cannot be had: `AbsentError` if there is none, `RefusedError` if the signature
        is missing or has expired.
    """
    return retry(_probe_once, url, address)


def _probe_once(url: str, address: str) -> Probe:
    headers = HEADERS | {"Range": f"bytes=0-{_FIRST - 1}"}
    try:
        reply = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)
        with closing(reply):
            check_status(address, reply)
            start = next(reply.iter_content(_FIRST), b"")
    # The text of these errors holds the whole address, its signature included: cut the chain.
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        raise explain_connection(address, error) from None
    if is_web_page(start):
        raise OSError(f"{address}: the server sent a web page instead of the file")
    size = _find_size(reply)
    record = describe_reply(address, reply.headers)
    return Probe(record if size is None else record | {"size": size}, size)


def _find_size(reply: requests.Response) -> int | None:
    stated = reply.headers.get("Content-Range", "").rpartition("/")[2]
    if reply.status_code == 200:
        stated = reply.headers.get("Content-Length", "")
    return int(stated) if stated.isdigit() else None


PROGRESS_S = 5.0
"""Time between two progress lines of one file [s]; every tenth of it is reported too."""

_log = logging.getLogger("landshift.acquire")


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


ATTEMPTS = 6
"""How often one transfer is tried [1]."""
FIRST_WAIT_S = 1.0
"""Pause before the second attempt [s]; it doubles with each, with jitter."""
LONGEST_WAIT_S = 60.0
"""Longest pause between two attempts [s], also where a server asks for more."""
TIMEOUT_S = (15.0, 60.0)
"""Longest wait for a connection and for the next bytes [s]."""
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "landshift"}
"""Without compression on the way, Content-Length counts the bytes of the file."""

_PASSING = (408, 425, 429)
Result = TypeVar("Result")


class ChecksumError(OSError):
    """A file is whole but is not the one that was asked for."""


class PassingError(OSError):
    """A transfer failed in a way that may pass; `wait_s` is what the server asked for [s]."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class AbsentError(FileNotFoundError):
    """The service answers that it has no such file."""


class RefusedError(PermissionError):
    """The service refuses: a signature is missing or has expired."""


def retry(transfer: Callable[..., Result], *arguments: object) -> Result:
    """Call until it succeeds or fails for good.

    Raises
    ------
    OSError
        If every attempt ended in a `PassingError`; other errors are raised as they come.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingError),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=choose_wait,
        before_sleep=_report,
        reraise=True,
    )
    try:
        return retrying(transfer, *arguments)
    except PassingError as error:
        raise OSError(f"{error}; gave up after {ATTEMPTS} attempts, run again later") from None


def choose_wait(state: tenacity.RetryCallState) -> float:
    """Choose the pause before the next attempt [s]: random and growing, or what was asked for."""
    pause = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)(state)
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_s if isinstance(error, PassingError) else 0.0
    return min(max(asked, FIRST_WAIT_S / 2 + pause), LONGEST_WAIT_S)


def check_status(address: str, reply: requests.Response) -> None:
    """Raise the error that an answer of a server stands for, if it is not the file."""
    status = reply.status_code
    answer = f"{address}: the server answered {status} {reply.reason}"
    if status in _PASSING or status >= 500:
        asked = reply.headers.get("Retry-After", "")
        raise PassingError(answer, float(asked) if asked.isdigit() else 0.0)
    if status in (404, 410):
        raise AbsentError(f"{answer}; check the address")
    if status in (401, 403):
        raise RefusedError(f"{answer}; check the address and whether it needs a signature")
    if status not in (200, 206):
        raise OSError(f"{answer}; check the address")


def explain_connection(address: str, error: requests.RequestException) -> PassingError:
    """Turn an error of the connection, whose text may hold a signature, into one that may pass."""
    if isinstance(error, requests.Timeout):
        return PassingError(f"{address}: no answer in time")
    kind = type(error).__name__
    return PassingError(f"{address}: the connection failed or broke off ({kind})")


def _report(state: tenacity.RetryCallState) -> None:
    _log.warning(
        "%s; attempt %d of %d in %.1f s",
        redact(str(state.outcome.exception() if state.outcome else "")),
        state.attempt_number + 1,
        ATTEMPTS,
        state.next_action.sleep if state.next_action else 0.0,
    )


CHUNK = 1 << 20
"""Bytes moved at once."""


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
        reply = requests.get(url, headers=HEADERS, stream=True, timeout=TIMEOUT_S)
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
