"""What drives a map: contributions of factors to the logit, and of shots to the fine-tuning."""

from landshift.evaluation.drivers.explanation import (
    EXPLAINED_CELLS,
    Explanation,
    choose_reference,
    explain_cells,
)
from landshift.evaluation.drivers.summary import (
    compare_sources,
    summarise_dependence,
    summarise_drivers,
    summarise_shots,
)
from landshift.mapping.local_drivers import map_local_drivers

__all__ = [
    "EXPLAINED_CELLS",
    "Explanation",
    "choose_reference",
    "compare_sources",
    "explain_cells",
    "map_local_drivers",
    "summarise_dependence",
    "summarise_drivers",
    "summarise_shots",
]
