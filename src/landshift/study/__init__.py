"""What a study consists of, and what is wrong with it, before the first job starts.

The schema of the configuration checks keys, types and ranges; this package checks what spans
several keys. It imports the standard library alone, because the workflow reads it at every start.
"""

from landshift.study.checks import check_files, check_results, check_study, raise_problems
from landshift.study.regions import (
    follows_inventory,
    list_benchmark_targets,
    list_regions,
    list_sources,
    list_targets,
    sources_of,
)
from landshift.study.repeated import find_repeated_keys
from landshift.study.violations import explain_violations

__all__ = [
    "check_files",
    "check_results",
    "check_study",
    "explain_violations",
    "find_repeated_keys",
    "follows_inventory",
    "list_benchmark_targets",
    "list_regions",
    "list_sources",
    "list_targets",
    "raise_problems",
    "sources_of",
]
