"""A region of a study: its part, its grid, its layers and its landslides."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from landshift.acquire.library import PREFIX, read_library
from landshift.factors.table import class_factor, own_factor
from landshift.geodata.boxes import meet, share_ground, unwrap_box
from landshift.study.origins import CLASS_LAYERS, IMAGE_LAYERS, IMAGE_RECIPES, Inventory, Layer
from landshift.study.parts import (
    FARTHEST_M,
    LEAST_CELL_M,
    MOST,
    Coordinate,
    Count,
    GridCrs,
    LayerName,
    Metres,
    Part,
    Problem,
    ProjectedCrs,
    Says,
    Share,
)

TAKEN_NAMES = frozenset(
    {"dem", "dem_detail", "extent", "inventory", "validation", "surveyed"}
    | {"region", "x", "y", "block", "presence"}
)
"""Layers and columns that cannot be a factor of the user's own, nor one of classes."""

SPANNING = frozenset({"dem", "extent"})
"""Layers that say where a region is."""

RELIEF_GROUPS = ("terrain", "drainage", "stability")
"""Groups of factors that an elevation model makes."""

LIBRARY_GROUPS = ("terrain", "drainage")
"""Groups of factors that the regions of the library have."""

SURFACE_LAYERS = ("blue", "red", "nir", "swir")
"""Bands that the group `surface` needs."""

CLIMATE_LAYERS = ("rainfall", "extreme_rainfall")
"""Layers of which each makes a factor of the group `climate`."""

_METRES = "state [xmin, ymin, xmax, ymax] in metres of the grid's CRS"
_DEGREES = (
    "state [west, south, east, north] in degrees of longitude and latitude, such as [10.9, 44.0, "
    "11.2, 44.2]"
)
_RANGE = "is no range; state the lowest and the highest, such as [2, 10]"

Bounds = Annotated[
    list[Coordinate], Field(min_length=4, max_length=4), Says(f"is no box; {_METRES}")
]
Box = Annotated[list[float], Field(min_length=4, max_length=4), Says(f"is no box; {_DEGREES}")]
Range = Annotated[
    list[Annotated[float, Field(ge=0, le=1e6)]], Field(min_length=2, max_length=2), Says(_RANGE)
]


class Grid(Part):
    """The one grid of the region, onto which every layer is warped once."""

    crs: GridCrs = None
    """Projected coordinate reference system in metres, such as EPSG:32643, or `auto` for the UTM
    zone of the region; by default the one of the elevation model, and `auto` where that is
    fetched."""
    resolution_m: float = Field(gt=0, le=FARTHEST_M)
    """Cell size [m], such as 30; the same in all regions of a study."""
    terrain_resolution_m: float = Field(None, gt=0, le=FARTHEST_M)
    """Cell size [m] at which terrain and drainage are derived before they are averaged onto the
    grid; divides `resolution_m`. By default half or a third of it where the elevation model is that
    fine."""
    bounds: Bounds = None
    """Extent as [xmin, ymin, xmax, ymax] in the CRS of the grid [m]; by default that of the
    elevation model, or where that is fetched, of the inventory with `buffer_m` around it."""
    box: Box = None
    """Extent as [west, south, east, north] [degree], instead of `bounds`; across the antimeridian
    west is more than east, such as [179.5, -17, -179.8, -16.5]."""
    buffer_m: Metres = 2000
    """Distance of the edges from the outermost landslides [m], where a fetched elevation model and
    no `bounds` or `box` leave the extent to the inventory; the edges then lie on whole
    kilometres."""

    def find_problems(self) -> Iterator[Problem]:
        """Find cells in degrees, cells that do not divide others, and extents that are none."""
        whole, part = self.resolution_m, self.terrain_resolution_m
        if whole < LEAST_CELL_M:
            yield (
                "resolution_m",
                f"{whole} m is the size of a cell in degrees; state metres, such as 30",
            )
        elif part and (part > whole or abs(whole / part - round(whole / part)) > 1e-6):
            yield (
                "terrain_resolution_m",
                f"{part:g} m does not divide the cells of {whole:g} m; state such as {whole / 2:g}",
            )
        if self.bounds and self.box:
            yield "box", "the extent is stated twice; remove `box` or `bounds`"
        yield from self._check_edges()

    def _check_edges(self) -> Iterator[Problem]:
        if self.bounds:
            west, south, east, north = self.bounds
            if west >= east or south >= north:
                yield "bounds", f"{self.bounds} is no box; {_METRES}"
            elif max(map(abs, self.bounds)) <= 180:
                yield "bounds", f"{self.bounds} look like degrees; {_METRES}"
        if self.box:
            west, south, east, north = self.box
            on_earth = -180 <= min(west, east) < max(west, east) <= 180
            # more than half around the Earth: west and east are swapped
            if not (
                on_earth and -90 < south < north < 90 and unwrap_box(self.box)[2] - west <= 180
            ):
                yield "box", f"{self.box} is no box; {_DEGREES}"

    def overlaps(self, other: "Grid") -> bool:
        """Tell whether two grids may share ground: what is not stated may be anywhere."""
        if self.bounds and other.bounds and self.crs == other.crs:
            return meet(self.bounds, other.bounds)
        return not (self.box and other.box) or share_ground(self.box, other.box)


