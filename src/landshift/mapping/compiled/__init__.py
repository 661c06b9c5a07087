"""Fine-tuned models compiled for maps: all learners share one reading of the factors."""

from landshift.mapping.compiled.model import CompiledModel, compile_model

__all__ = ["CompiledModel", "compile_model"]
