"""Write draws.sha256.json: SHA-256 of draws of every shipped prior set under every design, parameters and outputs.

The figures change when a shipped prior or an equation changes, and then they are written anew by
`python freeze_draws.py`. If they change for any other reason, draws are no longer what a contract id promised: raise
`CONTRACT_ID` too. Digests from other processors' vector units are kept where what holds everywhere is as it was.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

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
# Quantile functions from a table promise the same bits for the same SciPy and C library only, and so does what is
# computed from them. test_tables_by_processor.py shows that no table depends on the vector unit; digests are kept by
# it because that was tried on one kind of processor: on another, what has no digest is not compared.
TABULATED = frozenset({"beta"})
Digests = dict[str, str]


def vector_unit() -> str:
    """Return the widest level of x86-64 that NumPy has code for on this processor; "other" if it is no x86-64."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return max((level for level in found if level.startswith("X86_V")), default="other")


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


def keep_other_units(found: Digests, frozen: dict[str, Any]) -> dict[str, Any]:
    """Return what to write for one set: the digests by vector unit, but of those that hold everywhere."""
    same = found["everywhere"] == frozen.get("everywhere")
    others = {kind: digests for kind, digests in frozen.items() if same and kind != "everywhere"}
    units = {kind: {**others.get(kind, {}), vector_unit(): digest} for kind, digest in found.items()}
    return {**units, "everywhere": found["everywhere"]}


def freeze_design(design: str, frozen: dict[str, Any]) -> dict[str, Any]:
    """Return what to write for one design."""
    return {
        name: {draws: keep_other_units(found, frozen.get(name, {}).get(draws, {})) for draws, found in counts.items()}
        for name, counts in digest_all((FEW, MANY), design).items()
    }


if __name__ == "__main__":
    written = json.loads(FILE.read_text())
    kept = written["designs"] if written["scipy"] == scipy.__version__ else {}
    by_design = {design: freeze_design(design, kept.get(design, {})) for design in sorted(designs())}
    content = {"contract": CONTRACT_ID, "scipy": scipy.__version__, "designs": by_design}
    FILE.write_text(json.dumps(content, indent=2) + "\n")
