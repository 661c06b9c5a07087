"""Draw how the maps of the demo find later landslides: `make reproduce` after `make demo`."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from landshift.evaluation.benchmark.names import OF_MAP
from landshift.report.figures.style import LINES, WIDTH_IN, figure_style, tidy_axes, write_figure

ROOT = Path(__file__).parents[1]
TARGETS = {"dogwood": "dogwood, like the sources", "elder": "elder, unlike the sources"}
METHODS = ("fine_tuned", "zero_shot", "local_only", "pooled", "slope")


@figure_style()
def draw_demo(results: Path) -> Figure:
    """Draw the AUC of every method in both targets, with its 95 % interval."""
    figure = Figure(figsize=(WIDTH_IN, 2.6), layout="constrained")
    panels = figure.subplots(1, len(TARGETS), sharex=True, sharey=True)
    for axes, (target, title) in zip(panels, TARGETS.items(), strict=True):
        skill = pd.read_csv(results / "targets" / target / "skill.csv")
        auc = skill[skill["measure"] == "auc"].set_index("method").loc[list(METHODS)]
        rows = np.arange(len(METHODS))[::-1]
        for row, (low, value, high), line in zip(
            rows, auc[["low", "value", "high"]].to_numpy(), LINES, strict=True
        ):
            axes.plot([low, high], [row, row], color=line["color"], linewidth=1.5)
            axes.plot(value, row, color=line["color"], marker=line["marker"], markersize=6)
            axes.text(high + 0.01, row, f"{value:.3f}", va="center", fontsize=8)
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_yticks(rows, [OF_MAP[method] for method in METHODS])
        axes.set_xlabel("AUC on 200 later landslides against random cells")
        axes.set_xlim(0.5, 1.0)
        tidy_axes(axes)
    return figure


if __name__ == "__main__":
    write_figure(draw_demo(ROOT / "results" / "default"), ROOT / "docs" / "images" / "demo.png")
