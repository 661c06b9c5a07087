"""Two-stage transfer fine-tuning: learn on the sources, fine-tune on the shots of a target."""

from landshift.transfer.sources import SourceModel, pretrain_sources
from landshift.transfer.target import Prediction, TargetModel, fine_tune_target

__all__ = ["Prediction", "SourceModel", "TargetModel", "fine_tune_target", "pretrain_sources"]
