"""What drives a map: contributions of factors to the logit, and of shots to the fine-tuning."""

from landshift.drivers.explanation import Explanation, choose_reference, explain_cells
from landshift.drivers.summary import compare_sources, summarise_dependence, summarise_drivers

__all__ = [
    "Explanation",
    "choose_reference",
    "compare_sources",
    "explain_cells",
    "summarise_dependence",
    "summarise_drivers",
]
