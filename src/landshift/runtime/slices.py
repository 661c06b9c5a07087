"""Parts of a configuration that a rule uses, shown by their hash wherever a rule shows them."""

import hashlib
from typing import Any


class Slice(dict[str, Any]):
    """Part of a configuration that holds free text: names, addresses, paths, licences.

    Snakemake writes what it knows of a rule's params as text: into its records, by which it tells
    what to run again, into tables of benchmarks, and without escapes into a script of the report.
    A slice is a hash there, which changes with anything in it, and is whole in the rule's script.

    Examples
    --------
    >>> Slice({"licence": "</script>"})
    slice e59d98a335e8dffd
    """

    def __repr__(self) -> str:
        """Tell one slice from another without a word of it."""
        return f"slice {hashlib.sha256(super().__repr__().encode()).hexdigest()[:16]}"

    def __reduce__(self):
        """Make a slice a plain dictionary where a script reads it."""
        return dict, (dict(self),)
