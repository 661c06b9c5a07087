"""Learners that a study may name: the module of each, and what readers call it."""

from typing import NamedTuple


class Learner(NamedTuple):
    """One learner of stage 1.

    Attributes
    ----------
    module
        Name of its module in `landshift.transfer.learners`.
    long_name
        Where there is room.
    label
        Where there is little.
    """

    module: str
    long_name: str
    label: str


LEARNERS = {
    "lr": Learner("logistic_regression", "logistic regression", "LR"),
    "rf": Learner("random_forest", "random forest", "RF"),
    "xgb": Learner("gradient_boosting", "XGBoost", "XGB"),
    "lgbm": Learner("light_boosting", "LightGBM", "LGBM"),
}
"""By their name in configurations and tables."""
