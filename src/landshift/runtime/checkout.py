"""The package of a checkout, for jobs that run where it is not installed."""

import os
from pathlib import Path

SOURCE = str(Path(__file__).parents[2])
"""Folder that holds the package."""


def lead_jobs_here() -> None:
    """Let the processes that this one starts find the package, by ``PYTHONPATH``.

    No empty part is left in it: one stands for the working folder, from which a stranger's module
    could be imported.
    """
    stated = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if SOURCE not in stated:
        os.environ["PYTHONPATH"] = os.pathsep.join([SOURCE, *filter(None, stated)])
