"""Compare factors with the terrain attributes that SAGA gave for Ecuador, and say why they differ.

    python benchmarks/explain_ecuador.py FOLDER

FOLDER holds `dem_rsaga_10m.tif` and `ta.tif` (see docs/data.md). Every band of `ta.tif` is compared
with the factor of Landshift that is nearest in meaning, and with SAGA's definition written out
here: where that one agrees to the last digits, the definition is the whole difference.
"""

import sys
from pathlib import Path

import numpy as np
import rasterio
from scipy.stats import rankdata

from landshift.factors.drainage.derive import derive_drainage_factors
from landshift.factors.terrain.derive import derive_terrain_factors
from landshift.geodata.raster import open_raster

RIM = 2
"""Cells left out along the edge, where the two treat missing neighbours differently."""


def fit_zevenbergen_thorne(elevation: np.ndarray, edge_m: float) -> dict[str, np.ndarray]:
    """Derive slope [degree] and curvatures [1/m] as SAGA does by default.

    The surface is that of Zevenbergen and Thorne (1987): differences of the direct neighbours
    alone, without smoothing. Profile curvature is that of the normal section; plan curvature that
    of the contour line, which grows without bound where the slope vanishes.
    """

    def shift(down: int, right: int) -> np.ndarray:
        return np.roll(elevation, (-down, -right), axis=(0, 1))

    east = (shift(0, 1) - shift(0, -1)) / (2 * edge_m)
    north = (shift(-1, 0) - shift(1, 0)) / (2 * edge_m)
    bend_x = (shift(0, 1) + shift(0, -1) - 2 * elevation) / edge_m**2
    bend_y = (shift(1, 0) + shift(-1, 0) - 2 * elevation) / edge_m**2
    twist = (shift(-1, 1) - shift(-1, -1) - shift(1, 1) + shift(1, -1)) / (4 * edge_m**2)
    square = east**2 + north**2
    with np.errstate(divide="ignore", invalid="ignore"):
        along = bend_x * east**2 + 2 * twist * east * north + bend_y * north**2
        across = bend_x * north**2 - 2 * twist * east * north + bend_y * east**2
        return {
            "slope": np.degrees(np.arctan(np.sqrt(square))),
            "cprof": -along / (square * (1 + square) ** 1.5),
            "cplan": -across / square**1.5,
        }


def compare(first: np.ndarray, second: np.ndarray) -> list[str]:
    """Format correlation, rank correlation, and the median and 99 % quantile of the difference."""
    inside = np.zeros(first.shape, bool)
    inside[RIM:-RIM, RIM:-RIM] = True
    inside &= np.isfinite(first) & np.isfinite(second)
    first, second = first[inside], second[inside]
    difference = np.abs(first - second)
    linear = np.corrcoef(first, second)[0, 1]
    ranked = np.corrcoef(rankdata(first), rankdata(second))[0, 1]
    quantiles = [f"{np.quantile(difference, share):.1e}" for share in (0.5, 0.99)]
    return [f"{linear:.4f}", f"{ranked:.4f}", *quantiles]


def main(folder: Path) -> None:
    """Print one table with a line per comparison."""
    dem = open_raster(folder / "dem_rsaga_10m.tif")
    with rasterio.open(folder / "ta.tif") as source:
        saga = {name: source.read(band) for band, name in enumerate(source.descriptions, start=1)}
    terrain, drainage = derive_terrain_factors(dem), derive_drainage_factors(dem)
    own = {
        "slope": ("`slope`", terrain.slope),
        "cprof": ("`profile_curvature`", terrain.profile_curvature),
        "cplan": ("`tangential_curvature`", terrain.tangential_curvature),
        "log10_carea": ("`upslope_area`", drainage.upslope_area),
    }
    exact = fit_zevenbergen_thorne(dem.values.astype(float), abs(dem.odc.geobox.resolution.x))
    print("| band | compared with | r | rank r | median difference | 99 % |")
    print("|---|---|--:|--:|--:|--:|")
    for band, (name, factor) in own.items():
        print("| " + " | ".join([band, name, *compare(factor.values, saga[band])]) + " |")
        if band in exact:
            cells = [band, "Zevenbergen-Thorne", *compare(exact[band], saga[band])]
            print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