class Virtual(Part):
    """A region that is generated: relief, rivers, rock units, rain, and landslides with the truth.

    The relief is fractal, every rock unit has its own strength, and the landslides are drawn from
    an infinite-slope model, whose true probability is kept.
    """

    origin: Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
    """West and south edge of the region [m]."""
    crs: ProjectedCrs
    """Projected coordinate reference system in metres, such as EPSG:32632."""
    size: int = Field(256, ge=32, le=4096)
    """Cells along each edge [1]."""
    resolution_m: float = Field(30.0, ge=1, le=1000)
    """Cell size [m]; the same in all regions of a study."""
    relief_m: float = Field(900.0, ge=1, le=8000)
    """Highest minus lowest elevation [m]."""
    roughness: float = Field(0.2, ge=0, le=1)
    """Roughness of the surface before rivers cut it [1], 0 smooth to 1 rough."""
    incision: float = Field(0.5, ge=0, le=3)
    """Age of the valleys in response times of the rivers [1], 0 none, 1 mature."""
    hillslope_length_m: float = Field(50.0, ge=0, le=FARTHEST_M)
    """Length over which soil creep rounds the hills [m]; at most ten cells."""
    lithology_units: int = Field(4, ge=1, le=20)
    """Number of rock units [1]; each has its own strength, soil and erodibility."""
    cohesion_kpa: Range = Field([2.0, 10.0])
    """Lowest and highest cohesion of soil and roots among the units [kPa]."""
    friction_degree: Range = Field([26.0, 38.0])
    """Lowest and highest friction angle among the units [degree]."""
    soil_depth_m: Range = Field([0.5, 2.0])
    """Shallowest and deepest soil [m]."""
    rainfall_mm: float = Field(1500.0, ge=1, le=15000)
    """Mean rainfall [mm/a]; more falls on higher ground."""
    dip_direction_degree: float = Field(0.0, ge=0, le=360)
    """Direction towards which the beds of the rock dip [degree from north]."""
    dip_effect: float = Field(0.0, ge=0, le=0.9)
    """Share of the factor of safety that slopes facing down the dip lose [1]."""
    wetness: float = Field(1.0, ge=0, le=1)
    """Share of the storm's water that soaks the slopes [1]; at 0 they fail dry."""
    micro_relief_m: float = Field(0.0, ge=0, le=20)
    """Standard deviation of hollows and knolls of 30 to 100 m across [m]; above 0 the elevation
    model has cells of a third of the grid's."""
    scar_depth_m: float = Field(0.0, ge=0, le=20)
    """Depth of the scars that the inventory's landslides have left in the elevation model [m]."""
    failure_share: float = Field(0.04, ge=0.001, le=0.5)
    """Mean of the true probability, the share of cells that fail [1]."""
    landslides: Count = 300
    """Landslides in the inventory [1]; any two are at least 90 m apart."""
    validation_landslides: int = Field(0, ge=0, le=MOST)
    """Landslides of later years, only for scoring [1]."""


