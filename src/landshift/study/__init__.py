"""What a study consists of, and what is wrong with it, before the first job starts.

Only the standard library is imported, and what Snakemake has imported itself: the workflow reads
this at every start.
"""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "checks": [
            "check_files",
            "check_results",
            "check_study",
            "find_repeated_keys",
            "raise_problems",
        ],
        "regions": [
            "follows_inventory",
            "list_benchmark_targets",
            "list_regions",
            "list_sources",
            "list_targets",
            "sources_of",
        ],
        "schema_errors": ["explain_violations"],
    },
)
