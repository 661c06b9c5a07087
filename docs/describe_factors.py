"""Write docs/factors.md, the table of factors, and a picture of each (`make factor-docs`).

    python docs/describe_factors.py           # table and pictures
    python docs/describe_factors.py --text    # only the table

Input: the table of `landshift.factors.table`, and a virtual region that is generated here. Output:
docs/factors.md and docs/images/factors/*.png.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image
from shapely import LineString

from landshift.acquire.virtual.regions import generate_virtual_region
from landshift.factors.drainage.derive import derive_drainage_factors
from landshift.factors.proximity import derive_proximity_factors
from landshift.factors.table import FACTORS, GROUPS, WHOLE_REGION, Factor, factor_names
from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.report.figures.style import figure_style
from landshift.runtime.files import unfinished

PAGE = Path(__file__).with_name("factors.md")
PICTURES = Path(__file__).parent / "images/factors"

ORIGIN = (500_000.0, 4_900_000.0)
SIZE = 200
RESOLUTION_M = 30.0
CAPTION = f"virtual region of {SIZE * RESOLUTION_M / 1000:g} km, cells of {RESOLUTION_M:g} m"

WIDTH_IN, HEIGHT_IN, DPI = 1.7, 2.05, 100
COLOURS = 160
CLIP = (0.02, 0.98)
"""Quantiles between which the colours run."""

INTRODUCTION = f"""\
# Factors

Written by `make factor-docs` from `src/landshift/factors/table.toml`; edit that, not this page.

The range is what the definition allows. *Reach* is how far a factor looks around a cell, beyond the
ring of neighbours that the fitted surface needs. Pictures: a {CAPTION}; colours run between the
2 % and the 98 % quantile.
"""

MEANINGS = {
    "terrain": "The shape of the ground around a cell.",
    "drainage": "Where water gathers, and where streams are.",
    "stability": "A physical model of shallow landslides, with stated properties of the soil.",
    "proximity": "Mapped lines of the region. Every further layer of lines leads to factors of its "
    "own; these are the usual ones.",
    "surface": "What grows on the ground, from bands of reflectance.",
    "climate": "Layers of rainfall.",
    "ground": "Classes of rock and soil.",
}

CLOSING = """\
## Compared with other tools

**GDAL.** Slope and aspect equal `gdaldem` to 0.001 degree, terrain ruggedness equals its `TRI -alg
Riley`, roughness its `roughness`, everywhere but in the outermost ring of cells
(`tests/factors/test_accuracy_gdaldem.py`, run where `gdaldem` is installed).

**SAGA.** The terrain attributes `ta.tif` that come with the landslides of Ecuador
([data](data.md)), without a rim of two cells:

```sh
python benchmarks/explain_ecuador.py FOLDER
```

| band | compared with | r | rank r | median difference | 99 % |
|---|---|--:|--:|--:|--:|
| slope | `slope` | 0.9897 | 0.9884 | 7.7e-01 | 5.7e+00 |
| slope | Zevenbergen-Thorne | 1.0000 | 1.0000 | 7.0e-07 | 1.9e-06 |
| cprof | `profile_curvature` | 0.9409 | 0.9483 | 1.9e-03 | 2.2e-02 |
| cprof | Zevenbergen-Thorne | 1.0000 | 1.0000 | 1.1e-10 | 1.7e-09 |
| cplan | `tangential_curvature` | 0.5281 | 0.9474 | 1.1e-02 | 1.8e-01 |
| cplan | Zevenbergen-Thorne | 1.0000 | 1.0000 | 3.6e-10 | 6.5e-09 |
| log10_carea | `upslope_area` | 0.8827 | 0.9844 | 2.4e-07 | 1.8e+00 |

- *Slope and profile curvature* mean the same. SAGA fits the surface of Zevenbergen and Thorne
  (1987), which takes differences of only the direct neighbours; Landshift smooths across them with
  the weights 1-2-1. The formulas of Zevenbergen and Thorne give SAGA's bands to the last digits, so
  the surface is the whole difference. Signs agree: positive is convex.
