"""Fetch public files once, checked by checksum, from their address or from a mirror.

A file enters the cache only when it is whole and its SHA-256 is the one stated; a killed run
leaves nothing that a later run could take for whole.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
import tenacity

from landshift.raster import unfinished

MIRROR_VARIABLE = "LANDSHIFT_MIRROR"
"""Environment variable that names a mirror; it wins over the configuration."""
MANIFEST = "MANIFEST.sha256"
"""File at the root of a mirror folder: lines of checksum and path, as sha256sum writes them."""
ATTEMPTS = 6
"""How often one file is tried [1]."""
FIRST_WAIT_S = 1.0
"""Pause before the second attempt [s]; it doubles with each, with jitter."""
LONGEST_WAIT_S = 60.0
"""Longest pause between two attempts [s], also where a server asks for more."""
TIMEOUT_S = (15.0, 60.0)
"""Longest wait for a connection and for the next bytes [s]."""
PROGRESS_S = 5.0
"""Time between two progress lines of one file [s]; every tenth of it is reported too."""
CHUNK = 1 << 20
"""Bytes moved at once."""

_log = logging.getLogger("landshift.acquire")


class ChecksumError(OSError):
    """A file is whole but is not the one that was asked for."""


class PassingError(OSError):
    """A download failed in a way that may pass; `wait_s` is what the server asked for [s]."""

    def __init__(self, message: str, wait_s: float = 0.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def choose_mirror(configured: str | None) -> str | None:
    """Return the mirror to use: the environment's if it is set, else the configured one."""
    return os.environ.get(MIRROR_VARIABLE) or configured


def fetch_asset(url: str, sha256: str, *, cache: str | Path, mirror: str | None = None) -> Path:
    """Fetch one public file into the cache, or find it there.

    Parameters
    ----------
    url
        Public address, ``https://`` or ``http://``.
    sha256
        Checksum of the file, 64 hexadecimal digits.
    cache
        Folder of fetched files; the file is kept as ``cache/<sha256>/<name in the address>``.
    mirror
        Where to read instead of the address: a folder with a `MANIFEST` (files are found by
        checksum), a folder or server that holds ``host/path`` of every address, or None.

    Returns
    -------
    pathlib.Path
        The file in the cache; its checksum has been verified in this call.

    Raises
    ------
    ValueError
        If the address or the checksum is malformed.
    OSError
        If the file cannot be had: `ChecksumError` if it differs from the one asked for.
    """
    return _fetch_to_cache(url, sha256, cache=Path(cache), mirror=mirror)


def fetch_layer(entry: Mapping[str, Any], *, cache: str | Path, mirror: str | None = None) -> Path:
    """Fetch the file or files of one layer or inventory of the configuration.

    Parameters
    ----------
    entry
        ``{file: path}`` for a local file, or ``{url, sha256}`` with optionally ``sidecars``
        (checksum by extension, for shapefiles) and ``conversion`` (what was converted, for a
        file that differs in format from what the address serves). Other keys are not read.
    cache
        Folder of fetched files; sidecars lie beside their file under the same stem.
    mirror
        As for `fetch_asset`.

    Returns
    -------
    pathlib.Path
        The main file.

    Raises
    ------
    ValueError
        If the entry names neither or both of ``file`` and ``url``, or lacks ``sha256``.
    OSError
        If a file is missing, differs from its checksum, or cannot be had.

    Examples
    --------
    >>> fetch_layer({"url": "https://example.org/dem.tif"}, cache="cache")
    Traceback (most recent call last):
    ...
    ValueError: https://example.org/dem.tif: sha256 is missing; state the checksum of the file
    """
    if ("file" in entry) == ("url" in entry):
        raise ValueError(f"{dict(entry)}: give either file or url")
    if "file" in entry:
        return _find_local(Path(entry["file"]), entry.get("sha256"))
    url = entry["url"]
    if "sha256" not in entry:
        raise ValueError(f"{url}: sha256 is missing; state the checksum of the file")
    conversion = entry.get("conversion")
    cache = Path(cache)
    main = _fetch_to_cache(url, entry["sha256"], cache=cache, mirror=mirror, conversion=conversion)
    for extension, sha256 in (entry.get("sidecars") or {}).items():
        if not re.fullmatch(r"[A-Za-z0-9]{1,8}", str(extension)):
            raise ValueError(f"{url}: sidecar {extension!r} is not a file extension such as shx")
        _fetch_to_cache(
            _replace_extension(url, extension),
            sha256,
            cache=cache,
            mirror=mirror,
            conversion=conversion,
            beside=main.with_suffix(f".{extension}"),
        )
    return main


