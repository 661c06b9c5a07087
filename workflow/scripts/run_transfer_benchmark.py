"""Score every method on draws of shots from one target, with all other regions as sources."""

import pandas as pd

from landshift.evaluation import RegionTables, run_transfer_benchmark
from landshift.logs import set_up_logging


def main(
    *, target, tables, settings, learners, left_out, legends, own, max_correlation, seed, scores
):
    kept = {*own["target_factors"], *own["target_classes"]}
    regions = {
        region: RegionTables(*(pd.read_parquet(path) for path in paths)).without(
            [name for name in left_out if region != target or name not in kept]
        )
        for region, paths in tables.items()
    }
    table = run_transfer_benchmark(
        regions,
        targets=[target],
        learners=learners,
        shots=settings["shots"],
        draws=settings["draws"],
        regimes=settings["regimes"],
        redraw=settings["redraw_blocks"],
        max_correlation=max_correlation,
        legends=legends,
        seed=seed,
        **own,
    )
    table.to_parquet(scores, index=False)


if __name__ == "__main__":
    set_up_logging(snakemake.log[0])
    files = zip(snakemake.input.samples, snakemake.input.background, strict=True)
    main(
        target=snakemake.wildcards.target,
        tables=dict(zip(snakemake.params.regions, files, strict=True)),
        settings=snakemake.params.settings,
        learners=list(snakemake.params.learners),
        left_out=list(snakemake.params.left_out),
        legends=snakemake.params.legends,
        own=snakemake.params.own,
        max_correlation=snakemake.params.max_correlation,
        seed=snakemake.params.seed,
        scores=snakemake.output.scores,
    )
