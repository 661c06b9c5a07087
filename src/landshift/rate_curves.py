"""What a rate curve of `landshift.curves` says: its area, and its value at a share of the area."""

import numpy as np
import pandas as pd


def area_under_curve(curve: pd.DataFrame) -> float:
    """Integrate a rate curve over the area: 0.5 is no better than chance, 1 the limit.

    Examples
    --------
    >>> area_under_curve(pd.DataFrame({"area_share": [0, 1], "landslide_share": [0, 1]}))
    0.5
    """
    return float(np.trapezoid(curve["landslide_share"], curve["area_share"]))


def landslide_share_at(curve: pd.DataFrame, area_share: float) -> float:
    """Read from a rate curve the share of landslides in the most susceptible `area_share`.

    Examples
    --------
    >>> landslide_share_at(pd.DataFrame({"area_share": [0, 1], "landslide_share": [0, 1]}), 0.1)
    0.1
    """
    return float(np.interp(area_share, curve["area_share"], curve["landslide_share"]))