def _find_local(path: Path, sha256: str | None) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"file: {path} does not exist; correct the path")
    if sha256 is not None:
        found = _hash_file(path)
        if found != _check_checksum(str(path), sha256):
            raise ChecksumError(_mismatch(str(path), sha256, found))
    return path


def _fetch_to_cache(
    url: str,
    sha256: str,
    *,
    cache: Path,
    mirror: str | None,
    conversion: str | None = None,
    beside: Path | None = None,
) -> Path:
    sha256 = _check_checksum(url, sha256)
    address = _public_address(url)
    listed = _look_up(mirror, sha256)
    target = beside or _place(cache / sha256, address, listed, converted=conversion is not None)
    if target.is_file():
        if _hash_file(target) == sha256:
            return target
        _log.warning("%s in the cache is not what %s should be; fetching it again", target, address)
    if listed is None and conversion is not None:
        raise OSError(
            f"{address}: the file with SHA-256 {sha256} was converted from what this address"
            f" serves ({conversion}) and can only come from a mirror; convert it, put it with a"
            f" line in {MANIFEST} into a folder and name that folder in {MIRROR_VARIABLE}"
        )
    if listed is None and mirror is not None and not _is_server(mirror):
        listed = _find_by_address(Path(mirror), address, sha256)
    if listed is not None:
        _copy(listed, target, sha256)
    else:
        _download(_mirrored(mirror, address) if mirror else url, target, sha256)
    return target


def _place(folder: Path, address: str, listed: Path | None, *, converted: bool) -> Path:
    """Say where in the cache a file belongs: its extension must tell its format."""
    if not converted:
        return folder / unquote(PurePosixPath(urlsplit(address).path).name)
    if listed is not None:
        return folder / listed.name
    # The address ends otherwise than a converted file: without the mirror look what is there.
    for path in sorted(folder.glob("[!.]*")):
        if _hash_file(path) == folder.name:
            return path
    return folder / "converted"


def _check_checksum(origin: str, sha256: str) -> str:
    if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"{origin}: sha256 is {sha256!r}; give 64 hexadecimal digits, in quotes")
    return sha256.lower()


def _public_address(url: str) -> str:
    """Return the address without query, which may hold a signature that belongs in no log."""
    if not isinstance(url, str):
        raise ValueError(f"url is {url!r}; give an address such as https://example.org/dem.tif")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url {url} is no address; it must begin with https:// or http://")
    if parts.username or parts.password:
        raise ValueError(f"url on {parts.hostname} holds credentials; take them out")
    if not PurePosixPath(parts.path).name:
        raise ValueError(f"url {url} names no file")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _replace_extension(url: str, extension: str) -> str:
    parts = urlsplit(url)
    path = str(PurePosixPath(parts.path).with_suffix(f".{extension}"))
    return urlunsplit(parts._replace(path=path))


def _is_server(mirror: str) -> bool:
    return mirror.startswith(("http://", "https://"))


def _mirrored(mirror: str, address: str) -> str:
    parts = urlsplit(address)
    return f"{mirror.rstrip('/')}/{parts.netloc}{parts.path}"


def _look_up(mirror: str | None, sha256: str) -> Path | None:
    """Find a file by its checksum in the manifest of a mirror folder."""
    if mirror is None or _is_server(mirror):
        return None
    folder = Path(mirror)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"mirror {mirror} is no folder; correct {MIRROR_VARIABLE} or the mirror key"
        )
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return None
    for line in manifest.read_text(encoding="utf-8").splitlines():
        checksum, _, name = line.partition(" ")
        if checksum.lower() == sha256:
            return folder / name.lstrip(" *")
    return None


def _find_by_address(folder: Path, address: str, sha256: str) -> Path:
    parts = urlsplit(address)
    path = folder / parts.netloc / unquote(parts.path).lstrip("/")
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise FileNotFoundError(
            f"mirror {folder} has neither a file with SHA-256 {sha256} in a {MANIFEST} nor"
            f" {parts.netloc}{parts.path}; add {address} to it, or fetch without a mirror"
        )
    return path


