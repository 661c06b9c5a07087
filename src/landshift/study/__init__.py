"""What a study consists of, and what is wrong with it, before the first job starts.

The schema of the configuration checks keys, types and ranges; this package checks what spans
several keys. It imports the standard library alone, because the workflow reads it at every start.
"""

from landshift.study.checks import check_study
from landshift.study.regions import (
    list_benchmark_targets,
    list_regions,
    list_sources,
    list_targets,
    sources_of,
)

__all__ = [
    "check_study",
    "list_benchmark_targets",
    "list_regions",
    "list_sources",
    "list_targets",
    "sources_of",
]
