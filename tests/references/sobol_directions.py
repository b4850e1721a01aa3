"""Write mcdemand/designs/joe_kuo_6.txt, the direction numbers of the Sobol' design; run it to write it anew.

S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM Journal on Scientific
Computing 30 (2008), 2635-2654, criterion D(6), in the columns of the authors' own file: dimension, degree s of the
primitive polynomial, its inner coefficients a, and the initial m_1 ... m_s. The numbers come from the copy that SciPy
carries; the first dimension, the van der Corput sequence, needs none.
"""

from pathlib import Path

import numpy as np
import scipy.stats

import mcdemand.designs

DIMENSIONS = 1024
FILE = Path(mcdemand.designs.__file__).with_name("joe_kuo_6.txt")
HEADER = "d s a m_i"


def rows() -> list[tuple[int, ...]]:
    """Return (dimension, degree, inner coefficients, m_1, ..., m_s) from the second dimension on."""
    source = Path(scipy.stats.__file__).with_name("_sobol_direction_numbers.npz")
    with np.load(source, allow_pickle=False) as tables:
        polynomials, initial = tables["poly"].tolist(), tables["vinit"].tolist()
    found = []
    for index in range(1, DIMENSIONS):
        degree = polynomials[index].bit_length() - 1
        inner = (polynomials[index] >> 1) & ((1 << (degree - 1)) - 1)
        found.append((index + 1, degree, inner, *initial[index][:degree]))
    return found


def text() -> str:
    return "\n".join([HEADER, *(" ".join(map(str, row)) for row in rows())]) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="ascii")
