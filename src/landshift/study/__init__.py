"""What a study consists of, what is wrong with it, and what is made of it, before the first job.

Only the standard library is imported, and what Snakemake has imported itself: the workflow reads
this at every start.
"""

from landshift.runtime.lazy import hand_on

__getattr__, __dir__, __all__ = hand_on(
    __name__,
    {
        "checks": ["check_results", "check_study"],
        "model": ["Study", "fill_defaults"],
        "plan": ["Plan"],
        "texts": ["check_file", "check_text"],
    },
)
