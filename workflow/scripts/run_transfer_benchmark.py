"""Score a group of methods on draws of shots from one target, with all other regions as sources."""

import pandas as pd

from landshift.evaluation.benchmark.methods import get_methods
from landshift.evaluation.benchmark.run import RegionTables, evaluate_target
from landshift.runtime.jobs import call_main
from landshift.runtime.logs import set_up_logging
from landshift.transfer.storage import load_model


def main(*, target, group, models, tables, settings, left_out, own, seed, scores):
    kept = {*own["target_factors"], *own["target_classes"]}
    regions = {
        region: RegionTables(*(pd.read_parquet(path) for path in paths)).without(
            [name for name in left_out if region != target or name not in kept]
        )
        for region, paths in tables.items()
    }
    table = evaluate_target(
        target,
        regions.pop(target),
        [load_model(folder) for folder in models],
        regions,
        shots=settings["shots"],
        draws=settings["draws"],
        regimes=settings["regimes"],
        methods=[method.name for method in get_methods(group=group)],
        redraw=settings["redraw_blocks"],
        seed=seed,
        **own,
    )
    table.to_parquet(scores, index=False)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    files = zip(snakemake.input.samples, snakemake.input.background, strict=True)
    call_main(main, snakemake, tables=dict(zip(snakemake.params.regions, files, strict=True)))
