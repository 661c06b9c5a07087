"""The fine-tuned model of a target region."""

from dataclasses import dataclass

import numpy as np

from landshift import __version__
from landshift.transfer.kernels import ResidualKernel, TargetKernel
from landshift.transfer.mixture import ResidualMixture
from landshift.transfer.prediction import Prediction
from landshift.transfer.source_score import SourceScore, find_score_error


@dataclass(frozen=True)
class TargetModel:
    """Source score plus residual mixture; predicts cells of the target region.

    Attributes
    ----------
    region
        Name of the target.
    family
        ``ensemble`` or the name of one learner.
    source_score, kernel, target_kernel, mixture
        The parts of the model.
    label_score, label_ranks, label_own
        Score, normal scores and prepared own factors of the labelled cells: ``(labels,)``,
        ``(labels, shared factors)`` and ``(labels, own factors)``.
    labels, weights
        1 or 0 and the weight of each labelled cell.
    prevalence
        Stated share of failing cells.
    seed, version
        Seed and package version it was made with.
    """

    region: str
    family: str
    source_score: SourceScore
    kernel: ResidualKernel
    target_kernel: TargetKernel
    mixture: ResidualMixture
    label_score: np.ndarray
    label_ranks: np.ndarray
    label_own: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    prevalence: float
    seed: int
    version: str = __version__

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns that `predict` takes."""
        return self.source_score.models[0].factors + self.target_kernel.factors

    @property
    def units(self) -> tuple[str, ...]:
        """Unit of each factor."""
        return self.source_score.models[0].units + self.target_kernel.units

    @property
    def classes_seen(self) -> dict[str, list[int]]:
        """Codes of each class factor that the sources, or the labelled cells, hold."""
        shared = self.source_score.models[0].class_scores.scores
        own = dict(zip(self.target_kernel.factors, self.label_own.T, strict=True))
        return {name: sorted(scores) for name, scores in shared.items()} | {
            name: np.unique(own[name]).astype(int).tolist() for name in self.target_kernel.classes
        }

    @property
    def evidence(self) -> float:
        """How well the model explains the labelled cells."""
        return self.mixture.evidence

    @property
    def score_error(self) -> float:
        """Relative variance by which the source score errs in new regions, from the sources."""
        return find_score_error(self.source_score.models)

    def split(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Split factor values into those of the sources, classes scored, and the target's own.

        Parameters
        ----------
        values
            Shape ``(cells, factors)``.

        Returns
        -------
        tuple of numpy.ndarray
            Shapes ``(cells, shared factors)`` and ``(cells, own factors)``, these prepared for the
            kernel.
        """
        source = self.source_score.models[0]
        shared, own = np.split(values, [len(source.factors)], axis=1)
        scored = source.class_scores.apply(shared, source.factors)
        return scored, self.target_kernel.prepare(own)

    def predict(self, values: np.ndarray) -> Prediction:
        """Predict cells from factor values of shape ``(cells, factors)``, none of them NaN."""
        shared, own = self.split(values)
        score, ranks = self.source_score.apply(shared)
        kernel = self.kernel.covariance(ranks, self.label_ranks)
        variance = self.kernel.variance
        if self.target_kernel.factors:
            kernel += self.target_kernel.covariance(own, self.label_own)
            variance += self.target_kernel.variance
        mean = self.mixture.mean(score, self.label_score, kernel)
        sd = self.mixture.sd(score, self.label_score, kernel, variance)
        return Prediction(mean, sd, self.prevalence)
