"""What a simulation is asked for, as people write it: in many forms, most of it left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.model import Model, load_model
from mcdemand.prior_pool import PriorPool, load_beliefs
from mcdemand.prior_set import PriorSet
from mcdemand.run import Run, prepare

DRAWS = 16_384
CHAINS = 16
DESIGN = "sobol"

type Beliefs = str | Path | Mapping[str, Any] | PriorSet | PriorPool


def prepare_request(
    priors: Beliefs,
    *,
    model: Model | str | None = None,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    set: Mapping[str, Any] | None = None,
    **sizes: Any,
) -> Run:
    """Return the checked run that the arguments of `simulate` ask for; `sizes` are draws, chains, seed and design.

    Raises
    ------
    InputError
        If the request is not sound.
    """
    beliefs = load_beliefs(priors, set)
    given: dict[str, Any] = {"draws": DRAWS, "chains": CHAINS, "seed": 0, "design": DESIGN, **sizes}
    model = load_model(model or beliefs.model)
    return prepare(beliefs, model, outputs=_several(outputs), years=_several(years), **given)


def _several(one_or_more: Any) -> tuple[Any, ...] | None:
    if one_or_more is None:
        return None
    return tuple(one_or_more) if np.iterable(one_or_more) and not isinstance(one_or_more, str) else (one_or_more,)