def _copy(origin: Path, target: Path, sha256: str) -> None:
    def read() -> Iterator[bytes]:
        with origin.open("rb") as source:
            while chunk := source.read(CHUNK):
                yield chunk

    if not origin.is_file():
        raise FileNotFoundError(f"{origin} is in the mirror's {MANIFEST} but not in the mirror")
    _log.info("copying %s from the mirror", origin)
    with unfinished(target) as partial:
        found, _ = _store(read(), partial, _Progress(str(origin), origin.stat().st_size))
        if found != sha256:
            raise ChecksumError(_mismatch(str(origin), sha256, found))


def _download(url: str, target: Path, sha256: str) -> None:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingError),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=_wait,
        before_sleep=_report_retry,
        reraise=True,
    )
    try:
        retrying(_download_once, url, target, sha256)
    except PassingError as error:
        raise OSError(f"{error}; gave up after {ATTEMPTS} attempts, run again later") from None


def _download_once(url: str, target: Path, sha256: str) -> None:
    address = _public_address(url)
    # Without compression on the way, Content-Length counts the bytes of the file.
    headers = {"Accept-Encoding": "identity", "User-Agent": "landshift"}
    try:
        with closing(requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S)) as reply:
            _check_status(address, reply)
            length = reply.headers.get("Content-Length")
            size = int(length) if length is not None and length.isdigit() else None
            _log.info("fetching %s (%s)", address, _megabytes(size))
            with unfinished(target) as partial:
                chunks = reply.iter_content(CHUNK)
                found, received = _store(chunks, partial, _Progress(address, size))
                if size is not None and received < size:
                    raise PassingError(f"{address}: {received} bytes came of {size}")
                if found != sha256:
                    raise _wrong_content(address, reply, partial, sha256, found)
    # The text of these errors holds the whole address, its signature included: cut the chain.
    except requests.Timeout:
        raise PassingError(f"{address}: no answer in time") from None
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        kind = type(error).__name__
        raise PassingError(f"{address}: the connection failed or broke off ({kind})") from None
    _log.info("fetched %s, checksum verified", address)


def _check_status(address: str, reply: requests.Response) -> None:
    status = reply.status_code
    if status in (408, 425, 429) or status >= 500:
        asked = reply.headers.get("Retry-After", "")
        wait_s = float(asked) if asked.isdigit() else 0.0
        raise PassingError(f"{address}: the server answered {status} {reply.reason}", wait_s)
    if status != 200:
        raise OSError(f"{address}: the server answered {status} {reply.reason}; check the address")


def _wrong_content(
    address: str, reply: requests.Response, partial: Path, sha256: str, found: str
) -> OSError:
    bounded = "Content-Length" in reply.headers or "Transfer-Encoding" in reply.headers
    message = _mismatch(address, sha256, found)
    with partial.open("rb") as stored:
        start = stored.read(512).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return ChecksumError(f"{message}; the server sent a web page instead of the file")
    # A reply that states no length may have been cut without anyone noticing.
    return ChecksumError(message) if bounded else PassingError(message)


def _mismatch(origin: str, expected: str, found: str) -> str:
    return f"{origin}: SHA-256 should be {expected} but is {found}"


def _wait(state: tenacity.RetryCallState) -> float:
    pause = tenacity.wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)(state)
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_s if isinstance(error, PassingError) else 0.0
    return min(max(asked, FIRST_WAIT_S / 2 + pause), LONGEST_WAIT_S)


def _report_retry(state: tenacity.RetryCallState) -> None:
    _log.warning(
        "%s; attempt %d of %d in %.1f s",
        state.outcome.exception() if state.outcome else "",
        state.attempt_number + 1,
        ATTEMPTS,
        state.next_action.sleep if state.next_action else 0.0,
    )


def _store(chunks: Iterable[bytes], path: Path, progress: "_Progress") -> tuple[str, int]:
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


def _hash_file(path: Path) -> str:
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()


def _megabytes(size: int | None) -> str:
    return "size unknown" if size is None else f"{size / 1e6:.1f} MB"


class _Progress:
    """Log lines about one long transfer: each tenth of it, and at least every few seconds."""

    def __init__(self, origin: str, size: int | None) -> None:
        self._origin = origin
        self._size = size
        self._next_share = 0.1
        self._next_time = time.monotonic() + PROGRESS_S

    def report(self, received: int) -> None:
        share = received / self._size if self._size else 0.0
        now = time.monotonic()
        if share < self._next_share and now < self._next_time:
            return
        self._next_share = int(share * 10 + 1) / 10
        self._next_time = now + PROGRESS_S
        done = f"{share:.0%} of {_megabytes(self._size)}" if self._size else _megabytes(received)
        _log.info("%s: %s", self._origin, done)
