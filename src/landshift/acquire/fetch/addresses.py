"""Addresses of public files: what may be shown of them, and where a mirror keeps them."""

import os
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

MIRROR_VARIABLE = "LANDSHIFT_MIRROR"
"""Environment variable that names a mirror; it wins over the configuration."""
MANIFEST = "MANIFEST.sha256"
"""File at the root of a mirror folder: lines of checksum and path, as sha256sum writes them."""

_SECRET = re.compile(r"(https?://)(?:[^\s/@'\"]*@)?([^\s?'\"<>]*)\?[^\s'\"<>)]*", re.IGNORECASE)


def choose_mirror(configured: str | None) -> str | None:
    """Return the mirror to use: the environment's if it is set, else the configured one."""
    return os.environ.get(MIRROR_VARIABLE) or configured


def redact(text: str) -> str:
    """Cut the queries of all addresses in a text: they may hold signatures and tokens.

    Examples
    --------
    >>> redact("failed: https://example.org/B04.tif?sig=secret, tried twice")
    'failed: https://example.org/B04.tif tried twice'
    """
    return _SECRET.sub(r"\1\2", text)


def public_address(url: str) -> str:
    """Return the address without query, which may hold a signature that belongs in no log.

    Raises
    ------
    ValueError
        If it is no address of a file, or holds credentials.
    """
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


def is_address(location: str) -> bool:
    """Tell an address from the path of a file or folder."""
    return location.startswith(("http://", "https://"))


def locate(url: str, mirror: str | None) -> str:
    """Say where to read an address: there, on a mirror server, or in a mirror folder.

    Parameters
    ----------
    url
        Public address, perhaps signed.
    mirror
        Server or folder that holds ``host/path`` of every address, or None.

    Returns
    -------
    str
        An address or a path. Signatures go to the service that gave them alone.

    Raises
    ------
    FileNotFoundError
        If the mirror is a folder that does not exist.

    Examples
    --------
    >>> locate("https://example.org/a/dem.tif?sig=1", "http://localhost:8000/")
    'http://localhost:8000/example.org/a/dem.tif'
    """
    if mirror is None:
        return url
    parts = urlsplit(public_address(url))
    if is_address(mirror):
        return f"{mirror.rstrip('/')}/{parts.netloc}{parts.path}"
    return str(find_in_folder(open_mirror(mirror), url))


def open_mirror(mirror: str) -> Path:
    """Return the folder of a mirror, or say which key to mend."""
    folder = Path(mirror)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"mirror {mirror} is no folder; correct {MIRROR_VARIABLE} or the mirror key"
        )
    return folder


def find_in_folder(folder: Path, url: str) -> Path:
    """Say where a mirror folder keeps ``host/path`` of an address; never outside the folder."""
    parts = urlsplit(url)
    path = folder / parts.netloc / unquote(parts.path).lstrip("/")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise FileNotFoundError(f"{public_address(url)} leads out of the mirror {folder}")
    return path


def name_file(address: str, folder: Path) -> Path:
    """Say where in a folder a file of an address belongs: under its plain name, never elsewhere.

    Raises
    ------
    ValueError
        If the name, decoded, is none of a file in that folder.

    Examples
    --------
    >>> name_file("https://example.org/a/dem%20east.tif?sig=1", Path("cache")).as_posix()
    'cache/dem east.tif'
    """
    name = urlsplit(address).path.rpartition("/")[2]
    # decoded to the end, for whoever decodes once more
    while name != (name := unquote(name)):
        pass
    return place_file(name, folder, origin=public_address(address))


def place_file(name: str, folder: Path, *, origin: str) -> Path:
    """Say where a file with a name from outside lies in a folder.

    Raises
    ------
    ValueError
        If the name is none of a file in that folder, such as ``../x``.
    """
    path = folder / name
    plain = name and name not in (".", "..") and not re.search(r"[/\\\x00-\x1f\x7f]", name)
    if not plain or path.resolve().parent != folder.resolve():
        raise ValueError(f"{origin}: {name!r} is no plain file name; take another address")
    return path


def replace_extension(url: str, extension: str) -> str:
    """Return the address that differs in its file's ending alone."""
    parts = urlsplit(url)
    path = str(PurePosixPath(parts.path).with_suffix(f".{extension}"))
    return urlunsplit(parts._replace(path=path))
