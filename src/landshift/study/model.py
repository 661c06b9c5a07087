"""The model of a study: every key of its configuration, with its meaning, range and default."""

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, WithJsonSchema

from landshift.acquire.library import read_library
from landshift.study.learners import LEARNERS
from landshift.study.origins import LocalFile
from landshift.study.parts import (
    FARTHEST_M,
    MOST,
    Count,
    Edge,
    LayerName,
    Metres,
    Name,
    Part,
    Problem,
    ProjectedCrs,
    Says,
    Sha256,
    Text,
    complain,
    show,
    unique,
    words,
)
from landshift.study.regions import Region

BREAKS = ("quantile", "natural", "sources")
"""Ways to settle the limits of the classes; or they are stated as four numbers."""

_COLUMNS = (
    *("rank", "tied", "name", "area_km2"),
    *("susceptible_km2", "very_high_km2", "susceptible_share", "geometry"),
)
"""Columns of the table of priorities, which no exposure can be called."""


def _check_breaks(breaks: Any) -> str | list[float]:
    if not isinstance(breaks, list):
        if breaks not in BREAKS:
            raise complain(
                f"{show(breaks)} must be one of {', '.join(BREAKS)}, or four rising numbers"
            )
        return breaks
    numbers = all(type(limit) in (int, float) for limit in breaks)
    if not numbers or len(breaks) != 4 or not all(a < b for a, b in pairwise([0, *breaks, 1])):
        raise complain(
            f"{show(breaks)} does not make five classes; state four rising numbers between 0 and 1"
        )
    return breaks


def _refuse_column(name: str) -> str:
    if name in _COLUMNS:
        raise complain(f"{name!r} is a column of the table already; choose another name")
    return name


Breaks = Annotated[
    Any,
    AfterValidator(_check_breaks),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(BREAKS)},
                {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
            ]
        }
    ),
]
FactorName = words(
    "[a-z][a-z0-9_]*",
    "is no name of a factor; use small letters, digits and underscores, a letter first",
)
Exposure = Annotated[LayerName, AfterValidator(_refuse_column)]
Draws = Annotated[Count, Says("landslides cannot fine-tune a model; state 1 or more")]


class Samples(Part):
    """How labelled and unlabelled cells are drawn in each region."""

    absences_per_presence: Count = 5
    """Absences drawn per landslide [1]; not used where the inventory lists absences."""
    buffer_m: Metres = 100
    """Absences keep at least this distance from any landslide [m]."""
    thinning_m: Metres = 60
    """Landslides closer together than this count once [m]."""
    blocks: int = Field(10, ge=2, le=MOST)
    """Spatial blocks of a region, which keep training and test cells apart [1]."""
    background_cells: int = Field(2000, ge=100, le=MOST)
    """Unlabelled cells drawn at random over the whole region [1]."""


class Stability(Part):
    """The one soil that the group `stability` assumes everywhere.

    So its factors are a yardstick with the same meaning in every region.
    """

    cohesion_kpa: float = Field(2.0, ge=0, le=200)
    """Cohesion of soil and roots [kPa]."""
    friction_degree: float = Field(35.0, ge=5, le=60)
    """Friction angle of the soil [degree]."""
    soil_depth_m: float = Field(1.0, ge=0.1, le=20)
    """Depth of the soil at right angles to the slope [m]."""
    soil_density_kg_per_m3: float = Field(1800.0, ge=1000, le=3000)
    """Density of the wet soil [kg/m3]."""
    transmissivity_m2_per_day: float = Field(65.0, ge=0.001, le=100000)
    """Transmissivity of the soil when soaked [m2/d]."""
    recharge_mm_per_day: float = Field(50.0, ge=0, le=2000)
    """Steady recharge for which the factor of safety is given [mm/d]."""


Group = Literal["terrain", "drainage", "stability", "proximity", "surface", "climate", "ground"]


