"""Write salib_distributions.json: SALib's PAWN and delta of a small sample.

Run it from the root with a Python that has SALib, which is no dependency of the package:
`python -m tests.references.salib_distributions`. PAWN is compared to the last digits. Delta is not the same estimator:
SALib takes kernel densities and the bootstrap; it is kept to look at.
"""

import importlib.metadata
import json
from pathlib import Path

from SALib.analyze import delta, pawn

from tests.references.dependent_sample import dependent_sample

FILE = Path(__file__).with_name("salib_distributions.json")
DRAWS, CLASSES, SEED = 1000, 10, 1
PAWN = {"ks_median": "median", "ks_max": "maximum", "ks_mean": "mean"}


def main() -> None:
    x, y = dependent_sample(DRAWS)
    problem = {"num_vars": len(x), "names": [f"x{j}" for j in range(len(x))], "bounds": [[0, 1]] * len(x)}
    distances = [pawn.analyze(problem, x.T, row, S=CLASSES) for row in y]
    deltas = [delta.analyze(problem, x.T, row, method="delta", seed=SEED) for row in y]
    written = {
        "made_by": {name: importlib.metadata.version(name) for name in ("SALib", "scipy", "numpy")},
        "draws": DRAWS,
        "classes": CLASSES,
        **{name: [list(map(float, one[theirs])) for one in distances] for name, theirs in PAWN.items()},
        "delta": [list(map(float, one["delta_raw"])) for one in deltas],
        "delta_half_width": [list(map(float, one["delta_raw_conf"])) for one in deltas],
    }
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(one)}" for name, one in written.items())
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="ascii")


if __name__ == "__main__":
    main()
