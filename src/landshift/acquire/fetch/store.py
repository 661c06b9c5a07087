"""Where files come from and where they are kept: the cache, the mirror and the web of a study."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from urllib.parse import unquote, urlsplit

from landshift.acquire.fetch.addresses import is_address, public_address
from landshift.acquire.fetch.policy import Web

CACHE_VARIABLE = "LANDSHIFT_CACHE"
"""Environment variable that names the cache."""
MIRROR_VARIABLE = "LANDSHIFT_MIRROR"
"""Environment variable that names a mirror; it wins over the configuration."""
SHARED_VARIABLE = "LANDSHIFT_SHARED_CACHE"
"""Environment variable: ``1`` states that others may write to the cache and are trusted."""
MANIFEST = "MANIFEST.sha256"
"""File at the root of a mirror folder: lines of checksum and path, as sha256sum writes them."""


@dataclass(frozen=True)
class Store:
    """The cache of fetched files, and the mirror in place of public addresses.

    Several processes, also on several nodes, may share a cache: each writes under names of its
    own, and what is whole appears in one step.

    Attributes
    ----------
    cache : Path
        Folder of fetched files. It is made when first needed, for this user only.
    mirror : str or None
        Folder or server that holds ``host/path`` of every address; in a folder with a `MANIFEST`,
        files are also found by their checksum.

    Raises
    ------
    ValueError
        If the mirror holds credentials, or the cache belongs to another user.

    Examples
    --------
    >>> Store("cache", "http://localhost:8000/").locate("https://example.org/a/dem.tif?sig=1")
    'http://localhost:8000/example.org/a/dem.tif'
    """

    cache: Path
    mirror: str | None = None

    def __post_init__(self) -> None:
        """Take the cache as a path, and no credentials."""
        object.__setattr__(self, "cache", Path(self.cache))
        if self.serves and "@" in urlsplit(self.mirror).netloc:
            host = urlsplit(self.mirror).hostname
            raise ValueError(f"mirror on {host} holds credentials; move them to ~/.netrc")

    @cached_property
    def web(self) -> Web:
        """The session of all requests."""
        return Web()

    @property
    def serves(self) -> bool:
        """Whether the mirror is a server."""
        return self.mirror is not None and is_address(self.mirror)

    @cached_property
    def folder(self) -> Path:
        """The cache, which exists and belongs to the user."""
        shared = os.environ.get(SHARED_VARIABLE) == "1"
        self.cache.parent.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(mode=0o777 if shared else 0o700, exist_ok=True)
        if not shared and self.cache.stat().st_uid != os.getuid():
            raise ValueError(
                f"{self.cache}: this cache belongs to another user, who can change what is in it; "
                f"name another one in {CACHE_VARIABLE}, or trust it by {SHARED_VARIABLE}=1"
            )
        return self.cache

    def locate(self, url: str) -> str:
        """Say where to read an address, perhaps signed: there, or on the mirror.

        Returns
        -------
        str
            An address or a path. Signatures go only to the service that gave them.

        Raises
        ------
        FileNotFoundError
            If the mirror is a folder that does not exist.
        """
        if self.mirror is None:
            return url
        parts = urlsplit(public_address(url))
        if self.serves:
            return f"{self.mirror.rstrip('/')}/{parts.netloc}{parts.path}"
        folder = self._open_mirror()
        path = folder / parts.netloc / unquote(parts.path).lstrip("/")
        if not path.resolve().is_relative_to(folder.resolve()):
            raise FileNotFoundError(f"{public_address(url)} leads out of the mirror {folder}")
        return str(path)

    def find_listed(self, sha256: str) -> Path | None:
        """Find a file by its checksum in the manifest of the mirror, if that is a folder."""
        if self.mirror is None or self.serves:
            return None
        manifest = self._open_mirror() / MANIFEST
        lines = manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []
        for line in lines:
            checksum, _, name = line.partition(" ")
            if checksum.lower() == sha256:
                listed = PurePath(name.lstrip(" *"))
                if listed.is_absolute() or ".." in listed.parts:
                    raise ValueError(
                        f"{manifest}: {listed} leads out of the mirror; correct the line"
                    )
                return manifest.parent / listed
        return None

    def _open_mirror(self) -> Path:
        folder = Path(self.mirror)
        if not folder.is_dir():
            raise FileNotFoundError(
                f"mirror {folder} is no folder; correct {MIRROR_VARIABLE} or the mirror key"
            )
        return folder


def open_store(mirror: str | None) -> Store:
    """Open the store of a study: what the environment names, else the defaults of a study.

    Parameters
    ----------
    mirror
        The configured mirror; that of the environment wins.
    """
    cache = os.environ.get(CACHE_VARIABLE) or "results/cache"
    return Store(Path(cache), os.environ.get(MIRROR_VARIABLE) or mirror)
