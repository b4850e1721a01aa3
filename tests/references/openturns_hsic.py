"""Write openturns_hsic.json: OpenTURNS' R2-HSIC and asymptotic p-values of a small sample.

Run it from the root with a Python that has OpenTURNS, which is no dependency of the package:
`python -m tests.references.openturns_hsic`.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
import openturns as ot

from tests.references.dependent_sample import dependent_sample

FILE = Path(__file__).with_name("openturns_hsic.json")
DRAWS = 80


def estimator(x: np.ndarray, row: np.ndarray, statistic: ot.HSICStat) -> ot.HSICEstimatorGlobalSensitivity:
    samples = [ot.Sample(values[:, np.newaxis]) for values in (*x, row)]
    kernels = [ot.SquaredExponential(sample.computeStandardDeviation()) for sample in samples]
    return ot.HSICEstimatorGlobalSensitivity(kernels, ot.Sample(x.T), samples[-1], statistic)


def main() -> None:
    ot.ResourceMap.SetAsScalar("CovarianceModel-DefaultNuggetFactor", 0.0)
    x, y = dependent_sample(DRAWS)
    found, unbiased = ([estimator(x, row, one) for row in y] for one in (ot.HSICVStat(), ot.HSICUStat()))
    written = {
        "made_by": {name: importlib.metadata.version(name) for name in ("openturns", "numpy")},
        "draws": DRAWS,
        "r2_hsic": [list(one.getR2HSICIndices()) for one in found],
        "r2_hsic_unbiased": [list(one.getR2HSICIndices()) for one in unbiased],
        "p_value": [list(one.getPValuesAsymptotic()) for one in found],
    }
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(one)}" for name, one in written.items())
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="ascii")


if __name__ == "__main__":
    main()
