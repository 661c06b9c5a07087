"""Where a layer or an inventory comes from: its file with what belongs to it, or its address."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import core_schema

from landshift.acquire.inventory.folder import TABLES, list_inventories
from landshift.acquire.lengths import LENGTHS_M
from landshift.acquire.recipes import RECIPES, SENTINEL_BANDS
from landshift.geodata.behind import list_members, list_parts, list_rasters
from landshift.study.parts import (
    Count,
    Day,
    LayerName,
    Metres,
    Part,
    Period,
    Problem,
    Says,
    Scalar,
    Sha256,
    Text,
    Url,
    complain,
    is_day,
    show,
    words,
)

VECTOR_SUFFIXES = frozenset({".shp", ".gpkg", ".geojson", ".parquet"})
"""Endings of the files whose lines become distances."""

LINE_RECIPES, CLASS_RECIPES, INVENTORY_RECIPES, AREA_RECIPES = (
    frozenset(name for name, recipe in RECIPES.items() if recipe.kind == kind)
    for kind in ("lines", "class", "inventory", "area")
)
"""Recipes whose layers are lines, those whose layers are codes, and those that are no layers."""

SERVICE_RECIPES, OPEN_RECIPES, CONDITION_RECIPES = (
    frozenset(name for name, recipe in RECIPES.items() if holds(recipe))
    for holds in (
        lambda recipe: recipe.protocol,
        lambda recipe: not recipe.service,
        lambda recipe: recipe.protocol == "arcgis",
    )
)
"""Recipes that ask a service, those whose service the study states, those that take conditions."""

PART_RECIPES = frozenset(
    name
    for name, recipe in RECIPES.items()
    if recipe.protocol in ("ogc", "wfs") and not recipe.part
)
"""Recipes whose collection or type the study states."""

EXTRACT_RECIPES = frozenset(
    name for name, recipe in RECIPES.items() if "{extract}" in recipe.service
)
"""Recipes that are served by area and need its name."""

IMAGE_RECIPES = frozenset({"sentinel2"})
"""Recipes that are composed of images of many dates."""

IMAGE_LAYERS = frozenset(SENTINEL_BANDS)
"""Layers that these recipes give."""

CLASS_LAYERS = frozenset({"lithology", "land_cover", "soil"})
"""Layers whose cells are codes: averaging them would be meaningless."""

LEGEND_SUFFIXES = frozenset({".csv", ".json"})
"""Endings of the files that name classes."""

CLASS_RESAMPLING = frozenset({"nearest", "mode"})
"""Resampling that makes no new codes."""

_BELONGS = {
    "sidecars": ("url",),
    "conversion": ("url",),
    "served": ("url",),
    "collection": ("stac",),
    "asset": ("stac",),
    "mask": ("stac",),
    "dates": ("stac", *sorted(IMAGE_RECIPES)),
    "max_cloud_percent": ("stac", *sorted(IMAGE_RECIPES)),
    "max_images": ("stac", *sorted(IMAGE_RECIPES)),
    "units": ("file", "url", "stac"),
    "nodata": ("file", "url", "stac"),
    "extract": tuple(sorted(EXTRACT_RECIPES)),
    "service": tuple(sorted(SERVICE_RECIPES)),
    "part": tuple(sorted(SERVICE_RECIPES)),
    "where": tuple(sorted(CONDITION_RECIPES)),
}
_SPAN = "state the first and the last day, such as ['2023-06-01', '2023-09-30']"
_EXTRACT = "state the area as download.geofabrik.de names it, such as europe/italy/nord-est"
_NEEDED = {
    "sha256": "state the file's 64 hexadecimal digits",
    "collection": "name the collection of the catalogue",
    "asset": "name the asset of each item, such as B04",
    "dates": _SPAN,
    "extract": _EXTRACT,
    "service": "state the address of the service; docs/data.md says what of the recipe is known",
    "part": "name the collection or the type of the service",
}
_SIDECARS = ("shx", "dbf", "prj")


def _refuse_inventory(recipe: Any) -> Any:
    if isinstance(recipe, str) and recipe in INVENTORY_RECIPES:
        raise complain(f"{recipe} is an inventory; name it there")
    if isinstance(recipe, str) and recipe in AREA_RECIPES:
        raise complain(f"{recipe} is an area; name it in `surveyed` of the inventory")
    return recipe


def _check_span(days: list[str]) -> list[str]:
    if not all(map(is_day, days)) or days[0] > days[1]:
        raise complain(f"{show(days)} is no span of time; {_SPAN}")
    return days


def _check_classes(classes: Any) -> dict[Any, str] | str:
    if isinstance(classes, str):
        if PurePosixPath(classes).suffix.lower() not in LEGEND_SUFFIXES:
            raise complain(
                f"{show(classes)} is neither a .csv nor a .json file; write the legend as one"
            )
        return classes
    if not isinstance(classes, dict):
        raise complain(
            f"{show(classes)} must be `code: name` of every class, or the name of a file"
        )
    for code, name in classes.items():
        if not (str(code).isascii() and str(code).isdigit()):
            raise complain(f"{show(code)} is no code of a class; codes are integers from 0")
        if not isinstance(name, str):
            raise complain(f"the name {show(name)} of code {code} must be a text; put it in quotes")
    return classes


Span = Annotated[
    list[Day],
    Field(min_length=2, max_length=2),
    Says(f"is no span of time; {_SPAN}"),
    AfterValidator(_check_span),
]
Classes = Annotated[
    Any,
    AfterValidator(_check_classes),
    WithJsonSchema({"type": ["object", "string"], "additionalProperties": {"type": "string"}}),
]
Extract = words("[a-z0-9-]+(/[a-z0-9-]+)*", f"is no area; {_EXTRACT}")
Ending = words("[A-Za-z0-9]+", "is no ending of a file; use letters and digits, such as shx")
Recipe = Annotated[
    Literal[tuple(name for name in RECIPES if name not in INVENTORY_RECIPES | AREA_RECIPES)],
    BeforeValidator(_refuse_inventory),
]


class LocalFile(Part):
    """A file of the user's own."""

    file: Text
    """Path of the file; a relative one starts at the folder of the Snakefile."""

    def find_missing(self, path: str, *, may_be_folder: bool = False) -> Iterator[Problem]:
        """Find out whether the local file is there, and what it cannot be read without."""
        file = Path(self.file)
        if may_be_folder and file.is_dir():
            inventories = list_inventories(file)
            if getattr(self, "sha256", None) is not None:
                yield (
                    f"{path}.sha256",
                    "belongs to a single file, but `file` is a folder; remove it",
                )
            if not inventories:
                yield f"{path}.file", f"{self.file} holds no inventory; put one there"
            for inventory in inventories:
                yield from check_path(f"{path}.file", inventory)
        else:
            yield from check_path(f"{path}.file", file)


