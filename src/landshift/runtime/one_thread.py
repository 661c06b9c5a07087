"""Linear algebra on one thread.

The sums of a threaded BLAS depend on the number of threads, so results would differ between
machines; and matrices of a few hundred rows are faster without threads. Parallelism comes from
blocks of cells and from jobs instead.
"""

import numpy
import scipy.linalg
from threadpoolctl import ThreadpoolController

# the controller only knows the libraries that are loaded when it is made
_LIBRARIES = (numpy, scipy.linalg)

on_one_thread = ThreadpoolController().wrap(limits=1, user_api="blas")
"""Decorator of functions whose results must not depend on the number of cores."""
