"""The table of conditioning factors: names, units, meaning and reach, read from ``table.toml``.

Every raster of a factor, every column of a sample table and the documentation take names, units
and long names from here. Distances that define a window are stored once, in `Factor.halo_m`.
"""

import math
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

GROUPS = ("terrain", "drainage", "stability", "proximity", "surface", "climate", "ground", "own")
"""Groups of factors; a group is derived together and stored in one file."""

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
        How far the factor looks around a cell [m]; for window statistics the radius of the window.
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


def _read_table() -> dict[str, Factor]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        table = tomllib.load(file)
    references = table.pop("references")
    return {
        name: _make_factor(name, group, dict(row), references)
        for group, rows in table.items()
        for name, row in rows.items()
    }


def _make_factor(name: str, group: str, row: dict, references: dict[str, str]) -> Factor:
    low, high = row.pop("range")
    reference = " ".join(references[key] for key in row.pop("references"))
    row["halo_m"] = float(row.get("halo_m", 0))
    return Factor(name, group, valid_range=(float(low), float(high)), reference=reference, **row)


FACTORS = _read_table()
"""All factors by name, by group in the order of their bands."""

SUBCELL_SUFFIX = "_subcell"
"""Ends the name of a factor at the steepest hollow of a cell; see `landshift.factors.subcells`."""

DISTANCE_CAP_M = FACTORS["fault_distance"].halo_m
"""Distances to lines are cut here [m]: beyond it, a line tells nothing about a slope."""

DENSITY_RADIUS_M = FACTORS["fault_density"].halo_m
"""Lines are counted into a density within this distance [m]."""

HIGHEST_CODE = int(FACTORS["soil"].valid_range[1])
"""Highest code of a class: up to here float32, in which models take factors, is exact."""

SAFETY_CAP = FACTORS["factor_of_safety"].valid_range[1]
"""Factors of safety are cut here [1]: nothing above it fails."""

CRITICAL_RAINFALL_RANGE = FACTORS["critical_rainfall"].valid_range
"""Critical rainfall is kept in this range [log10(mm/d)]: its ends mean always and never failing."""


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


def name_factor(code: str) -> str:
    """Name a factor in the words of its field, with its code behind where the words differ.

    Examples
    --------
    >>> name_factor("twi"), name_factor("slope"), name_factor("canal_distance")
    ('topographic wetness index (twi)', 'slope', 'canal distance (canal_distance)')
    """
    words = FACTORS[code].long_name if code in FACTORS else code.replace("_", " ")
    words = re.split(r" \(|,", words)[0]
    return words if words == code else f"{words} ({code})"


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
    long_name = f"distance to the nearest {feature.replace('_', ' ')}"
    return replace(FACTORS["fault_distance"], name=name, long_name=long_name)


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
    long_name = f"density of {feature.replace('_', ' ')}s within {DENSITY_RADIUS_M:g} m"
    return replace(FACTORS["fault_density"], name=name, long_name=long_name)


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
    long_name = f"{layer.replace('_', ' ')} (class code)"
    factor = FACTORS.get(layer) or replace(FACTORS["soil"], name=layer, long_name=long_name)
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