class Served(Part):
    """What an address serves, from which the file is made: an archive, or a file of R."""

    sha256: Sha256
    """SHA-256 of what is served [64 hexadecimal digits]."""
    part: Text
    """Member of a ZIP or RAR archive, in which `*` stands for anything; or of an R file the object:
    a data frame becomes a CSV table, a grid a GeoTIFF."""


class Area(LocalFile):
    """An area from a `file` or a `url`."""

    file: Text = None
    """Path of the file; a relative one starts at the folder of the Snakefile."""
    url: Url = None
    """Public address of the file, best with a fixed commit or version in it."""
    sha256: Sha256 = None
    """SHA-256 of the file [64 hexadecimal digits]; needed with `url`, may be stated with `file`."""
    sidecars: dict[Ending, Sha256] = None
    """Files that belong to the one at `url` and differ from it only in the ending, as in a
    shapefile: ending and SHA-256 of each."""
    conversion: Text = None
    """States that the file is a pure change of format of what `url` serves, and which one. Such a
    file is made from it as `served` says, or can only come from a mirror."""
    served: Served = None
    """Makes the file named by `conversion` from what `url` serves."""

    @property
    def suffix(self) -> str:
        """Ending of the file or address, in lower case."""
        return PurePosixPath(self.file or self.url or "").suffix.lower()

    def find_problems(self) -> Iterator[Problem]:
        """Find what is wrong with the origin as stated."""
        known = [name for name in ("file", "url", "stac", "recipe") if hasattr(self, name)]
        origins = [name for name in known if self.states(name)]
        if len(origins) != 1:
            *others, last = (f"`{name}`" for name in known)
            yield (
                "",
                f"state where it comes from: {', '.join(others)} or {last}, and only one of them",
            )
            return
        (origin,) = origins
        yield from self._find_foreign({origin, getattr(self, "recipe", None)})
        yield from self._find_needed(origin)
        if self.served and not self.conversion:
            yield "conversion", "missing; state how the file differs from what `url` serves"
        missing = [part for part in _SIDECARS if part not in (self.sidecars or {})]
        if origin == "url" and self.suffix == ".shp" and missing:
            yield (
                "sidecars",
                f"a shapefile is several files; add the sha256 of {', '.join(missing)}",
            )

    def _find_foreign(self, origins: set[str | None]) -> Iterator[Problem]:
        for name, owners in _BELONGS.items():
            if self.states(name) and not origins & set(owners):
                wanted = " or ".join(f"`{owner}`" for owner in owners)
                yield name, f"belongs to {wanted}, not to this entry; remove it"

    def _find_needed(self, origin: str) -> Iterator[Problem]:
        needed = {"url": ["sha256"], "stac": ["collection", "asset", "dates"]}.get(origin, [])
        recipe = getattr(self, "recipe", None)
        needed = needed + ["extract"] * (recipe in EXTRACT_RECIPES)
        needed = needed + ["service"] * (recipe in OPEN_RECIPES)
        needed = needed + ["part"] * (recipe in PART_RECIPES)
        for name in needed + ["dates"] * (recipe in IMAGE_RECIPES):
            if not self.states(name):
                yield name, f"missing; {_NEEDED[name]}"

    def find_missing(self, path: str, *, may_be_folder: bool = False) -> Iterator[Problem]:
        """Find the local files that are missing; of an address there are none."""
        if self.file is not None:
            yield from super().find_missing(path, may_be_folder=may_be_folder)


