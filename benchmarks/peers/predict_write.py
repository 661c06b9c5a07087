"""Train models of the default sizes and write what `predict_rows.py` reads.

python predict_write.py FOLDER CELLS
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from landshift.transfer.fine_tuning import fine_tune_target
from landshift.transfer.preparation import PREPARATIONS
from landshift.transfer.pretraining import prepare_training, pretrain_sources
from landshift.transfer.storage import save_model

FACTORS = [f"factor_{number:02d}" for number in range(37)]
LEARNERS = ("rf", "lr", "xgb", "lgbm")
SEED = 1
BACKGROUND = 2000
SHOTS = 50


def draw(region: str, cells: int, generator: np.random.Generator) -> pd.DataFrame:
    """Cells whose failure follows some of the factors."""
    values = generator.normal(size=(cells, len(FACTORS)))
    chance = 1 / (1 + np.exp(1 - values[:, :8] @ np.linspace(1, 0.2, 8)))
    table = pd.DataFrame(values.astype(np.float32), columns=FACTORS)
    table.insert(0, "region", region)
    table.insert(1, "x", np.arange(cells, dtype=float))
    table.insert(2, "y", 0.0)
    table.insert(3, "block", 0)
    table.insert(4, "presence", (generator.uniform(size=cells) < chance).astype(np.int8))
    return table


def main(folder: Path, cells: int) -> None:
    """Write the model, its trees as plain arrays, and the cells in both preparations."""
    generator = np.random.default_rng(42)
    samples = pd.concat([draw(region, 1500, generator) for region in ("alder", "birch")])
    background = pd.concat([draw(region, 500, generator) for region in ("alder", "birch")])
    training = prepare_training(samples, background.drop(columns="presence"), seed=SEED)
    np.savez(
        folder / "training.npz",
        labels=training.labels,
        weights=training.weights,
        seed=SEED,
        **training.prepared,
    )
    models = [
        pretrain_sources(samples, background.drop(columns="presence"), learner=learner, seed=SEED)
        for learner in LEARNERS
    ]
    shots = draw("cedar", 4 * SHOTS, generator).groupby("presence").head(SHOTS)
    unlabelled = draw("cedar", BACKGROUND, generator)
    tuned = fine_tune_target(models, shots, unlabelled, prevalence=0.02, seed=SEED)
    save_model(tuned, folder / "model")
    values = draw("cedar", cells, generator)[FACTORS].to_numpy()
    np.save(folder / "values.npy", values)
    ranks = tuned.source_score.ranks.apply(values)
    for source in models:
        prepared = {"raw": source.standardisation.apply(values), "rank": ranks}
        for name in PREPARATIONS:
            fitted = source.fitted[name]
            np.save(folder / f"{name}.npy", prepared[name])
            np.save(folder / f"{source.learner}_{name}_logit.npy", fitted.logit(prepared[name]))
            if hasattr(fitted, "trees"):
                np.savez(folder / f"{source.learner}_{name}_trees.npz", **vars(fitted.trees()))
    print(json.dumps({"factors": len(FACTORS), "labels": len(tuned.labels)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
