"""Write draws.sha256.json: SHA-256 of 1000 draws of every shipped prior set.

The figures change when a shipped prior changes, and then they are written anew by `python freeze_draws.py`. If they
change for any other reason, draws are no longer what a contract id promised: raise `CONTRACT_ID` too.
"""

import hashlib
import json
from pathlib import Path

import scipy
from contract import parameter_draws

import mcdemand as mc
from mcdemand.designs.random import CONTRACT_ID
from mcdemand.paths import shipped_names

FILE = Path(__file__).with_name("draws.sha256.json")
DRAWS, CHAINS, SEED = 1000, 2, 0
# Quantile functions from a table promise the same bits for the same SciPy only.
TABULATED = frozenset({"beta"})


def digest_set(name: str) -> dict[str, str]:
    """Return one digest over the parameters whose bits hold everywhere, and one over the tabulated ones."""
    priors = mc.load_prior_set(name)
    hashers = {"everywhere": hashlib.sha256(), "tabulated": hashlib.sha256()}
    for parameter, values in parameter_draws(priors, draws=DRAWS, chains=CHAINS, seed=SEED).items():
        family = priors.parameters[parameter].distribution.name
        hasher = hashers["tabulated" if family in TABULATED else "everywhere"]
        hasher.update(f"{parameter} {values.shape} ".encode() + values.astype("<f8").tobytes())
    return {kind: hasher.hexdigest() for kind, hasher in hashers.items()}


def digest_all() -> dict[str, object]:
    sets = {name: digest_set(name) for name in shipped_names()}
    return {"contract": CONTRACT_ID, "scipy": scipy.__version__, "sets": sets}


if __name__ == "__main__":
    FILE.write_text(json.dumps(digest_all(), indent=2) + "\n")