class Region(Part):
    """A region is either `virtual` (generated) or has `grid`, `layers` and `inventory` (read)."""

    role: Literal["source", "target", "both"]
    """`source` teaches, `target` is mapped, `both` is mapped and teaches the other targets."""
    virtual: Virtual = None
    library: Literal[tuple(name.removeprefix(PREFIX) for name in read_library())] = None
    """A source region that comes with the package, of which nothing else is stated."""
    grid: Grid = None
    layers: dict[LayerName, Layer] = None
    """Where each layer comes from, by name. `dem` (elevation [m]) is needed, or where there is none
    `extent`, a raster whose cells with data other than 0 are the region; `rainfall` [mm/a] and
    `extreme_rainfall` [mm/d] make the climate factors; a layer of lines, say `faults`, makes
    `fault_distance` and `fault_density`; reflectances `blue`, `red`, `nir` and `swir` make the
    surface factors; codes with `kind: class` make class factors, such as `lithology`, `soil` and
    `land_cover`; any other raster becomes a factor by its key `factor`."""
    inventory: Inventory = None
    """The landslides that are known, as points or polygons."""
    validation: Inventory = None
    """Later landslides that no model ever sees; they make the prediction-rate curve. Without them
    the curve uses the landslides that fine-tuning did not use. Keys as in `inventory`."""
    shots: Annotated[
        Count,
        Says(
            "landslides cannot fine-tune a model; state at least 1, or leave the key out to use all"
        ),
    ] = None
    """Targets: how many landslides of the inventory fine-tuning uses [1]; by default all, but no
    more than 250."""
    prevalence: Share = None
    """Targets: the share of cells that fail [1]. It must be stated, because a few landslides with
    as many absences carry no information on it."""

    @property
    def has_elevations(self) -> bool:
        """Whether the region has an elevation model, or merely an extent."""
        return bool(self.virtual or self.library) or "dem" in (self.layers or {})

    @property
    def is_read(self) -> bool:
        """Whether its layers are read: it is neither generated nor from the library."""
        return not (self.virtual or self.library)

    @property
    def own_grid(self) -> Grid | Virtual | None:
        """What states the cells of the region; None where that is missing."""
        return self.virtual or self.grid

    @property
    def fetches_elevation(self) -> bool:
        """Whether a public service, which has no extent, gives the elevation."""
        dem = (self.layers or {}).get("dem")
        return dem is not None and bool(dem.recipe or dem.stac)

    @property
    def follows_inventory(self) -> bool:
        """Whether nothing but its inventory says where the region is.

        An elevation model of the user's own has an extent, one that is still to be fetched has
        none.
        """
        return self.fetches_elevation and not (self.grid.box or self.grid.bounds)

    def list_lines(self) -> list[str]:
        """List the layers of lines."""
        layers = self.layers or {}
        return [name for name in sorted(layers) if layers[name].is_lines]

    def list_climate(self) -> list[str]:
        """List the climate layers."""
        layers = ("rainfall",) if self.virtual else self.layers or {}
        return [name for name in CLIMATE_LAYERS if name in layers]

    def list_bands(self) -> list[str]:
        """List the bands of the group `surface`; none where one of them is missing."""
        layers = self.layers or {}
        return list(SURFACE_LAYERS) if all(name in layers for name in SURFACE_LAYERS) else []

    def list_classes(self) -> list[str]:
        """List the layers of class codes."""
        if self.virtual:
            return ["lithology"]
        layers = self.layers or {}
        return [name for name in sorted(layers) if layers[name].is_class]

    def list_own(self) -> list[str]:
        """List the layers that the configuration makes factors."""
        layers = self.layers or {}
        return [name for name in sorted(layers) if layers[name].factor]

    def find_problems(self) -> Iterator[Problem]:
        """Find what is missing, and what does not belong together."""
        if self.role != "source" and self.prevalence is None:
            yield (
                "prevalence",
                "missing; a target must state the share of its cells that fail (such as 0.02), "
                "because a few landslides with as many absences carry no information on it",
            )
        if not self.is_read:
            yield from self._check_own()
            return
        if self.grid is None:
            yield "grid.resolution_m", "missing; state the cell size in metres, such as 30"
        else:
            yield from self._check_extent(self.grid)
        yield from self._check_spanning()
        for name, layer in (self.layers or {}).items():
            yield from ((f"layers.{path}", text) for path, text in _check_layer(name, layer))
        yield from self._check_inventories()

    def _check_own(self) -> Iterator[Problem]:
        """Find what does not belong to a region that is generated, or one of the library."""
        kind = "virtual" if self.virtual else "library"
        for name in ("layers", "grid", "inventory", "validation"):
            if self.states(name):
                yield name, f"a {kind} region has its own; remove this key or `{kind}`"
        if self.virtual and self.library:
            yield "library", "says another origin than `virtual`; remove one of them"
        if self.library and self.role != "source":
            yield "role", "a region of the library only teaches; state `source`"

    def _check_extent(self, grid: Grid) -> Iterator[Problem]:
        if self.fetches_elevation and grid.bounds and (grid.crs or "auto") == "auto":
            yield (
                "grid.crs",
                "`bounds` are metres of a system that `crs` must name; name it, or state a `box` "
                "in degrees",
            )
        if not self.follows_inventory:
            if "buffer_m" in grid.model_fields_set:
                yield (
                    "grid.buffer_m",
                    "belongs to a region of which only its inventory says where it is, but its "
                    "`bounds`, its `box` or its elevation model do; remove one of them",
                )
        elif self.inventory and not self.inventory.file:
            yield (
                "grid.box",
                "missing; an inventory says where the region is only if it is a `file`: state "
                "[west, south, east, north] in degrees",
            )

    def _check_spanning(self) -> Iterator[Problem]:
        layers = self.layers or {}
        extent = layers.get("extent")
        if "dem" in layers:
            if extent:
                yield "layers.extent", "belongs to a region without `dem`; remove one of them"
        elif extent is None:
            yield (
                "layers.dem",
                "missing; every region needs an elevation model, or where there is none an "
                "`extent`: a raster whose cells with data are the region",
            )
        elif extent.is_lines or extent.is_class or not (extent.file or extent.url):
            yield (
                "layers.extent",
                "must be a raster, from a `file` or a `url`, and without `kind`; name one whose "
                "cells with data are the region",
            )

    def _check_inventories(self) -> Iterator[Problem]:
        inventory, validation = self.inventory, self.validation
        if inventory is None:
            yield (
                "inventory",
                "missing; name a `file` or a `url` with the landslides mapped in this region",
            )
        if validation and validation.surveyed:
            yield (
                "validation.surveyed",
                "belongs to `inventory`, of which absences are drawn; remove it here",
            )
        if inventory and validation and not inventory.is_tested_by(validation):
            yield (
                "validation",
                "is the inventory itself, so the map would be tested on landslides it was fitted "
                "to; end `inventory` with `until` and begin `validation` with a later `from`",
            )

    def is_same_place(self, other: "Region") -> bool:
        """Tell whether two regions are one place: a model would be tested on what it learned."""
        if not self.inventory or self.inventory != other.inventory or self._spans != other._spans:
            return False
        return not (self.grid and other.grid) or self.grid.overlaps(other.grid)

    @property
    def _spans(self) -> str | None:
        layers = self.layers or {}
        layer = layers.get("dem") or layers.get("extent")
        return layer and (layer.sha256 or layer.file or layer.url)


