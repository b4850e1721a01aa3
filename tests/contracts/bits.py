"""Print the SHA-256 of every array of some runs, to compare one process with another."""

import json

import xarray as xr
from contract import ALL_PARAMETERS, ALL_QUANTITIES, sha256

import mcdemand as mc
from mcdemand.prior_pool import pool_prior_sets

YEARLY = {
    "tokens_2024.varies": {"kind": "ar1", "persistence": 0.6},
    "electricity_price.varies": {"kind": "random_walk", "step": 0.1},
    "load_factor.varies": {"kind": "independent"},
}
# One process of the two interprets, and a block of 256 draws of every quantity takes a second a year.
CASES = {
    "consensus": {"priors": "consensus", "draws": 200, "design": "random"},
    "sobol": {"priors": "seed", "draws": 256, "years": list(range(2024, 2030)), "design": "sobol"},
    "latin hypercube": {"priors": "liftoff", "draws": 300, "years": [2024], "design": "latin_hypercube"},
    "yearly parameters": {
        "priors": "consensus", "draws": 200, "years": list(range(2024, 2028)), "set": YEARLY, "design": "random",
    },
    "pool": {
        "priors": pool_prior_sets({"consensus": 0.7, "liftoff": 0.3}), "draws": 256, "years": [2024], "design": "sobol",
    },
}  # fmt: skip


def digest_arrays(result: xr.DataTree) -> dict[str, str]:
    groups = (result["prior"], result["prior_predictive"])
    return {str(name): sha256(values.values) for group in groups for name, values in group.data_vars.items()}


def digest_case(name: str) -> dict[str, str]:
    return digest_arrays(mc.simulate(**CASES[name], chains=1, outputs=[*ALL_QUANTITIES, *ALL_PARAMETERS]))


if __name__ == "__main__":
    print(json.dumps({name: digest_case(name) for name in CASES}))  # noqa: T201
