"""Print the SHA-256 of every array of some runs, to compare one process with another."""

import json

import xarray as xr
from contract import ALL_PARAMETERS, ALL_QUANTITIES, sha256

import mcdemand as mc

YEARLY = {
    "tokens_2024.varies": {"kind": "ar1", "persistence": 0.6},
    "electricity_price.varies": {"kind": "random_walk", "step": 0.1},
    "load_factor.varies": {"kind": "independent"},
}
CASES = {
    "consensus": {"priors": "consensus", "draws": 300},
    "seed": {"priors": "seed", "draws": 200, "years": list(range(2024, 2030))},
    "yearly parameters": {"priors": "consensus", "draws": 200, "years": list(range(2024, 2028)), "set": YEARLY},
}


def digest_arrays(result: xr.DataTree) -> dict[str, str]:
    groups = (result["prior"], result["prior_predictive"])
    return {str(name): sha256(values.values) for group in groups for name, values in group.data_vars.items()}


def digest_case(name: str) -> dict[str, str]:
    return digest_arrays(mc.simulate(**CASES[name], chains=1, outputs=[*ALL_QUANTITIES, *ALL_PARAMETERS]))


if __name__ == "__main__":
    print(json.dumps({name: digest_case(name) for name in CASES}))  # noqa: T201
