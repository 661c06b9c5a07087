"""The table of conditioning factors: names, units, meaning and reach.

Every raster of a factor, every column of a sample table and the documentation take names, units
and long names from here. Distances that define a window are stored once, in `Factor.halo_m`.
"""

import math
from dataclasses import dataclass

GROUPS = ("terrain", "drainage", "stability", "proximity", "surface", "climate", "ground", "own")
"""Groups of factors; a group is derived together and stored in one file."""

DISTANCE_CAP_M = 5000.0
"""Distances to mapped lines are cut here [m]: beyond it, a line tells nothing about a slope."""

DENSITY_RADIUS_M = 1000.0
"""Lines are counted into a density within this distance [m]."""

SAFETY_CAP = 10.0
"""Factors of safety are cut here [1]: nothing above it fails."""

CRITICAL_RAINFALL_RANGE = (-1.0, 4.0)
"""Critical rainfall is kept in this range [log10(mm/d)]: its ends mean always and never failing."""

HIGHEST_CODE = 2**24
"""Highest code of a class: up to here float32, in which models take factors, is exact."""

WHOLE_REGION = math.inf
"""Reach of a factor that depends on the whole region [m]."""


@dataclass(frozen=True)
class Factor:
    """One conditioning factor.

    Attributes
    ----------
    name : str
        Name of the band, of the variable and of the table column.
    group : str
        One of `GROUPS`.
    units : str
        Unit of the values; ``1`` for shares and directions.
    long_name : str
        What a reader of a map sees.
    valid_range : tuple of float
        Lowest and highest value that the definition allows, in `units`.
    reference : str
        Where the formula comes from.
    halo_m : float
        How far the factor looks around a cell [m], beside `rings`; for window statistics the
        radius of the window.
    rings : int
        Rings of neighbours [cells] that it needs beyond that; one for the fitted surface.
    classes : bool
        Whether its values are codes of classes, which have no order.
    """

    name: str
    group: str
    units: str
    long_name: str
    valid_range: tuple[float, float]
    reference: str
    halo_m: float = 0.0
    rings: int = 1
    classes: bool = False

    def halo_cells(self, resolution_m: float) -> int:
        """Count the rings of neighbours [cells] needed for an exact value."""
        if math.isinf(self.halo_m):
            raise ValueError(
                f"{self.name} depends on the whole region: no halo makes a part of it exact"
            )
        reach = window_radius(self.halo_m, resolution_m) if self.halo_m else 0
        return reach + self.rings


def window_radius(distance_m: float, resolution_m: float) -> int:
    """Turn a radius [m] into cells; at least one.

    Examples
    --------
    >>> window_radius(90.0, 30.0), window_radius(90.0, 12.5), window_radius(90.0, 250.0)
    (3, 7, 1)
    """
    return max(1, round(distance_m / resolution_m))


def factor_names(group: str) -> tuple[str, ...]:
    """List the factors of a group in the order of their bands.

    Raises
    ------
    ValueError
        If there is no such group.
    """
    if group not in GROUPS:
        raise ValueError(f"no group of factors is called {group!r}; there are {', '.join(GROUPS)}")
    return tuple(name for name, factor in FACTORS.items() if factor.group == group)


def line_distance(layer: str) -> Factor:
    """Give the factor that a layer of mapped lines leads to.

    Parameters
    ----------
    layer
        Name of the layer, such as ``faults``. Mapped rivers get a name of their own, because
        ``river_distance`` belongs to the rivers derived from the elevation model.

    Examples
    --------
    >>> line_distance("faults").name, line_distance("rivers").name, line_distance("canal").name
    ('fault_distance', 'mapped_river_distance', 'canal_distance')
    """
    feature = _name_feature(layer)
    name = f"{feature}_distance"
    if name in FACTORS:
        return FACTORS[name]
    return _line_distance(name, f"distance to the nearest {feature.replace('_', ' ')}")