def _check_layer(name: str, layer: Layer) -> Iterator[Problem]:
    """Find what the name of a layer says against it."""
    if layer.recipe in IMAGE_RECIPES and name not in IMAGE_LAYERS:
        yield name, f"{layer.recipe} gives {', '.join(sorted(IMAGE_LAYERS))}; rename the layer"
    if name in CLASS_LAYERS and not layer.is_class:
        yield (
            name,
            f"the cells of {name} are codes, which must not be averaged; add `kind: class`",
        )
    if name != "dem" and layer.units:
        yield f"{name}.units", "belongs to `dem`, which is brought to metres; remove this key"
    if name == "dem" and (layer.is_lines or layer.is_class):
        yield name, "must be a raster of metres; name one and remove `kind: class`"
    elif name in TAKEN_NAMES and layer.factor:
        yield f"{name}.factor", f"{name} means something else; rename the layer"
    elif name in TAKEN_NAMES - SPANNING and (layer.is_class or layer.is_lines):
        yield name, "means something else; rename the layer"
    else:
        yield from _check_factor(name, layer)


def _check_factor(name: str, layer: Layer) -> Iterator[Problem]:
    """Refuse a layer that would be a factor under the name of another factor."""
    try:
        if layer.factor:
            own_factor(name, units=layer.factor.units, long_name=layer.factor.long_name)
        elif layer.is_class and name not in SPANNING:
            class_factor(name)
    except ValueError as error:
        yield name, str(error)