class Factors(Part):
    """Which conditioning factors the models may use."""

    groups: unique(Group, min_length=1) = Field(["terrain", "drainage"])
    """Groups of factors: `terrain`, `drainage` and `stability` come from the elevation model,
    `proximity` from layers of lines, `climate` from layers named `rainfall` and `extreme_rainfall`,
    `surface` from the bands `blue`, `red`, `nir` and `swir` and from class codes of `land_cover`,
    `ground` from all other class codes, such as `lithology` and `soil`. A factor that the target or
    a source lacks is derived, but left out of the shared models; so are class codes without a
    common legend (see `transfer.target_factors`)."""
    stability: Stability = Stability()
    max_correlation: float = Field(0.98, gt=0, le=1)
    """Of two factors with a higher absolute rank correlation in the sources, one is dropped [1]."""
    max_inflation: Annotated[float, Field(gt=1)] | None = None
    """Factors of a larger variance inflation factor among the sources are dropped, the largest
    first [1]; `null` keeps them: the learners are regularised, and redundancy costs them little."""


class Frozen(Part):
    """Source models published by an earlier study, its folder `sources/{target}`.

    The sources' data are not needed then, and the area of applicability stays unknown. `null`
    pre-trains on the sources of this study.
    """

    folder: Text
    """Folder with a model per learner and `manifest.json`."""
    sha256: Sha256
    """SHA-256 of `manifest.json` [64 hexadecimal digits]; it stands for all files."""


class Transfer(Part):
    """Pre-training on the sources and fine-tuning on the target."""

    learners: unique(Literal[tuple(LEARNERS)], min_length=1) = Field(["lr", "rf", "xgb", "lgbm"])
    """Learners of stage 1: `lr` logistic regression, `rf` random forest, `xgb` extreme gradient
    boosting, `lgbm` LightGBM. The default map is their ensemble."""
    sources: Literal["regions", "library", "both"] = None
    """What stage 1 learns from: `regions`, the source regions of this study; `library`, the real
    regions that come with the package (docs/library.md); or `both`. By default the regions, and
    the library where no region is a source. A region of the library that shares ground with one of
    the study is left out, since its models know what they would be tested on."""
    without: unique(Literal[tuple(read_library())]) = Field([])
    """Regions of the library to do without."""
    frozen: Frozen | None = None
    background_cells: int = Field(150, ge=0, le=MOST)
    """Unlabelled target cells that fine-tuning reads as weak absences [1]."""
    target_factors: unique(FactorName) = Field([])
    """Factors that fine-tuning may use in a target that has them, where the shared models do
    without: because a source, or a frozen model, lacks them, such as `fault_distance`, or because
    they are class codes without a common legend, such as `lithology`."""


class Maps(Part):
    """How the maps are made."""

    breaks: Breaks = "quantile"
    """Limits between the five classes: `quantile` (a fifth of the cells each), `natural` (Jenks),
    `sources` (fixed ones that would give a fifth of the sources' area each, so that a class means
    the same in all targets), or four rising susceptibilities [1]."""
    block_size: int = Field(512, ge=64, le=65536)
    """Edge of the blocks that are predicted one at a time [cells]; bounds the memory."""


class Mosaic(Part):
    """One map of all targets together; `null` makes none."""

    crs: ProjectedCrs
    """Projected coordinate reference system of the mosaic, such as EPSG:32617."""
    resolution_m: Edge
    """Cell size of the mosaic [m]."""


class Units(LocalFile):
    """Polygons to rank, such as communes or slope units.

    Without them the squares of `grid_m` are ranked. A target without any gets an empty table.
    """

    file: Text
    """GeoPackage, GeoJSON, shapefile or GeoParquet, in any coordinate reference system that it
    states."""
    name: Text
    """Column that names a unit."""


class Exposed(LocalFile):
    """One kind of exposure."""

    file: Text
    """GeoPackage, GeoJSON, shapefile or GeoParquet, or a raster of amounts per cell (.tif, .tiff,
    .vrt)."""


class Corridor(LocalFile):
    """One line and the strip next to it."""

    file: Text
    """GeoPackage, GeoJSON, shapefile or GeoParquet, in any coordinate reference system that it
    states."""
    buffer_m: float = Field(50, gt=0, le=FARTHEST_M)
    """Half of the width of the strip [m]."""
    step_m: float = Field(100, gt=0, le=FARTHEST_M)
    """Length of a step along the line [m]."""


