"""What a target's map would be without fine-tuning, without sources, or by slope alone."""

from dataclasses import replace

import numpy as np
from scipy.special import softmax

from landshift.transfer.averaging import (
    AveragedModel,
    average_predictions,
    list_fine_tuned,
    list_parts,
)
from landshift.transfer.mixture import PRIOR_SLOPE, ResidualMixture
from landshift.transfer.prediction import Prediction
from landshift.transfer.target_model import TargetModel


def predict_baselines(
    model: TargetModel | AveragedModel, values: np.ndarray
) -> dict[str, np.ndarray]:
    """Predict cells by a fine-tuned model, and by only its source or its local part.

    Parameters
    ----------
    model
        The model of a map.
    values
        Factor values of shape ``(cells, factors)``, none of them NaN.

    Returns
    -------
    dict of numpy.ndarray
        Susceptibility at the stated prevalence, shape ``(cells,)``: ``fine_tuned``; ``zero_shot``,
        the source score as it is, where there are sources; ``local_only``, the Gaussian process
        that saw only the shots and the background, unless the model holds none; ``pooled``, the
        trees that learned from the sources and the target together, if it has such; and ``slope``,
        the rank of the slope alone, if it is a factor.
    """
    parts = list_fine_tuned(model)
    predictions = {"fine_tuned": model.predict(values)}
    if parts[0].model.source_score.models[0].sources:
        predictions["zero_shot"] = average_predictions(
            [_score(part.model, values[:, part.columns]) for part in parts],
            np.full(len(parts), 1 / len(parts)),
        )
    local = [
        part._replace(model=replace(part.model, mixture=_forget_sources(part.model.mixture)))
        for part in parts
    ]
    if local[0].model.mixture.members:
        predictions["local_only"] = average_predictions(
            [part.model.predict(values[:, part.columns]) for part in local],
            softmax([part.model.evidence for part in local]),
        )
    for part in list_parts(model):
        if part.name == "pooled":
            predictions["pooled"] = part.model.predict(values[:, part.columns])
    if "slope" in model.factors:
        predictions["slope"] = _rank_slope(parts[0].model, values[:, parts[0].columns])
    return {name: prediction.probability for name, prediction in predictions.items()}


def _rank_slope(model: TargetModel, values: np.ndarray) -> Prediction:
    """Predict cells by the rank of their slope in the region, as if it were the source score."""
    column = model.factors.index("slope")
    ranks = model.source_score.ranks.apply(model.split(values)[0])[:, column]
    return Prediction(PRIOR_SLOPE * ranks, np.zeros(len(ranks)), model.prevalence)


def _score(model: TargetModel, values: np.ndarray) -> Prediction:
    """Predict cells by the source score of a model as it is."""
    score, _ = model.source_score.apply(model.split(values)[0])
    return Prediction(PRIOR_SLOPE * score, np.zeros_like(score), model.prevalence)


def _forget_sources(mixture: ResidualMixture) -> ResidualMixture:
    """Keep the members that ignore the source score, with shares that sum to 1."""
    kept = [index for index, member in enumerate(mixture.members) if not member.uses_source]
    shares = mixture.shares[kept]
    return ResidualMixture(
        tuple(mixture.members[index] for index in kept),
        tuple(mixture.posteriors[index] for index in kept),
        shares / shares.sum(),
    )
