"""Fine-tuned models compiled for maps: all learners share one reading of the factors."""

from landshift.mapping.compiled.model import FusedModel, fuse_model

__all__ = ["FusedModel", "fuse_model"]
