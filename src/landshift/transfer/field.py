"""What labelled cells near each other share beyond their factors: a field over the region.

Landslides of one storm, or in one rock, cluster where no factor says so. Taken as independent,
they would make the residual too sure of what it learns from them. The field takes their common
part up, and it stays where the labels are: a map is predicted without it, for an inventory that
was taken along a road must not become a map of that road. This is the random effect of a
generalised linear geostatistical model (Diggle, Tawn and Moyeed, 1998,
doi:10.1111/1467-9876.00113).
"""

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

FIELD_VARIANCE = 1.0
"""Prior variance of the field [logit squared]."""

FIELD_RANGE = 0.2
"""Its length scale, as a share of the edge of a square as large as the region."""


def scale_places(cells: pd.DataFrame, background: pd.DataFrame) -> np.ndarray:
    """Coordinates of cells in edges of a square as large as the region.

    Parameters
    ----------
    cells, background
        Columns ``x`` and ``y`` [m]; the background cells span the region.

    Returns
    -------
    numpy.ndarray
        Shape ``(cells, 2)``.
    """
    region = background[["x", "y"]].to_numpy(float)
    edge = np.sqrt(np.prod(np.ptp(region, axis=0))) or 1.0
    return (cells[["x", "y"]].to_numpy(float) - region.min(axis=0)) / edge


def covary_by_place(places: np.ndarray) -> np.ndarray:
    """Prior covariance of the field among labelled cells, shape ``(labels, labels)``.

    ``exp(-1/2 d^2 / 0.2^2)``, d the distance of two cells in edges of the region.

    Parameters
    ----------
    places
        Of `scale_places`, shape ``(labels, 2)``.
    """
    return FIELD_VARIANCE * np.exp(-0.5 * cdist(places, places, "sqeuclidean") / FIELD_RANGE**2)