def line_density(layer: str) -> Factor:
    """Give the factor that tells how many lines of a layer lie around a cell.

    Parameters
    ----------
    layer
        Name of the layer, as for `line_distance`.

    Examples
    --------
    >>> line_density("faults").name, line_density("rivers").name, line_density("canal").name
    ('fault_density', 'mapped_river_density', 'canal_density')
    """
    feature = _name_feature(layer)
    name = f"{feature}_density"
    if name in FACTORS:
        return FACTORS[name]
    return _line_density(name, f"density of {feature.replace('_', ' ')}s")


def class_factor(layer: str) -> Factor:
    """Give the factor that a layer of class codes leads to.

    Parameters
    ----------
    layer
        Name of the layer, which becomes the name of the factor. Land cover belongs to the group
        ``surface``, every other layer of codes to ``ground``.

    Raises
    ------
    ValueError
        If the library derives measurements of that name.

    Examples
    --------
    >>> class_factor("land_cover").group, class_factor("forest_type").group
    ('surface', 'ground')
    """
    factor = FACTORS.get(layer) or _class_factor(layer, "ground", layer.replace("_", " "))
    if not factor.classes:
        raise ValueError(
            f"a layer of codes cannot be called {layer}, because the group {factor.group} has a "
            "measured factor of that name; give the layer another name"
        )
    return factor


def own_factor(layer: str, *, units: str, long_name: str) -> Factor:
    """Give the factor that a raster of the user's own is.

    Parameters
    ----------
    layer
        Name of the layer, which becomes the name of the factor.
    units, long_name
        As stated in the configuration.

    Raises
    ------
    ValueError
        If a factor of that name is derived by the library.

    Examples
    --------
    >>> own_factor("peak_acceleration", units="m/s2", long_name="peak acceleration").group
    'own'
    """
    if layer in FACTORS:
        raise ValueError(
            f"the layer {layer} cannot be a factor of your own, because the group "
            f"{FACTORS[layer].group} has one of that name; give the layer another name"
        )
    everything = (-math.inf, math.inf)
    return Factor(layer, "own", units, long_name, everything, "The layer of the region")


def _name_feature(layer: str) -> str:
    feature = layer.removesuffix("s").replace(" ", "_")
    return f"mapped_{feature}" if feature in ("river", "stream") else feature


_HORN = (
    "Quadratic surface by weighted least squares on 3x3 cells with the weights 1-2-1; its gradient "
    "is that of Horn (1981), doi:10.1109/PROC.1981.11918"
)
_WIDER = (
    "As at the resolution of the grid, with the surface fitted to a wider window "
    "(after Wood, 1996, The geomorphological characterisation of digital elevation models)"
)
_CURVATURE = "Krcho (1973); Shary (1995), doi:10.1007/BF02084608. " + _HORN
_TPI = "Weiss (2001), Topographic position and landforms analysis, ESRI user conference"
_RELATIVE = (
    "Share of the local relief that lies below the cell, "
    "after Skidmore (1990), doi:10.1080/02693799008941549"
)
_RELIEF = "Range of elevation in a disc: Smith (1935), doi:10.2307/209247"
_DEVIATION = "Grohmann et al. (2011), doi:10.1109/TGRS.2010.2053546"
_LINES = "Euclidean distance from the centre of the cell to the nearest line"
_CLASSES = "The layer of the region: nearest neighbour, or majority when the cells become larger"
_DENSITY = "Length of lines in a disc over its area, after Horton (1945), drainage density"


def _line_distance(name: str, long_name: str) -> Factor:
    return Factor(name, "proximity", "m", long_name, (0.0, DISTANCE_CAP_M), _LINES, DISTANCE_CAP_M)


def _line_density(name: str, long_name: str) -> Factor:
    radius = f"{long_name} within {DENSITY_RADIUS_M:g} m"
    return Factor(name, "proximity", "km/km2", radius, (0.0, 1000.0), _DENSITY, DENSITY_RADIUS_M)


