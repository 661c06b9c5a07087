"""How good the maps are: splits by spatial blocks, measures, and the transfer benchmark."""

from landshift.evaluation.benchmark import (
    RegionTables,
    evaluate_target,
    run_transfer_benchmark,
)
from landshift.evaluation.dominance import compare_methods
from landshift.evaluation.summary import summarise_transfer

__all__ = [
    "RegionTables",
    "compare_methods",
    "evaluate_target",
    "run_transfer_benchmark",
    "summarise_transfer",
]
