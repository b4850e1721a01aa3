"""Which of SciPy's laws can be stated as `scipy:NAME`: each with the first of some shapes that it takes.

Prints the time and the size of each table, and its largest error at levels from 0.1 % to 99.9 % against SciPy's own
quantiles; or why the law is refused. Run as `python benchmarks/scipy_laws.py [NAME ...]`; a few minutes for all.
"""

import itertools
import sys
import time
import warnings

import numpy as np
from scipy.special import ndtri

from mcdemand.distributions.scipy import TOO_SLOW, laws, parameters_of
from mcdemand.errors import McdemandError
from mcdemand.law_statement import read_law
from mcdemand.schema import LawRow

SHAPES = (2.3, 0.6, 0.2, 3.0, 7.0, 20.0, -1.5)
LEVELS = np.array([1e-3, 0.013, 0.12, 0.31, 0.47])


def first_shapes(name):
    """Return shapes that SciPy takes, None if none of those tried is."""
    names = [p.name for p in parameters_of(laws()[name]) if p.name not in ("loc", "scale")]
    for values in itertools.product(SHAPES, repeat=len(names)):
        shapes = dict(zip(names, values, strict=True))
        try:
            end = laws()[name](**shapes).support()[0]
        except (TypeError, ValueError):
            continue
        if not np.isnan(end):
            return shapes
    return None


def line(name):
    if name in TOO_SLOW:
        return "refused: takes SciPy minutes to tabulate"
    shapes = first_shapes(name)
    if shapes is None:
        return "refused: takes no single numbers as shapes"
    stated = ", ".join(f"{key} = {value:g}" for key, value in shapes.items())
    start = time.perf_counter()
    try:
        law = read_law(LawRow.model_validate({"distribution": f"scipy:{name}", **shapes}))
    except McdemandError as error:
        return f"{stated}: refused: {error}"
    seconds = time.perf_counter() - start
    own = laws()[name](**shapes)
    found = np.concatenate([law.quantiles(ndtri(LEVELS)), law.quantiles(-ndtri(LEVELS))])
    exact = np.concatenate([own.ppf(LEVELS), own.isf(LEVELS)])
    error = np.max(np.abs(found - exact) / np.maximum(np.abs(exact), 1e-3 * np.ptp(exact)))
    return f"{stated}: {seconds:.2f} s, {8 * law.kernel_numbers().size / 1024:.0f} KiB, error {error:.0e}"


def main():
    warnings.simplefilter("ignore")
    for name in sys.argv[1:] or sorted(laws()):
        with np.errstate(all="ignore"):
            print(f"{name:24s} {line(name)}", flush=True)


if __name__ == "__main__":
    main()