def _index(name: str, long_name: str, reference: str) -> Factor:
    return Factor(name, "surface", "1", long_name, (-1.0, 1.0), reference)


def _class_factor(name: str, group: str, long_name: str) -> Factor:
    codes = (0.0, float(HIGHEST_CODE))
    return Factor(name, group, "1", f"{long_name} (class code)", codes, _CLASSES, classes=True)


def _relative_position(distance_m: int) -> Factor:
    return Factor(
        f"relative_slope_position_{distance_m}m",
        "terrain",
        "1",
        f"relative slope position within {distance_m} m",
        (0.0, 1.0),
        _RELATIVE,
        float(distance_m),
    )


def _relief(distance_m: int) -> Factor:
    return Factor(
        f"relief_{distance_m}m",
        "terrain",
        "m",
        f"relief within {distance_m} m",
        (0.0, 10000.0),
        _RELIEF,
        float(distance_m),
    )


def _topographic_position(distance_m: int) -> Factor:
    return Factor(
        f"tpi_{distance_m}m",
        "terrain",
        "m",
        f"topographic position index within {distance_m} m",
        (-10000.0, 10000.0),
        _TPI,
        float(distance_m),
    )


def _wider_shape(distance_m: int) -> tuple[Factor, Factor, Factor]:
    scale, reach_m = f"{distance_m}m", float(distance_m)
    curved = f"over {distance_m} m (positive: convex)"
    return (
        Factor(
            f"slope_{scale}",
            "terrain",
            "degree",
            f"slope over {distance_m} m",
            (0.0, 90.0),
            _WIDER,
            reach_m,
        ),
        Factor(
            f"profile_curvature_{scale}",
            "terrain",
            "1/m",
            f"profile curvature {curved}",
            (-1.0, 1.0),
            _WIDER,
            reach_m,
        ),
        Factor(
            f"tangential_curvature_{scale}",
            "terrain",
            "1/m",
            f"tangential curvature {curved}",
            (-1.0, 1.0),
            _WIDER,
            reach_m,
        ),
    )


