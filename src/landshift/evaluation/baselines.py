"""What a target's map would be without fine-tuning, and without sources."""

from dataclasses import replace

import numpy as np

from landshift.transfer.fine_tuning import TargetModel
from landshift.transfer.mixture import PRIOR_SLOPE, ResidualMixture
from landshift.transfer.prediction import Prediction


def predict_baselines(model: TargetModel, values: np.ndarray) -> dict[str, np.ndarray]:
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
        the source score as it is; and ``local_only``, the Gaussian process that saw only
        the shots and the background, unless the model holds none.
    """
    score, _ = model.source_score.apply(model.split(values)[0])
    unadapted = Prediction(PRIOR_SLOPE * score, np.zeros_like(score), model.prevalence)
    predictions = {"fine_tuned": model.predict(values), "zero_shot": unadapted}
    mixture = _forget_sources(model.mixture)
    if mixture.members:
        predictions["local_only"] = replace(model, mixture=mixture).predict(values)
    return {name: prediction.probability for name, prediction in predictions.items()}


def _forget_sources(mixture: ResidualMixture) -> ResidualMixture:
    """Keep the members that ignore the source score, with shares that sum to 1."""
    kept = [index for index, member in enumerate(mixture.members) if not member.uses_source]
    shares = mixture.shares[kept]
    return ResidualMixture(
        tuple(mixture.members[index] for index in kept),
        tuple(mixture.posteriors[index] for index in kept),
        shares / shares.sum(),
    )
