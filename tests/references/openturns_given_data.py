"""Write openturns_given_data.json: OpenTURNS' figures on the samples made here; run by a Python that has OpenTURNS.

Only `write` needs OpenTURNS; tests import `samples`.
"""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".json")
SEED, DRAWS, PARAMETERS = 20261, 500, 4


def samples():
    """Return x (parameter, draw), correlated and without ties, and y (row, draw): curved, monotone, noisy rows."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(PARAMETERS, DRAWS))
    x[1] += 0.8 * x[0]
    x[2] = np.exp(x[2] - 0.5 * x[1])
    noise = rng.normal(size=DRAWS)
    y = [np.sin(2 * x[0]) + x[1] ** 2, np.exp(x[0] + 0.3 * x[3]) + x[2], x[0] - 2 * x[1] + 0.5 * x[2] + noise]
    return x, np.array(y)


def figures(x, y):
    import openturns as ot

    inputs, output = ot.Sample(x.T), ot.Sample(y[:, np.newaxis])
    analysis = ot.CorrelationAnalysis(inputs, output)
    return {
        "first_order": list(ot.RankSobolSensitivityAlgorithm(inputs, output).getFirstOrderIndices()),
        "rank_correlation": list(analysis.computeSpearmanCorrelation()),
        "partial_rank_correlation": list(analysis.computePRCC()),
        "standardized_coefficient": list(analysis.computeSRC()),
        "r_squared": ot.LinearModelAlgorithm(inputs, output).getResult().getRSquared(),
    }


def write():
    import openturns as ot

    x, y = samples()
    rows = [figures(x, row) for row in y]
    found = {name: np.array([row[name] for row in rows]).T.tolist() for name in rows[0]}
    record = {"openturns": ot.__version__, "numpy": np.__version__, "x_sum": x.sum(), "y_sum": y.sum(), **found}
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    write()