_TERRAIN = (
    Factor("slope", "terrain", "degree", "slope", (0.0, 90.0), _HORN),
    Factor("northness", "terrain", "1", "northness (cosine of the aspect)", (-1.0, 1.0), _HORN),
    Factor("eastness", "terrain", "1", "eastness (sine of the aspect)", (-1.0, 1.0), _HORN),
    Factor(
        "profile_curvature",
        "terrain",
        "1/m",
        "profile curvature (positive: convex)",
        (-1.0, 1.0),
        _CURVATURE,
    ),
    Factor(
        "tangential_curvature",
        "terrain",
        "1/m",
        "tangential curvature (positive: convex)",
        (-1.0, 1.0),
        _CURVATURE,
    ),
    Factor(
        "plan_curvature",
        "terrain",
        "1/m",
        "plan curvature of the contours (positive: convex), cut at one over the cell",
        (-1.0, 1.0),
        "Krcho (1973); Evans (1980), Zeitschrift fuer Geomorphologie Suppl. 36. " + _HORN,
    ),
    *_wider_shape(90),
    *_wider_shape(300),
    Factor(
        "slope_mean_300m",
        "terrain",
        "degree",
        "mean slope within 300 m",
        (0.0, 90.0),
        "Mean over a disc",
        300.0,
    ),
    _topographic_position(90),
    _topographic_position(300),
    _topographic_position(900),
    Factor(
        "terrain_ruggedness",
        "terrain",
        "m",
        "terrain ruggedness index (Riley: root of the summed squares)",
        (0.0, 30000.0),
        "Riley, DeGloria and Elliot (1999), Intermountain Journal of Sciences 5, 23-27",
    ),
    Factor(
        "terrain_ruggedness_wilson",
        "terrain",
        "m",
        "terrain ruggedness index (Wilson: mean difference)",
        (0.0, 10000.0),
        "Wilson et al. (2007), doi:10.1080/01490410701295962",
    ),
    Factor(
        "vector_ruggedness_90m",
        "terrain",
        "1",
        "vector ruggedness measure within 90 m",
        (0.0, 1.0),
        "Sappington, Longshore and Thompson (2007), doi:10.2193/2005-723, over a disc",
        90.0,
    ),
    Factor(
        "roughness",
        "terrain",
        "m",
        "roughness (range of elevation in 3x3 cells)",
        (0.0, 10000.0),
        "Wilson et al. (2007), doi:10.1080/01490410701295962",
    ),
    Factor(
        "slope_deviation",
        "terrain",
        "degree",
        "standard deviation of slope within 150 m",
        (0.0, 45.0),
        _DEVIATION,
        150.0,
    ),
    _relief(150),
    _relief(450),
    _relative_position(150),
    _relative_position(450),
    Factor(
        "elevation_percentile",
        "terrain",
        "1",
        "share of the region that lies lower",
        (0.0, 1.0),
        "Empirical distribution of elevation in the region",
        WHOLE_REGION,
    ),
    Factor(
        "elevation_percentile_300m",
        "terrain",
        "1",
        "share of the cells within 300 m that lie lower",
        (0.0, 1.0),
        "Gallant and Wilson (2000), Terrain analysis, chapter 3; over a disc, in steps of 1/64 m, "
        "ties count half",
        300.0,
    ),
    Factor(
        "convergence_index",
        "terrain",
        "degree",
        "convergence index (negative: slopes around point to the cell)",
        (-90.0, 90.0),
        "Koethe and Lehmeier (1996), SARA, user manual; on 3x3 cells",
        rings=2,
    ),
    Factor(
        "openness_300m",
        "terrain",
        "degree",
        "positive openness within 300 m",
        (0.0, 180.0),
        "Yokoyama, Shirasawa and Pike (2002), Photogrammetric Engineering and Remote Sensing 68, "
        "257-265; eight directions",
        300.0,
    ),
    Factor(
        "heat_load",
        "terrain",
        "MJ/cm2/a",
        "potential annual heat load",
        (0.0, 2.0),
        "McCune and Keon (2002), doi:10.1111/j.1654-1103.2002.tb02087.x, equation 1 with the "
        "latitude of the region's centre; mirrored south of the equator",
        WHOLE_REGION,
    ),
)

_DRAINAGE = (
    Factor(
        "upslope_area",
        "drainage",
        "log10(m2)",
        "upslope area (decimal logarithm)",
        (0.0, 13.0),
        "Freeman (1991), doi:10.1016/0098-3004(91)90048-I",
        WHOLE_REGION,
    ),
    Factor(
        "specific_catchment_area",
        "drainage",
        "log10(m)",
        "specific catchment area (decimal logarithm)",
        (-3.0, 12.0),
        "Upslope area over the edge of a cell: Chirico et al. (2005), doi:10.1002/hyp.5627",
        WHOLE_REGION,
    ),
    Factor(
        "twi",
        "drainage",
        "ln(m)",
        "topographic wetness index",
        (-10.0, 40.0),
        "Beven and Kirkby (1979), doi:10.1080/02626667909491834",
        WHOLE_REGION,
    ),
    Factor(
        "spi",
        "drainage",
        "ln(m)",
        "stream power index",
        (-20.0, 30.0),
        "Moore, Grayson and Ladson (1991), doi:10.1002/hyp.3360050103",
        WHOLE_REGION,
    ),
    Factor(
        "sti",
        "drainage",
        "ln(1)",
        "sediment transport index (natural logarithm)",
        (-25.0, 20.0),
        "Moore and Burch (1986), doi:10.1029/WR022i008p01350",
        WHOLE_REGION,
    ),
    Factor(
        "hand",
        "drainage",
        "m",
        "height above the nearest stream",
        (0.0, 10000.0),
        "Nobre et al. (2011), doi:10.1016/j.jhydrol.2011.03.051, as a mean over multiple flow",
        WHOLE_REGION,
    ),
    Factor(
        "flow_distance",
        "drainage",
        "m",
        "distance to the nearest stream along the flow",
        (0.0, DISTANCE_CAP_M),
        "Length of the steepest descent (D8): O'Callaghan and Mark (1984), "
        "doi:10.1016/S0734-189X(84)80011-0",
        WHOLE_REGION,
    ),
    Factor(
        "stream_order",
        "drainage",
        "1",
        "order of the stream that the cell drains to (0: none in the region)",
        (0.0, 20.0),
        "Strahler (1957), doi:10.1029/TR038i006p00913",
        WHOLE_REGION,
    ),
    Factor(
        "stream_distance",
        "drainage",
        "m",
        "distance to the nearest stream",
        (0.0, DISTANCE_CAP_M),
        "Euclidean distance to streams derived from the elevation model",
        WHOLE_REGION,
    ),
    Factor(
        "river_distance",
        "drainage",
        "m",
        "distance to the nearest river",
        (0.0, DISTANCE_CAP_M),
        "Euclidean distance to rivers derived from the elevation model",
        WHOLE_REGION,
    ),
)

