"""Where a layer, an area or an inventory comes from: an entry of the configuration, parsed once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from landshift.acquire.recipes import Recipe, find_recipe
from landshift.runtime.addresses import public_address, redact

ORIGINS = ("file", "url", "stac", "recipe")
"""Keys that say where a layer comes from; each entry has one of them."""


@dataclass(frozen=True)
class Layer:
    """Where a layer comes from, and what is stated of it.

    Attributes
    ----------
    file : Path or None
        A local file; of an inventory also a folder of files.
    url : str or None
        Public address of a file, with `sha256`.
    stac : str or None
        Address of a catalogue, with `collection`, `asset` and `dates`.
    recipe : Recipe or None
        A known service.
    sha256 : str or None
        Checksum of the file, 64 hexadecimal digits in lower case.
    sidecars : mapping of str to str
        Checksums of the further files of a shapefile, by extension.
    conversion : str or None
        What was converted, of a file that differs in format from what the address serves.
    served : mapping of str to str
        What the address serves, from which that file is made: its `sha256`, and the `part` of it.
    collection, asset, mask : str or None
        Of a catalogue: its collection, the asset that is read, and the one that tells clouds.
    dates : tuple of str or None
        First and last day of images, ISO.
    max_cloud_percent : float
        Images with more cloud are left out [%].
    max_images : int
        Images kept per tile, the least cloudy [1].
    extract : str or None
        Area of a recipe that is served by areas.
    service : str or None
        Address of a recipe's service, where that has none or has moved.
    part : str or None
        What of that service is meant, in place of what the recipe states.
    where : str or None
        Condition in its language, the like.
    kind : str or None
        ``class`` for codes.
    named : bool
        Whether a legend says what the codes mean.
    units : str or None
        Of elevations, one of `landshift.acquire.lengths.LENGTHS_M`; None for what the file states.
    nodata : float or None
        Value of cells without data that the file does not declare.
    offset : float or None
        Added to measurements, in their unit.
    resampling : str or None
        How it comes onto the grid; None for what suits it.
    licence, citation : str or None
        As stated by the user.

    Examples
    --------
    >>> Layer.parse({"recipe": "esa_worldcover"}).codes
    True
    >>> Layer.parse({"url": "https://example.org/dem.tif"})
    Traceback (most recent call last):
    ...
    ValueError: https://example.org/dem.tif: sha256 is missing; state the checksum of the file
    """

    file: Path | None = None
    url: str | None = None
    stac: str | None = None
    recipe: Recipe | None = None
    sha256: str | None = None
    sidecars: Mapping[str, str] = field(default_factory=dict)
    conversion: str | None = None
    served: Mapping[str, str] = field(default_factory=dict)
    collection: str | None = None
    asset: str | None = None
    mask: str | None = None
    dates: tuple[str, ...] | None = None
    max_cloud_percent: float = 40.0
    max_images: int = 12
    extract: str | None = None
    service: str | None = None
    part: str | None = None
    where: str | None = None
    kind: str | None = None
    named: bool = False
    units: str | None = None
    nodata: float | None = None
    band: int | str | None = None
    offset: float | None = None
    resampling: str | None = None
    survey_date: str | int | None = None
    licence: str | None = None
    citation: str | None = None

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> "Layer":
        """Parse an entry of the configuration; keys that say no origin are not read.

        Raises
        ------
        ValueError
            If it states no origin or several, or one of them wrongly.
        """
        known = {item.name for item in fields(cls)}
        stated = {key: value for key, value in entry.items() if key in known and value is not None}
        if sum(key in stated for key in ORIGINS) != 1:
            raise ValueError(f"{dict(entry)}: give one of {', '.join(ORIGINS)}, and only one")
        for key in ("url", "stac", "service"):
            if key in stated:
                public_address(stated[key])
        origin = redact(str(stated.get("url") or stated.get("file")))
        if "url" in stated and "sha256" not in stated:
            raise ValueError(f"{origin}: sha256 is missing; state the checksum of the file")
        if "sha256" in stated:
            stated["sha256"] = check_checksum(origin, stated["sha256"])
        for extension, sha256 in stated.get("sidecars", {}).items():
            if not re.fullmatch(r"[A-Za-z0-9]{1,8}", str(extension)):
                raise ValueError(
                    f"{origin}: sidecar {extension!r} is not a file extension such as shx"
                )
            check_checksum(origin, sha256)
        parsers = {
            "file": Path,
            "recipe": find_recipe,
            "dates": lambda dates: tuple(str(day) for day in dates),
        }
        return cls(**stated | {key: parsers[key](stated[key]) for key in parsers if key in stated})

    @property
    def codes(self) -> bool:
        """Whether its values are codes and no measurements."""
        return (self.recipe.kind if self.recipe else self.kind) == "class"

    @property
    def name(self) -> str:
        """How errors name its origin."""
        if self.recipe:
            return self.recipe.name
        return redact(str(self.file or self.url or self.stac))

    def describe(self) -> dict[str, Any]:
        """Say for the ledger what holds for all its files; what a recipe knows comes first."""
        keys = ("stac", "collection", "asset") if self.stac else ()
        own = {key: getattr(self, key) for key in (*keys, "survey_date", "licence", "citation")}
        stated = {key: value for key, value in own.items() if value is not None}
        return stated | (self.recipe.origin if self.recipe else {})


def check_checksum(origin: str, sha256: object) -> str:
    """Check a checksum and write it in lower case.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise ValueError(f"{origin}: sha256 is {sha256!r}; give 64 hexadecimal digits, in quotes")
    return sha256.lower()
