"""Write salib_morris.json: SALib's trajectories on a grid, outputs of a function there, and SALib's Morris measures.

Run it with a Python that has SALib, which is no dependency of the package: `python tests/references/salib_morris.py`.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
from SALib.analyze import morris as analyze
from SALib.sample import morris as sample

FILE = Path(__file__).with_name("salib_morris.json")
PARAMETERS, TRAJECTORIES, LEVELS, SEED = 5, 8, 6, 20260611


def main() -> None:
    names = [f"x{j}" for j in range(PARAMETERS)]
    problem = {"num_vars": PARAMETERS, "names": names, "bounds": [[0.0, 1.0]] * PARAMETERS}
    points = sample.sample(problem, TRAJECTORIES, num_levels=LEVELS, seed=SEED)
    weights = np.array([2.0, -1.0, 0.5, 0.0, 3.0])
    outputs = np.exp(points @ weights / 4) + points[:, 0] * points[:, 1] - np.cos(5 * points[:, 2])
    found = analyze.analyze(problem, points, outputs, num_levels=LEVELS, seed=SEED)
    written = {
        "made_by": {name: importlib.metadata.version(name) for name in ("SALib", "numpy")},
        "levels": LEVELS,
        "steps": np.rint(points * (LEVELS - 1)).astype(int).T.tolist(),
        "outputs": outputs.tolist(),
        **{name: [float(one) for one in found[name]] for name in ("mu", "mu_star", "sigma")},
    }
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(one)}" for name, one in written.items())
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="ascii")


if __name__ == "__main__":
    main()
