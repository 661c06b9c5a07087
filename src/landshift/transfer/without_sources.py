"""A source model that has learned nothing: it gives every cell the same score.

A study without sources fine-tunes it, and its map is a Gaussian process of its own landslides and
background. The rank of the slope in place of a score was tried as well: it gains where landslides
follow the slope, and loses more elsewhere (docs/methods.md).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from landshift.transfer.class_scores import ClassScores
from landshift.transfer.learners.logistic_regression import LogisticRegressionModel
from landshift.transfer.preparation import PREPARATIONS, Standardisation
from landshift.transfer.pretraining import SourceModel


def make_untaught(factors: Sequence[str], units: Mapping[str, str], *, seed: int) -> SourceModel:
    """Make a source model of no source.

    Parameters
    ----------
    factors
        Factors of the target, in which its cells are compared.
    units
        Their units.
    seed
        The study's seed.

    Examples
    --------
    >>> model = make_untaught(["slope", "twi"], {"slope": "degree", "twi": "1"}, seed=1)
    >>> model.logits(np.ones((3, 2)), np.ones((3, 2))).tolist()
    [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    """
    names = tuple(sorted(factors))
    nothing = np.zeros(len(names))
    return SourceModel(
        learner="lr",
        factors=names,
        units=tuple(units.get(name, "") for name in names),
        standardisation=Standardisation(nothing, np.ones(len(names))),
        class_scores=ClassScores({}),
        legends={},
        fitted={name: LogisticRegressionModel(nothing, 0.0) for name in PREPARATIONS},
        sources={},
        transfer_error=None,
        seed=seed,
    )
