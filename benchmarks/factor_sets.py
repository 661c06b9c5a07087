"""Measure what groups of factors are worth to the transfer, on the regions of a study that has run.

Every set is scored on the same draws; `gain` is the paired difference to the factors of the study.
Needs the factors and samples of `make benchmark`.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from robustness import read_regions

from landshift.evaluation.benchmark.run import RegionTables, run_transfer_benchmark
from landshift.evaluation.benchmark.summary import bootstrap_interval
from landshift.factors import drainage as flow
from landshift.factors.drainage.derive import LOWEST_GRADIENT
from landshift.factors.drainage.indices import derive_indices
from landshift.factors.stability import derive_stability_factors
from landshift.factors.table import FACTORS
from landshift.geodata.detail import average_detail
from landshift.geodata.raster import open_raster, read_factors, wrap_like

INDICES = ("upslope_area", "specific_catchment_area", "twi", "spi", "sti")
"""Factors that follow multiple flow, in the order of `derive_indices`."""

WIDER = re.compile(r"_\d+m$")
"""How the names of factors end that look farther than the cells next to one."""

TARGET_FACTORS, TARGET_CLASSES = ("fault_distance",), ("lithology", "land_cover")
"""What the benchmark study keeps for the fine-tuning of the target that has it."""


def main() -> None:
    """Score all sets and print a table."""
    arguments = parse_arguments()
    regions = read_regions(arguments.study)
    folders = {name: arguments.study / "regions" / name for name in regions}
    sets = {
        "as in the study": regions,
        "with stability": replace_columns(regions, folders, derive_stability),
        "single flow (D8) in place of multiple flow": replace_columns(
            regions, folders, derive_single_flow
        ),
        "without wider scales": {
            name: tables.without([factor for factor in tables.samples if WIDER.search(factor)])
            for name, tables in regions.items()
        },
    }
    scored = pd.concat([score(tables, arguments).assign(set=name) for name, tables in sets.items()])
    print(summarise(scored, arguments.seed).to_string(index=False))


def derive_stability(folder: Path) -> xr.Dataset:
    """Derive the stability factors of a region from its files."""
    files = [folder / "factors" / f"{group}.tif" for group in ("terrain", "drainage")]
    layers = read_factors(files, names=["slope", "upslope_area"])
    return derive_stability_factors(layers["slope"], layers["upslope_area"])


def derive_single_flow(folder: Path) -> xr.Dataset:
    """Derive the indices of a region from areas that follow single flow, on its elevation model."""
    layers = folder / "layers"
    detail = layers / "dem_detail.tif"
    elevation = open_raster(detail if detail.exists() else layers / "dem.tif")
    framed = flow.frame(elevation.values)
    drained = flow.accumulate_single_flow(flow.flow_directions(flow.fill_depressions(framed)))
    indices = derive_indices(
        framed,
        np.rint(drained / flow.FLOW_UNIT).astype(np.int64),
        resolution_m=abs(elevation.odc.geobox.resolution.x),
        lowest_gradient=LOWEST_GRADIENT,
    )
    named = {
        name: wrap_like(values, elevation, name=name, units=FACTORS[name].units, long_name=name)
        for name, values in zip(INDICES, indices, strict=True)
    }
    return average_detail(xr.Dataset(named), open_raster(layers / "dem.tif").odc.geobox)


def replace_columns(
    regions: Mapping[str, RegionTables], folders: Mapping[str, Path], derive
) -> dict[str, RegionTables]:
    """Add factors to the tables of all regions, or put them in the place of those of the name."""
    replaced = {}
    for name, tables in regions.items():
        layers = derive(folders[name])
        replaced[name] = RegionTables(
            *(look_up(layers, table) for table in (tables.samples, tables.background))
        )
    return replaced


def look_up(layers: xr.Dataset, table: pd.DataFrame) -> pd.DataFrame:
    """Take the values of layers at the cells of a table."""
    cells = {axis: xr.DataArray(table[axis].to_numpy(), dims="cell") for axis in ("x", "y")}
    values = layers.sel(cells, method="nearest")
    return table.assign(**{name: values[name].to_numpy() for name in layers.data_vars})


def score(regions: Mapping[str, RegionTables], arguments: argparse.Namespace) -> pd.DataFrame:
    """Score the fine-tuned and the zero-shot ensemble of every target."""
    scores = run_transfer_benchmark(
        regions,
        shots=arguments.shots,
        draws=arguments.draws,
        regimes=["transductive"],
        methods=["zero_shot", "fine_tuned"],
        target_factors=TARGET_FACTORS,
        target_classes=TARGET_CLASSES,
        seed=arguments.seed,
    )
    return scores[scores["family"] == "ensemble"]


def summarise(scored: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Mean AUC of every set, and its paired gain over the first with the 95 % interval."""
    keys = ["method", "target", "shots", "draw"]
    first = scored["set"].iloc[0]
    reference = scored[scored["set"] == first].set_index(keys)["auc"].rename("reference")
    paired = scored.join(reference, on=keys)
    paired["gain"] = paired["auc"] - paired["reference"]
    groups = paired.groupby(["method", "set", "shots"], sort=False)
    summary = groups[["auc", "gain"]].mean().round(4)
    limits = [bootstrap_interval(own["gain"], seed=seed) for _, own in groups]
    summary[["gain_low", "gain_high"]] = np.round(limits, 4)
    return summary.reset_index()


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("results/benchmark"))
    parser.add_argument("--draws", type=int, default=20, help="splits of each target")
    parser.add_argument("--shots", type=int, nargs="+", default=[5, 10, 20, 50])
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
