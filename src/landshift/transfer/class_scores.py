"""Class codes as numbers that every learner can take: how much more often a class fails.

A class of a legend that all sources share is replaced by its *weight of evidence*: the logit of
its share of presences where both kinds of samples weigh the same (Bonham-Carter, Agterberg and
Wright, 1988; the logarithm of what landslide studies call the frequency ratio). One number a class
is enough for a logistic regression, needs no splits between codes without order from the trees,
has ranks and distances like any other factor, and gives a class that no source holds a natural
value: 0, as often as elsewhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

PSEUDO_SAMPLES = 20.0
"""Samples, half of them presences, added to every class of a source: rare classes stay near 0."""


@dataclass(frozen=True)
class ClassScores:
    """Scores of classes, learned on the sources.

    Attributes
    ----------
    scores
        For every class factor the score of each code that the sources hold [logit].
    """

    scores: Mapping[str, Mapping[int, float]]

    def apply(self, values: np.ndarray, factors: Sequence[str]) -> np.ndarray:
        """Replace the codes in the columns of class factors; a code without a score becomes 0.

        Parameters
        ----------
        values
            Factor values, shape ``(cells, factors)``.
        factors
            Names of the columns.

        Returns
        -------
        numpy.ndarray
            A changed copy, or `values` itself where none of the factors is one of classes.
        """
        shared = [name for name in factors if name in self.scores]
        if not shared:
            return values
        values = np.array(values, np.float32)
        for name in shared:
            column = list(factors).index(name)
            values[:, column] = self._look_up(name, values[:, column])
        return values

    def apply_table(self, table: pd.DataFrame) -> pd.DataFrame:
        """Replace the codes in the columns of class factors of a table."""
        present = {name: table[name].to_numpy() for name in self.scores if name in table}
        return table.assign(
            **{
                name: np.where(np.isnan(codes), np.nan, self._look_up(name, codes))
                for name, codes in present.items()
            }
        )

    def _look_up(self, name: str, codes: np.ndarray) -> np.ndarray:
        known = np.array(sorted(self.scores[name]), float)
        scores = np.array([self.scores[name][int(code)] for code in known])
        place = np.minimum(np.searchsorted(known, codes), len(known) - 1)
        return np.where(known[place] == codes, scores[place], 0.0).astype(np.float32)


def fit_class_scores(samples: pd.DataFrame, classes: Collection[str]) -> ClassScores:
    """Score the classes on the samples of all sources.

    The score of a class is its mean over the sources, so that each counts the same; in a source
    without the class it is 0. Within a source

        score = ln((p + m / 2) / (a + m / 2)),

    with p and a the numbers of presences and absences of the class, weighted so that both add up to
    half of the source's samples, and m = `PSEUDO_SAMPLES`.

    Parameters
    ----------
    samples
        Columns ``region``, ``presence`` and the class factors.
    classes
        Names of the class factors.
    """
    regions = [own for _, own in samples.groupby("region", sort=True)]
    return ClassScores({name: _score_factor(regions, name) for name in sorted(classes)})


def score_sources(
    samples: pd.DataFrame, background: pd.DataFrame, classes: Collection[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Replace the codes of each source by what the *other* sources say of them.

    A target's classes are scored by other regions. If a source's own landslides scored its classes,
    the learners would trust them too much in a target. With only one source there
    is no other, and it scores itself.

    Returns
    -------
    tuple of pandas.DataFrame
        Samples and background with the rows in their order.
    """
    regions = samples["region"].unique()
    scores = {}
    for region in regions:
        others = samples["region"] != region
        scores[region] = fit_class_scores(samples[others] if others.any() else samples, classes)
    return _replace_codes(samples, scores, classes), _replace_codes(background, scores, classes)


def _score_factor(regions: Sequence[pd.DataFrame], name: str) -> dict[int, float]:
    scores = pd.DataFrame([_score_region(own, name) for own in regions]).fillna(0.0)
    return {int(code): float(score) for code, score in scores.mean().sort_index().items()}


def _score_region(own: pd.DataFrame, name: str) -> pd.Series:
    presence = own["presence"] == 1
    half = len(own) / 2
    counts = pd.DataFrame(
        {
            kind: own.loc[rows, name].value_counts() * half / max(rows.sum(), 1)
            for kind, rows in (("presences", presence), ("absences", ~presence))
        }
    ).fillna(0.0)
    smoothed = counts + PSEUDO_SAMPLES / 2
    return np.log(smoothed["presences"] / smoothed["absences"])


def _replace_codes(
    table: pd.DataFrame, scores: Mapping[str, ClassScores], classes: Collection[str]
) -> pd.DataFrame:
    columns = {name: np.full(len(table), np.nan, np.float32) for name in classes}
    for region, own_scores in scores.items():
        rows = (table["region"] == region).to_numpy()
        replaced = own_scores.apply_table(table[rows])
        for name, column in columns.items():
            column[rows] = replaced[name]
    return table.assign(**columns)
