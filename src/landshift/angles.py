"""Elementary functions that give the same bits on every machine and in every lane of a vector."""

from numba import njit


@njit(nogil=True, cache=True, error_model="numpy")
def arctan_degrees(gradient):
    """Angle [degree] of a gradient >= 0, within 1e-8; the same bits on every machine and lane.

    The argument is brought below tan(22.5 degree), where the series converges fast.
    """
    steep = gradient > 2.414213562373095
    medium = gradient > 0.41421356237309503
    top = -1.0 if steep else (gradient - 1.0 if medium else gradient)
    bottom = gradient if steep else (gradient + 1.0 if medium else 1.0)
    base = 90.0 if steep else (45.0 if medium else 0.0)
    ratio = top / bottom
    square = ratio * ratio
    series = 1.0 / 25.0
    series = 1.0 / 23.0 - square * series
    series = 1.0 / 21.0 - square * series
    series = 1.0 / 19.0 - square * series
    series = 1.0 / 17.0 - square * series
    series = 1.0 / 15.0 - square * series
    series = 1.0 / 13.0 - square * series
    series = 1.0 / 11.0 - square * series
    series = 1.0 / 9.0 - square * series
    series = 1.0 / 7.0 - square * series
    series = 1.0 / 5.0 - square * series
    series = 1.0 / 3.0 - square * series
    series = 1.0 - square * series
    return base + ratio * series * 57.29577951308232


@njit(nogil=True, cache=True)
def exponential(value):
    """Exponential of a number between -4 and 4, within 1e-11 of itself.

    A sixteenth of the number goes into the series, whose sum is squared four times.
    """
    part = value / 16.0
    series = 1.0 + part / 9.0
    series = 1.0 + part / 8.0 * series
    series = 1.0 + part / 7.0 * series
    series = 1.0 + part / 6.0 * series
    series = 1.0 + part / 5.0 * series
    series = 1.0 + part / 4.0 * series
    series = 1.0 + part / 3.0 * series
    series = 1.0 + part / 2.0 * series
    series = 1.0 + part * series
    series *= series
    series *= series
    series *= series
    return series * series
