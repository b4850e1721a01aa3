"""The kinds of array that kernels take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]
type Bytes = NDArray[np.uint8]
type Numbers = NDArray[np.uint16]
