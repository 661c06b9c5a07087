"""Elementary functions that give the same bits on every machine and in every lane of a vector."""

from math import factorial

import numpy as np
from numba import njit, types
from numba.extending import intrinsic


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


@intrinsic
def _to_bits(_, value):
    """Reinterpret a float64 as int64."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


@intrinsic
def _from_bits(_, bits):
    """Reinterpret an int64 as float64."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


@njit(nogil=True, cache=True, error_model="numpy")
def _split_logarithm(value):
    """Return a whole power of 2 and the natural logarithm of what is left, at most ln(2) / 2."""
    bits = _to_bits(value)
    twos = (bits - 0x3FE6A09E667F3BCD) >> 52  # the bits of sqrt(1/2)
    rest = _from_bits(bits - (twos << 52))
    ratio = (rest - 1.0) / (rest + 1.0)
    square = ratio * ratio
    series = 1.0 / 15.0 + square * (1.0 / 17.0)
    series = 1.0 / 13.0 + square * series
    series = 1.0 / 11.0 + square * series
    series = 1.0 / 9.0 + square * series
    series = 1.0 / 7.0 + square * series
    series = 1.0 / 5.0 + square * series
    series = 1.0 / 3.0 + square * series
    return np.float64(twos), 2.0 * (ratio + ratio * (square * series))


@njit(nogil=True, cache=True, error_model="numpy")
def logarithm(value):
    """Natural logarithm of a positive number that is not denormal, within 1e-14."""
    twos, rest = _split_logarithm(value)
    return twos * 0.6931471805599453 + rest


@njit(nogil=True, cache=True, error_model="numpy")
def power(base, exponent):
    """Power of a positive number that is not denormal, like its result, within 1e-13 of itself."""
    twos, rest = _split_logarithm(base)
    power_of_two = exponent * twos
    whole = np.floor(power_of_two + exponent * rest * 1.4426950408889634 + 0.5)
    part = (power_of_two - whole) * 0.6931471805599453 + exponent * rest
    series = 1.0 / 3628800.0 + part * (1.0 / 39916800.0)
    series = 1.0 / 362880.0 + part * series
    series = 1.0 / 40320.0 + part * series
    series = 1.0 / 5040.0 + part * series
    series = 1.0 / 720.0 + part * series
    series = 1.0 / 120.0 + part * series
    series = 1.0 / 24.0 + part * series
    series = 1.0 / 6.0 + part * series
    series = 1.0 / 2.0 + part * series
    series = 1.0 + part * (1.0 + part * series)
    return _from_bits(_to_bits(series) + (np.int64(whole) << 52))


_TAYLOR = tuple(1 / factorial(power) for power in range(12))


@njit(inline="always")
def exp_of_squares(exponent):
    """Exponential of a number up to 0, off by less than 1e-13: compiled for many at once.

    ``exp(x) = exp(x / 64)^64``, the inner one by its Taylor series; below -32 it stays at 1e-14.
    """
    x = (exponent if exponent > -32.0 else -32.0) * 0.015625
    series = _TAYLOR[11] * x + _TAYLOR[10]
    series = series * x + _TAYLOR[9]
    series = series * x + _TAYLOR[8]
    series = series * x + _TAYLOR[7]
    series = series * x + _TAYLOR[6]
    series = series * x + _TAYLOR[5]
    series = series * x + _TAYLOR[4]
    series = series * x + _TAYLOR[3]
    series = series * x + _TAYLOR[2]
    series = series * x + _TAYLOR[1]
    series = series * x + _TAYLOR[0]
    series *= series
    series *= series
    series *= series
    series *= series
    series *= series
    return series * series
