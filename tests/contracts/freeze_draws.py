"""Write draws.sha256.json: SHA-256 of draws of every shipped prior set under every design, parameters and outputs.

The figures change when a shipped prior or an equation changes, and then they are written anew by
`python freeze_draws.py`. If they change for any other reason, draws are no longer what a contract id promised: raise
`CONTRACT_ID` too. The digests are the same on processors with 256-bit and with 512-bit registers (made on both).
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy

import mcdemand as mc
from mcdemand.designs import designs
from mcdemand.designs._design import CONTRACT_ID
from mcdemand.model import load_model
from mcdemand.paths import shipped_names

FILE = Path(__file__).with_name("draws.sha256.json")
FEW, MANY = 1000, 100_000
CHAINS, SEED = 2, 0
# Quantile functions from a table promise the same bits for the same SciPy only, and so does what is computed from them.
TABULATED = frozenset({"beta"})
Digests = dict[str, str]


def digest_set(name: str, draws: int, design: str) -> Digests:
    """Return a digest of the parameters whose bits hold everywhere, of the tabulated ones and, of MANY, of outputs."""
    priors = mc.load_prior_set(name)
    outputs = load_model(priors.model).default_outputs if draws == MANY else ()
    kept = [*priors.parameters, *outputs]
    result = mc.simulate(priors, draws=draws, chains=CHAINS, seed=SEED, outputs=kept, design=design)
    tabulated = {row for row, prior in priors.parameters.items() if prior.distribution.name in TABULATED}
    kinds = {"everywhere": set(priors.parameters) - tabulated, "tabulated": tabulated, "outputs": set(outputs)}
    values = {**result["prior"].data_vars, **result["prior_predictive"].data_vars}
    return {kind: _digest({row: values[row].values for row in names}) for kind, names in kinds.items() if names}


def _digest(arrays: dict[str, np.ndarray]) -> str:
    hasher = hashlib.sha256()
    for name, values in sorted(arrays.items()):
        hasher.update(f"{name} {values.shape} ".encode())
        hasher.update(np.ascontiguousarray(values, dtype="<f8").data)
    return hasher.hexdigest()


def digest_all(counts: Iterable[int], design: str) -> dict[str, dict[str, Digests]]:
    """Return the digests by prior set and number of draws."""
    return {name: {str(draws): digest_set(name, draws, design) for draws in counts} for name in shipped_names()}


if __name__ == "__main__":
    by_design = {design: digest_all((FEW, MANY), design) for design in sorted(designs())}
    content = {"contract": CONTRACT_ID, "scipy": scipy.__version__, "designs": by_design}
    FILE.write_text(json.dumps(content, indent=2) + "\n")