- *cplan* is another quantity: the curvature of the contour line, which is the tangential curvature
  over the sine of the slope and grows without bound on flats (-26 to 4 1/m here). The ranks agree,
  the values do not.
- *log10_carea* comes from the same multiple flow (Freeman, exponent 1.1): the median cell is equal
  to the last digit. SAGA was given the elevation model with its depressions, where flow ends;
  Landshift fills them, so that the valleys below gather it. SAGA 8.5 run anew on the model as it
  is comes within 0.05 of the band in 98 % of the cells, on the filled model in 95 %, Landshift in
  94 %.
"""


def main(*, text_only: bool) -> None:
    """Write the pictures, unless only text is asked for, and the page."""
    if not text_only:
        draw_pictures(PICTURES)
    PAGE.write_text(describe_factors())


def describe_factors() -> str:
    """Describe every group of factors in a section with a table."""
    sections = [_describe_group(group) for group in GROUPS if factor_names(group)]
    return "\n".join([INTRODUCTION, *sections, CLOSING])


def _describe_group(group: str) -> str:
    lines = [f"## {group.capitalize()}", ""]
    if group in MEANINGS:
        lines += [MEANINGS[group], ""]
    lines += [
        "| | factor | unit | meaning | range | reach | source |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_describe_factor(FACTORS[name]) for name in factor_names(group)]
    return "\n".join([*lines, ""])


def _describe_factor(factor: Factor) -> str:
    picture = PICTURES / f"{factor.name}.png"
    shown = f'<img src="images/factors/{factor.name}.png" alt="" width="150">'
    cells = [
        shown if picture.exists() else "",
        f"`{factor.name}`",
        factor.units,
        factor.long_name,
        " to ".join(f"{limit:g}" for limit in factor.valid_range),
        _describe_reach(factor.halo_m),
        _link_sources(factor.reference),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _describe_reach(distance_m: float) -> str:
    if distance_m == WHOLE_REGION:
        return "the region"
    return f"{distance_m:g} m" if distance_m else "cell"


def _link_sources(reference: str) -> str:
    """Turn ``doi:...`` into links."""

    def link(found: re.Match) -> str:
        address = found[1].replace("(", "%28").replace(")", "%29")
        return f"[doi](https://doi.org/{address})"

    return re.sub(r"doi:(10\.\S*[^\s.,;:])", link, reference)


def draw_pictures(folder: Path) -> None:
    """Draw a picture of every factor that a virtual region has."""
    folder.mkdir(parents=True, exist_ok=True)
    factors = derive_all()
    for stale in folder.glob("*.png"):
        if stale.stem not in factors:
            stale.unlink()
    for name, values in factors.items():
        draw_picture(values, FACTORS[name], folder / f"{name}.png")


def derive_all() -> dict[str, xr.DataArray]:
    """Derive the factors of all groups for the region of the pictures."""
    layers = generate_virtual_region(
        "atlas", seed=11, origin=ORIGIN, crs="EPSG:32632", size=SIZE, resolution_m=RESOLUTION_M
    ).layers
    derivations: dict[str, Callable[[], xr.Dataset]] = {
        "terrain": lambda: derive_terrain_factors(layers.dem),
        "drainage": lambda: derive_drainage_factors(layers.dem),
        "proximity": lambda: derive_proximity_factors(invent_lines(), layers.dem.odc.geobox),
        "stability": lambda: derive_stability(layers.dem),
        "surface": lambda: derive_surface(layers.dem),
        "climate": lambda: layers[["rainfall"]],
        "ground": lambda: layers[["lithology"]],
    }
    return {
        name: values
        for group in GROUPS
        if factor_names(group)
        for name, values in derivations[group]().items()
        if name in FACTORS
    }


def invent_lines() -> dict[str, gpd.GeoDataFrame]:
    """Draw a fault, two roads and a river across the region."""
    shapes = {
        "faults": [[(0.1, 0.0), (0.35, 0.5), (0.4, 1.0)], [(0.35, 0.5), (0.9, 0.8)]],
        "roads": [[(0.0, 0.3), (0.3, 0.25), (0.55, 0.4), (1.0, 0.35)], [(0.55, 0.4), (0.6, 1.0)]],
        "rivers": [[(0.8, 1.0), (0.65, 0.7), (0.7, 0.4), (0.5, 0.2), (0.45, 0.0)]],
    }
    edge_m = SIZE * RESOLUTION_M
    return {
        layer: gpd.GeoDataFrame(
            geometry=[LineString(np.array(line) * edge_m + ORIGIN) for line in lines],
            crs="EPSG:32632",
        )
        for layer, lines in shapes.items()
    }


def derive_stability(dem: xr.DataArray) -> xr.Dataset:
    """Derive the stability group with its default soil."""
    from landshift.factors.stability import derive_stability_factors

    slope = derive_terrain_factors(dem).slope
    return derive_stability_factors(slope, derive_drainage_factors(dem).upslope_area)


def derive_surface(dem: xr.DataArray) -> xr.Dataset:
    """Derive the surface group from reflectances of an invented forest that thins with height."""
    from landshift.factors.surface import derive_surface_factors

    height = (dem - dem.min()) / (dem.max() - dem.min())
    wet = ((derive_drainage_factors(dem).twi - 4) / 6).clip(0, 1)
    forest = (1 - 0.6 * height) * (0.4 + 0.6 * wet)
    # reflectance of bare rock and of closed forest in each band
    spectra = {
        "blue": (0.12, 0.03),
        "green": (0.16, 0.06),
        "red": (0.20, 0.03),
        "nir": (0.28, 0.40),
        "swir": (0.34, 0.15),
    }
    bands = {name: bare + (leaf - bare) * forest for name, (bare, leaf) in spectra.items()}
    return derive_surface_factors({name: band.astype(np.float32) for name, band in bands.items()})


@figure_style()
def draw_picture(values: xr.DataArray, factor: Factor, path: Path) -> None:
    """Draw one factor: a map, and below it the scale of its colours."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    edge = 0.06 / WIDTH_IN
    height = (WIDTH_IN - 0.12) / HEIGHT_IN
    axes = figure.add_axes((edge, 1 - height - 0.06 / HEIGHT_IN, 1 - 2 * edge, height))
    axes.set_axis_off()
    classes = np.issubdtype(values.dtype, np.integer)
    image = axes.imshow(values.values, interpolation="nearest", **_choose_colours(values, factor))
    if not classes:
        below = figure.add_axes((0.12, 0.155, 0.76, 0.035))
        bar = figure.colorbar(image, cax=below, orientation="horizontal")
        bar.ax.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 4, 5, 10]))
        bar.ax.tick_params(labelsize=7, length=2, pad=1)
        bar.outline.set_visible(False)
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    with unfinished(path) as partial:
        # a palette halves the file, and no eye sees it
        pixels.quantize(COLOURS).save(partial, format="png", optimize=True)


def _choose_colours(values: xr.DataArray, factor: Factor) -> dict:
    """Choose colours: one hue per class, two hues about zero, or light to dark."""
    if np.issubdtype(values.dtype, np.integer):
        return {"cmap": "Set2", "vmin": 1, "vmax": 8}
    low, high = np.nanquantile(values.values, CLIP)
    if factor.valid_range[0] == -factor.valid_range[1]:
        farthest = max(abs(low), abs(high))
        return {"cmap": "PuOr_r", "vmin": -farthest, "vmax": farthest}
    return {"cmap": "viridis", "vmin": low, "vmax": high}


if __name__ == "__main__":
    main(text_only="--text" in sys.argv)