_STABILITY = (
    Factor(
        "factor_of_safety",
        "stability",
        "1",
        "factor of safety of an infinite slope at the design recharge",
        (0.0, SAFETY_CAP),
        "Infinite slope with the wetness of Montgomery and Dietrich (1994), doi:10.1029/93WR02979",
        WHOLE_REGION,
    ),
    Factor(
        "critical_rainfall",
        "stability",
        "log10(mm/d)",
        "steady rainfall at which the slope fails (decimal logarithm)",
        CRITICAL_RAINFALL_RANGE,
        "SHALSTAB: Montgomery and Dietrich (1994), doi:10.1029/93WR02979; with cohesion: Dietrich, "
        "Bellugi and Real de Asua (2001), doi:10.1029/WS002p0195",
        WHOLE_REGION,
    ),
)

_OTHERS = (
    _line_distance("fault_distance", "distance to the nearest fault"),
    _line_distance("road_distance", "distance to the nearest road"),
    _line_distance("mapped_river_distance", "distance to the nearest mapped river"),
    _line_density("fault_density", "density of faults"),
    _line_density("road_density", "density of roads"),
    _line_density("mapped_river_density", "density of mapped rivers"),
    _index(
        "ndvi",
        "normalised difference vegetation index",
        "(nir - red) / (nir + red): Tucker (1979), doi:10.1016/0034-4257(79)90013-0",
    ),
    _index(
        "ndmi",
        "normalised difference moisture index",
        "(nir - swir) / (nir + swir): Gao (1996), doi:10.1016/S0034-4257(96)00067-3, "
        "with the band at 1.6 micrometres",
    ),
    _index(
        "bsi",
        "bare soil index",
        "((swir + red) - (nir + blue)) / ((swir + red) + (nir + blue)): "
        "Rikimaru, Roy and Miyatake (2002), Tropical Ecology 43, 39-47",
    ),
    Factor(
        "rainfall",
        "climate",
        "mm/a",
        "mean annual rainfall",
        (0.0, 20000.0),
        "The layer of the region, resampled to its grid",
    ),
    Factor(
        "extreme_rainfall",
        "climate",
        "mm/d",
        "extreme daily rainfall",
        (0.0, 3000.0),
        "The layer of the region, resampled to its grid",
    ),
    _class_factor("land_cover", "surface", "land cover"),
    _class_factor("lithology", "ground", "lithological unit"),
    _class_factor("soil", "ground", "soil"),
)

FACTORS: dict[str, Factor] = {
    factor.name: factor for factor in (*_TERRAIN, *_DRAINAGE, *_STABILITY, *_OTHERS)
}
"""All factors by name, in the order of their bands."""