class Origin(Area):
    """Data that the report names with its licence."""

    licence: Text = None
    """Licence of the data; the report and the model cards state it."""
    citation: Text = None
    """How the data are to be cited; the report and the model cards state it."""


class SurveyedArea(Area):
    """Where landslides were looked for, from a `file`, a `url` or by a `recipe`."""

    recipe: Literal[tuple(sorted(AREA_RECIPES))] = None
    """A known public area, such as `gorkha_extent`; `docs/data.md` lists them."""
    service: Url = None
    """Address of the service of the recipe, where it has moved."""
    part: Text = None
    """Name of the file in the record of the recipe; `*` stands for anything."""


class OwnFactor(Part):
    """Makes a raster of your own a factor named like the layer.

    It enters the models of a target if the target and all its sources have it; cells where it has
    no data are not mapped.
    """

    units: Text
    """Unit of the values, `1` if they have none; the same in all regions."""
    long_name: Text
    """What the values are, as a reader of a map should see it."""


class Layer(Origin):
    """One layer, from a `file`, a `url`, a `stac` catalogue or by a `recipe`."""

    file: Text = None
    """Path of the file; of rasters that are tiles of one, the path of their folder or a pattern
    such as `tiles/*.tif`. A relative one starts at the folder of the Snakefile."""
    recipe: Recipe = None
    """A known public service, of which the window of the region is fetched; `docs/data.md` states
    each one's resolution, unit, licence and citation. `sentinel2` gives the layers `blue`, `green`,
    `red`, `nir` and `swir`."""
    stac: Url = None
    """Address of a STAC catalogue with or without a search."""
    collection: Text = None
    """Collection of the catalogue at `stac`."""
    asset: Text = None
    """Asset of each item of the collection."""
    mask: Text = None
    """Asset with Sentinel-2's scene classification; only clear cells count. Without it all do."""
    dates: Span = None
    """First and last day of the images, such as ['2023-06-01', '2023-09-30']; the layer is the
    median of the clear ones."""
    max_cloud_percent: float = Field(None, ge=0, le=100)
    """Images with more cloud are left out [%]; by default 40."""
    max_images: Count = None
    """Images used per tile, the least cloudy [1]; by default 12."""
    extract: Extract = None
    """Area of OpenStreetMap as download.geofabrik.de names it, such as europe/italy/nord-est; it
    must cover the region."""
    kind: Literal["continuous", "class"] = None
    """`class` for cells that are codes and must not be averaged, such as lithology; by default
    `continuous`. Layers of lines are known by their ending."""
    legend: LayerName = None
    """Classes: name of the legend that says what the codes mean, such as `esa_worldcover`. If the
    target and all its sources state the same one for a layer of this name, its classes enter the
    shared models; without a legend a code means another class in every region."""
    classes: Classes = None
    """Classes: the names of the codes, as `code: name` or as a `.csv` (columns `code` and `name`)
    or `.json` file. Codes that are not named are an error. Not needed for `esa_worldcover` and
    `glim_lithology`."""
    factor: OwnFactor = None
    resampling: Literal["nearest", "mode", "bilinear", "cubic", "average"] = None
    """How the raster is warped onto the grid; stated in the file that is made. By default `mode`
    (the majority) for classes when the cells become larger and else `nearest`; for measurements
    `average` when the cells become larger, `cubic` between cells of nearly one size and `bilinear`
    when they become smaller."""
    units: Literal[tuple(LENGTHS_M)] = None
    """Elevations (`dem`): their unit, where the file states none or a wrong one; `ft` is the
    international foot, `us-ft` that of the US survey. They are converted to metres."""
    band: int | Text = None
    """Rasters of several bands: the number, from 1, or the description of the one that is meant."""
    nodata: float = None
    """Rasters: the value of cells without data [unit of the file], where the file does not declare
    it, such as 0 or -9999."""
    survey_date: Period = None
    """Year or day of the survey behind an elevation model. A landslide that is older may have left
    its scar in it, which the model then learns to find; the card says how many are."""
    offset: float = None
    """Added to the values as they are read [unit of the layer]; Sentinel-2 reflectance since
    processing baseline 04.00 needs -1000."""

    @property
    def is_lines(self) -> bool:
        """Whether this is a layer of lines, by the ending of its file or by its recipe."""
        return self.recipe in LINE_RECIPES or self.suffix in VECTOR_SUFFIXES

    @property
    def is_class(self) -> bool:
        """Whether the cells are codes and no measurements."""
        return self.recipe in CLASS_RECIPES or self.kind == "class"

    def find_problems(self) -> Iterator[Problem]:
        """Find what is wrong with the origin, and with the use that is made of the layer."""
        yield from super().find_problems()
        if self.suffix in VECTOR_SUFFIXES and self.nodata is not None:
            yield "nodata", "belongs to rasters; remove this key"
        if self.factor and (self.is_class or self.is_lines):
            yield (
                "factor",
                "only a raster of measurements can be a factor of your own: codes mean another "
                "class in every region, and lines make factors by themselves; remove this key",
            )
        if not self.is_class:
            for name in ("legend", "classes"):
                if self.states(name):
                    yield name, "belongs to class codes; add `kind: class` or remove this key"
            return
        if (self.resampling or "nearest") not in CLASS_RESAMPLING:
            yield "resampling", "codes must not be averaged; choose `nearest` or `mode`"
        if self.offset is not None:
            yield "offset", "would change the meaning of codes; remove this key"

    def find_missing(self, path: str, *, may_be_folder: bool = False) -> Iterator[Problem]:
        """Find the local files that are missing, that of the legend included."""
        tiles = None if self.file is None or self.is_lines else list_rasters(self.file)
        if tiles is None:
            yield from super().find_missing(path, may_be_folder=may_be_folder)
        elif not tiles:
            grid = Path(self.file, "hdr.adf")
            told = (
                f"is the folder of an ArcInfo grid; name {grid}"
                if grid.is_file()
                else "holds no raster, such as a GeoTIFF; put one there"
            )
            yield f"{path}.file", f"{self.file} {told}"
        elif self.sha256 is not None:
            yield (
                f"{path}.sha256",
                "belongs to a single file, but `file` stands for several; remove it",
            )
        for tile in tiles or ():
            yield from check_path(f"{path}.file", tile)
        if isinstance(self.classes, str):
            yield from check_path(f"{path}.classes", Path(self.classes))