class Priorities(Part):
    """Units of land ranked by their susceptible area and what stands on it.

    Also the susceptibility along roads or railways, for every target; `null` makes none.
    """

    susceptible_from: int = Field(4, ge=1, le=5)
    """Lowest class that counts as susceptible [1 very low to 5 very high]."""
    units: Units = None
    grid_m: float = Field(1000, gt=0, le=FARTHEST_M)
    """Edge of the squares to rank where no `units` are given [m]."""
    exposure: dict[Exposure, Exposed] = Field({})
    """What stands on the slopes, by a name of yours such as `roads`: lines count by their length
    [km], points and polygons one each, however many parts they have, rasters by the sum of their
    cells."""
    corridors: dict[Name, Corridor] = Field({})
    """Roads or railways to follow, by name."""


Methods = Literal["core", "pooled", "adapted", "unsupervised", "ceiling"]
Regime = Literal["inductive", "transductive"]


class Benchmark(Part):
    """How well the transfer works, measured on regions whose landslides are known.

    `null` skips it.
    """

    targets: unique(str, min_length=1)
    """Regions that take the part of the target in turn; the other sources teach."""
    groups: unique(Methods) = Field(["core"])
    """Methods to compare, by group; every group of a target is a job of its own. `core`: this
    project's, zero-shot, local-only and pooled; `pooled`: other ways of pooling; `adapted`: source
    models that go on learning; `unsupervised`: alignment without labels; `ceiling`: all labels of
    the target."""
    shots: unique(Draws, min_length=1) = Field([5, 10, 20, 50])
    """Numbers of landslides that fine-tuning sees, with as many absences [1]."""
    draws: Count = 20
    """Random splits into test blocks and shots per target [1]."""
    regimes: unique(Regime, min_length=1) = Field(["inductive", "transductive"])
    """`inductive` sees only the blocks of the shots, `transductive` also the unlabelled cells of
    the whole target, as at mapping time."""
    redraw_blocks: bool = False
    """Divide a target into new spatial blocks for every draw, so that scores do not hang on where
    the borders of one division lie; otherwise the blocks of its samples are kept."""

    def find_problems(self) -> Iterator[Problem]:
        """Refuse a comparison without what is compared."""
        if "core" not in self.groups:
            yield "groups", "holds no `core`, which all others are compared with; add it"


class Study(Part):
    """One YAML file describes one study.

    Units stand in square brackets. A key that is not listed here is an error, so that a misspelt
    one cannot pass unnoticed.
    """

    study: Name
    """Name of the study; everything it makes goes to `results/{study}/`."""
    seed: int = Field(42, ge=0, le=2147483647)
    """Seed of every random choice; each use derives its own from this and its names."""
    mirror: str | None = None
    """Where to look for public addresses without internet: a folder (with a `MANIFEST.sha256`, or
    laid out as host/path) or a server's address. The environment variable `LANDSHIFT_MIRROR` wins
    over it. Checksums are verified either way."""
    lon: float = Field(None, ge=-180, le=180)
    """Longitude of a place that the target `site` describes [degree, WGS 84]; state it on the
    command line, `snakemake site --config lon=... lat=...`."""
    lat: float = Field(None, ge=-90, le=90)
    """Latitude of that place [degree, WGS 84]."""
    regions: Annotated[dict[Name, Region], Field(min_length=1)]
    """Every region of the study once, by name."""
    samples: Samples = Samples()
    factors: Factors = Factors()
    transfer: Transfer = Transfer()
    maps: Maps = Maps()
    mosaic: Mosaic | None = None
    priorities: Priorities | None = None
    benchmark: Benchmark | None = None


def fill_defaults(config: dict[str, Any], part: Part) -> None:
    """Add the defaults of keys that a configuration leaves out; what it states stays as it is.

    Parameters
    ----------
    config
        The mapping that the part was made of.
    part
        The part of a study, such as a whole `Study`.
    """
    for name, field in type(part).model_fields.items():
        stated, value = field.alias or name, getattr(part, name)
        if value is None and not takes_null(field.annotation):
            continue
        if isinstance(value, Part):
            fill_defaults(config.setdefault(stated, {}), value)
        elif isinstance(value, dict) and any(isinstance(each, Part) for each in value.values()):
            for below, each in value.items():
                fill_defaults(config[stated][below], each)
        else:
            config.setdefault(stated, copy.copy(value))


def takes_null(annotation: Any) -> bool:
    """Tell whether null is a value of a key, and not only what stands for a key left out."""
    return type(None) in get_args(annotation)
