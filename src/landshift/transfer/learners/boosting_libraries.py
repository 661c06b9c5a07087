"""XGBoost and LightGBM, imported without scikit-learn.

Both import it if it is there, for wrappers that nothing here uses; that takes most of a second, in
each job that maps or explains.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _without_scikit_learn() -> Iterator[None]:
    known = "sklearn" in sys.modules
    if not known:
        sys.modules["sklearn"] = None  # an import of it fails, as where it is not installed
    try:
        yield
    finally:
        if not known:
            del sys.modules["sklearn"]


with _without_scikit_learn():
    import lightgbm
    import xgboost

__all__ = ["lightgbm", "xgboost"]
