"""A run as plain data, from which another process, or a later one, makes the same run again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from mcdemand.compiler import digest_code
from mcdemand.errors import IntegrityError
from mcdemand.kernels.cache import source_digest
from mcdemand.model import Model
from mcdemand.replay import rebuild_stated
from mcdemand.result import root_attributes
from mcdemand.run import Run

PARAMETERS, CODE, SOURCES, NOTICES = "kept_parameters", "model_sha256", "sources_sha256", "notices"


def state_run(run: Run) -> dict[str, Any]:
    """Return what a run is determined by: texts, whole numbers and lists of them."""
    return root_attributes(run) | {
        PARAMETERS: list(run.kept_parameters),
        CODE: digest_code(run.model, run.plan, run.yearly()),
        SOURCES: source_digest(),
    }


def restate_run(statement: Mapping[str, Any], model: Model | str | None = None) -> Run:
    """Return the run of a statement.

    Raises
    ------
    InputError
        If the model is one's own and is not passed.
    IntegrityError
        If it states no run, or the model's code, mcdemand's kernels or tables of laws are of another version.
    """
    run = rebuild_stated(statement, statement.get(PARAMETERS, ()), model)
    for key, value in state_run(run).items():
        # Notices speak of draws before they were rounded up, and decide nothing.
        if key != NOTICES and statement.get(key) != value:
            raise IntegrityError(
                f"{key}: {str(statement.get(key))!r:.80} when it was begun, {str(value)!r:.80} now; go on with the "
                "version and the model that it was begun with, or begin anew"
            )
    return dataclasses.replace(run, notices=tuple(filter(None, str(statement[NOTICES]).split("\n"))))
