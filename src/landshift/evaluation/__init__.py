"""How good the maps are, and what drives them: skill, rate curves, the transfer benchmark."""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "benchmark.run": ["RegionTables", "evaluate_target", "run_transfer_benchmark"],
        "benchmark.dominance": ["compare_methods"],
        "benchmark.summary": ["summarise_transfer"],
    },
)
