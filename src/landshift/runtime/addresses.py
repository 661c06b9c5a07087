"""Addresses: what may be shown of them, and the names of their files."""

import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

_SECRETS = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?:[^\s/?'\"<>]*@)?(?P<place>[^\s?'\"<>]*)"
    r"(?:\?[^\s'\"<>)]*)?",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Cut user, password and query of all addresses in a text.

    They may hold signatures and tokens. Records, logs and errors pass through here.

    Examples
    --------
    >>> redact("failed: https://example.org/B04.tif?sig=secret, tried twice")
    'failed: https://example.org/B04.tif tried twice'
    >>> redact("https://user:password@example.org/dem.tif")
    'https://example.org/dem.tif'
    """
    return _SECRETS.sub(r"\g<scheme>\g<place>", text)


def public_address(url: str) -> str:
    """Return the address without query, which may hold a signature that belongs in no log.

    Raises
    ------
    ValueError
        If it is no address, or holds credentials.
    """
    if not isinstance(url, str):
        raise ValueError(f"url is {url!r}; give an address such as https://example.org/dem.tif")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url {redact(url)} is no address; it must begin with https:// or http://")
    if parts.username or parts.password:
        raise ValueError(
            f"url on {parts.hostname} holds credentials; take them out, and put them in ~/.netrc"
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def is_address(location: str) -> bool:
    """Tell an address from the path of a file or folder."""
    return location.startswith(("http://", "https://"))


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
    address = public_address(address)
    name = urlsplit(address).path.rpartition("/")[2]
    if not name:
        raise ValueError(f"url {address} names no file; give the address of one")
    # decoded to the end, for whoever decodes once more
    while name != (name := unquote(name)):
        pass
    return place_file(name, folder, origin=address)


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
    """Return the address that differs only in its file's ending."""
    parts = urlsplit(url)
    path = str(PurePosixPath(parts.path).with_suffix(f".{extension}"))
    return urlunsplit(parts._replace(path=path))