EXTENT = "extent"
"""Word for the extent of the landslides, in place of the area where they were looked for."""


class _OrExtent:
    """Lets a key take the word `EXTENT` in place of its keys."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        def take(value: Any, check: Any) -> Any:
            return value if value == EXTENT else check(value)

        return core_schema.no_info_wrap_validator_function(take, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        return {"anyOf": [handler(schema), {"const": EXTENT}]}


class Inventory(Origin):
    """Landslides from a `file`, from a `url` or by a `recipe`."""

    file: Text = None
    """Path of the file, or of a folder whose files are one inventory: every file that is put there
    is taken by the next run. The keys below hold for all of them. A relative path starts at the
    folder of the Snakefile."""
    recipe: Literal[tuple(name for name in RECIPES if name in INVENTORY_RECIPES)] = None
    """A known public inventory, of which the landslides of the region are taken; `docs/data.md`
    lists them with what is missing in each. `arcgis_features`, `ogc_features`, `wfs_features` and
    `record_file` are those of any service, which `service` names."""
    service: Url = None
    """Address of the service of the recipe, where that has none or has moved: a layer of ArcGIS,
    an OGC API, a WFS, or a record of Zenodo (https://zenodo.org/api/records/NUMBER) or ScienceBase
    (https://www.sciencebase.gov/catalog/item/NUMBER)."""
    part: Text = None
    """What of the service is meant: number of a layer, name of a collection or a type, or name of a
    file in a record, in which `*` stands for anything, and in an archive, such as
    `slides.zip/*.shp`."""
    where: Text = None
    """Condition in the language of a service of ArcGIS, such as `Confidence >= 5`, in place of that
    of the recipe; `1=1` takes all. The log says how many it leaves out."""
    crs: Text = None
    """Coordinate reference system of the inventory, where its file states none; also of a GeoJSON
    in metres that states none."""
    layer: Text = None
    """Of several layers of a file, or sheets of a workbook, the one that holds the landslides; not
    needed where the others have no places or no rows. The folders of a KML are read together."""
    x: Text = None
    """Column of the easting or longitude, for a table of points; by default one with a usual name
    (x and y, lon and lat, easting and northing, ...)."""
    y: Text = None
    """Column of the northing or latitude, like `x`."""
    label: Text = None
    """Column that tells landslides from absences, where the file lists both; `value` for a raster
    of landslide cells. A column such as `landslide` that holds 0 and 1 must be stated."""
    presence: Annotated[list[Scalar], Field(min_length=1)] = None
    """Values of `label` that mean landslide; all others are absences."""
    date: Text = None
    """Column of the date or year of the landslide, as 2015, 2015-08-31 or 2015-08-31/2015-09-02; by
    default one with a usual name (date, year, ...)."""
    from_: Period = Field(None, alias="from")
    """First year, or day in quotes, of the period that is wanted. Landslides without a date are
    then left out, as are those of a year that the period cuts through; one with a range of dates is
    taken if any of its days lies in the period."""
    until: Period = None
    """Last year, or day in quotes, of the period; with `from` of `validation` after it, a map is
    tested on landslides that happened later."""
    type: Text = None
    """Column with the type of the landslide."""
    types: Annotated[list[Scalar], Field(min_length=1)] = None
    """Values of `type` that are wanted; landslides of all others are left out."""
    elevation: Text = None
    """Column with the elevation at the landslide [m], by default one with a usual name. It is
    compared with the elevation model: positions that are shifted are reported."""
    merge_m: Metres = 0
    """Points at most this far apart are one landslide [m]; for inventories that were made from a
    raster. 0 merges nothing."""
    shift_m: Annotated[list[float], Field(min_length=2, max_length=2)] = None
    """How far to move all landslides, to the east and to the north [m], such as [-10, 20], where
    their positions were shifted as a whole. The log of the inventory says when a shift stands out;
    nothing is moved unless it is stated here."""
    accuracy_m: Metres = None
    """How far a landslide may lie from its point [m]. Points that are known worse than a cell of
    the elevation model are moved to its steepest hollow within that distance."""
    surveyed: Annotated[SurveyedArea, _OrExtent()] = None
    """Where landslides were looked for: polygons, or a raster that is not 0 there; or the word
    `extent` for the convex hull of the landslides with a margin of twice their mean distance.
    Random absences, and the cells that the skill compares landslides with, lie only inside; by
    default in the whole region. The log says where the landslides span clearly less of it."""

    def find_problems(self) -> Iterator[Problem]:
        """Find what is wrong with the origin, the columns and the period."""
        yield from super().find_problems()
        if self.suffix in TABLES:
            yield from self._check_table()
        if self.states("label") != self.states("presence"):
            yield (
                "",
                "`label` (a column) and `presence` (its values that mean landslide) only make "
                "sense together; add the other or remove both",
            )
        if self.types and not self.type:
            yield "type", "missing; `types` needs the column that holds them"
        first, last = (str(day or "") for day in (self.from_, self.until))
        # Dates of ISO order like their texts; a year is cut to the shorter of the two.
        if first and last and first[: len(last)] > last[: len(first)]:
            yield "until", f"{last} is before `from` {first}; swap or correct them"

    def _check_table(self) -> Iterator[Problem]:
        if self.crs is None:
            yield (
                "crs",
                "missing; a table of points needs the `crs` of its coordinates, such as EPSG:4326 "
                "for degrees of WGS 84",
            )
        for name, other in (("x", "y"), ("y", "x")):
            if self.states(name) and not self.states(other):
                yield other, f"missing; `{name}` needs it, or remove both"

    def find_missing(self, path: str, *, may_be_folder: bool = True) -> Iterator[Problem]:
        """Find the local files that are missing, that of the surveyed area included."""
        yield from super().find_missing(path, may_be_folder=may_be_folder)
        if isinstance(self.surveyed, Area):
            yield from self.surveyed.find_missing(f"{path}.surveyed")

    def is_tested_by(self, validation: "Inventory") -> bool:
        """Tell whether an inventory for validation holds other landslides than this one."""
        same = self._origin == validation._origin or self._holds(validation)
        if not same or self._means_others(validation):
            return True
        last, first = str(self.until or ""), str(validation.from_ or "")
        return bool(last and first) and last < first[: len(last)]

    @property
    def _origin(self) -> str | None:
        asked = (self.recipe, self.service, self.part, self.where)
        return self.sha256 or self.file or self.url or " ".join(map(str, asked))

    def _holds(self, other: "Inventory") -> bool:
        """Tell whether the file of another entry lies in the folder that this one is."""
        return bool(self.file and other.file) and Path(self.file) == Path(other.file).parent

    def _means_others(self, other: "Inventory") -> bool:
        pairs = ((self.presence, other.presence), (self.types, other.types))
        return any(
            own and theirs and not set(map(str, own)) & set(map(str, theirs))
            for own, theirs in pairs
        )


def list_files(entry: Mapping[str, Any]) -> list[str]:
    """List the local files of an entry and the files next to them that they are read with.

    A shapefile is its `.shp` with all that GDAL reads with it; a raster may have a world file,
    overviews and a mask, a VRT its members; a folder or a pattern is the files that it stands for.
    An address has no local file.
    """
    if "file" not in entry:
        return []
    path = Path(entry["file"])
    stated = list_inventories(path) if path.is_dir() else list_rasters(path) or [path]
    return [str(part) for part in list_parts(stated)]


def check_path(name: str, file: Path) -> Iterator[Problem]:
    """Find out whether a file is there, and what it cannot be read without."""
    if not file.is_file():
        kind = "is a folder" if file.is_dir() else "does not exist"
        yield name, f"{file} {kind}; correct the path of the file"
    elif file.suffix.lower() == ".shp":
        missing = [end for end in (".shx", ".dbf") if not file.with_suffix(end).is_file()]
        if missing:
            yield (
                name,
                f"{file} is a part of a shapefile; put its {' and '.join(missing)} next to it",
            )
    else:
        try:
            list_members(file)
        except (ValueError, OSError) as error:
            yield name, str(error)
