"""Limits of the classes of a map that mean the same in every target of the same sources."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from landshift.preparation import fit_rank_transform
from landshift.transfer.residual import PRIOR_SLOPE
from landshift.transfer.score import fit_source_score
from landshift.transfer.target import TargetModel

SHARES = (0.2, 0.4, 0.6, 0.8)
"""Shares of the area of the sources below each limit."""


def find_source_breaks(
    model: TargetModel, backgrounds: Iterable[pd.DataFrame]
) -> tuple[float, ...]:
    """Find the limits that would part the sources into five equal areas.

    Every source is scored as the target is, with the distribution of its own factors; the logits at
    the limits are averaged over the sources, so that each counts the same, and shifted to the
    prevalence of the target.

    Parameters
    ----------
    model
        The fine-tuned model of a target.
    backgrounds
        Background of each source region: the factors.

    Returns
    -------
    tuple of float
        Four rising susceptibilities [1].
    """
    models = model.source_score.models
    factors = list(models[0].factors)
    limits = []
    for background in backgrounds:
        scored = models[0].class_scores.apply_table(background)
        values = scored[factors].to_numpy(np.float32)
        source_score = fit_source_score(models, fit_rank_transform(values), values)
        limits.append(PRIOR_SLOPE * np.quantile(source_score.apply(values)[0], SHARES))
    return join_breaks([expit(each + logit(model.prevalence)) for each in limits])


def join_breaks(breaks: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Average limits of several regions on the logit.

    Examples
    --------
    >>> [round(limit, 6) for limit in join_breaks([[0.1, 0.2], [0.1, 0.2]])]
    [0.1, 0.2]
    """
    return tuple(float(limit) for limit in expit(np.mean(logit(np.asarray(breaks)), axis=0)))
