"""Sobol' indices of SALib and OpenTURNS from the same values, for `tests/sensitivity/test_sobol_peers.py`.

Run from the root, by a Python that has both: `python -m tests.references.peers_sobol`. It writes `peers_sobol.json`.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

DRAWS, PARAMETERS = 256, 3
TARGET = Path(__file__).with_suffix(".json")


def values() -> dict[str, np.ndarray]:
    """Return f(A), f(B), f(AB_i) and f(BA_i) of a product of powers, by seeded draws."""
    rng = np.random.default_rng(20251125)
    a, b = rng.normal(size=(2, DRAWS, PARAMETERS))

    def f(x: np.ndarray) -> np.ndarray:
        return np.exp(x @ [0.48, -0.3, 0.2]) + x[:, 0] * x[:, 2]

    def mixed(first: np.ndarray, second: np.ndarray, i: int) -> np.ndarray:
        x = first.copy()
        x[:, i] = second[:, i]
        return f(x)

    return {
        "a": f(a),
        "b": f(b),
        "ab_i": np.array([mixed(a, b, i) for i in range(PARAMETERS)]),
        "inputs": np.concatenate([a, b]),
    }


def main() -> None:
    import openturns as ot
    from SALib.analyze.sobol import first_order, total_order

    of = values()
    mean = np.concatenate([of["a"], of["b"]]).mean()
    a, b, ab = of["a"] - mean, of["b"] - mean, of["ab_i"] - mean
    x = of["inputs"]
    designs = [x[:DRAWS], x[DRAWS:]]
    for i in range(PARAMETERS):
        mixed = x[:DRAWS].copy()
        mixed[:, i] = x[DRAWS:, i]
        designs.append(mixed)
    outputs = np.concatenate([of["a"], of["b"], of["ab_i"].ravel()])[:, np.newaxis]
    found = {}
    for name in ("MauntzKucherenko", "Jansen"):
        algorithm = getattr(ot, f"{name}SensitivityAlgorithm")(np.concatenate(designs), outputs, DRAWS)
        algorithm.setUseAsymptoticDistribution(True)
        found[name] = {
            "first": list(algorithm.getFirstOrderIndices()),
            "total": list(algorithm.getTotalOrderIndices()),
        }
    content = {
        "versions": {name: version(name) for name in ("SALib", "openturns", "numpy")},
        "salib": {
            "first": [float(first_order(a, one, b)) for one in ab],
            "total": [float(total_order(a, one, b)) for one in ab],
        },
        "openturns": found,
    }
    TARGET.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
