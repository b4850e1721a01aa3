"""A result leaves for another tool."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from mcdemand.errors import InputError
from mcdemand.evidence.posterior import posterior_draws
from mcdemand.exporters import exporters, owner_of, owners
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._selection import select
from mcdemand.files import check_folder, check_target, replace_file, replace_folder
from mcdemand.reading import WEIGHTS
from mcdemand.registry import look_up
from mcdemand.result_files import check_draws

POSTERIOR_NOTE = "the draws are those after conditioning; the result without it keeps those of the prior set"


class Exported(NamedTuple):
    """What was written.

    Attributes
    ----------
    notes
        What the format could not keep, a sentence each.
    """

    path: Path
    format: str
    notes: tuple[str, ...]


def export(
    result: xr.DataTree,
    path: str | Path,
    to: str | None = None,
    *,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    probabilities: Sequence[float] | None = None,
    draws: int | None = None,
    overwrite: bool = False,
    **options: Any,
) -> Exported:
    """Write a result in another tool's format, whole or not at all.

    Parameters
    ----------
    result
        What `simulate`, `read_result` or `read` returned, whole; of what `condition` returned, the draws after it.
    path
        The file, or the folder of a format that is one.
    to
        A name of `mcdemand.exporters.exporters()`; None: the format that the path's ending belongs to.
    outputs
        Quantities and parameters; None: all quantities, and all parameters where the format keeps joint draws.
    years
        None: all.
    probabilities
        Levels of the quantiles that a file states; None: 0.05, 0.25, 0.5, 0.75 and 0.95. A format without quantiles
        takes none.
    draws
        So many draws, the first of every chain: rounded down to equally many of each, at least one; None: all that the
        format takes.
    overwrite
        Whether a file that exists is replaced.
    options
        The format's own, such as `layout="tidy"` for "csv".

    Returns
    -------
    Exported
        The path, the format, and notes on what it could not keep.

    Raises
    ------
    InputError
        If the request is not sound, or the format needs a library that is not installed.
    NumericalError
        If a draw is NaN or infinite.
    FileError
        If the file exists and may not be overwritten, or cannot be written; then nothing changes.

    Examples
    --------
    >>> import tempfile
    >>> from mcdemand import simulate
    >>> result = simulate("consensus", draws=512, chains=2, outputs="energy_served")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(result, f"{folder}/energy.csv", years=2030).format
    'csv'
    """
    target = Path(path)
    check_draws("result", result)
    is_conditioned = isinstance(result, xr.DataTree) and WEIGHTS in result.children
    result = posterior_draws(result) if is_conditioned else result
    exporter = choose_exporter(target, to)
    exporter.check_library()
    chosen = check_options(exporter, options)
    if probabilities is not None and not exporter.states_quantiles:
        raise InputError(f"probabilities: {exporter.name} files state no quantiles; leave it out, or use json or excel")
    selection = select(
        result,
        outputs=outputs,
        years=years,
        draws=draws,
        probabilities=probabilities,
        with_parameters=exporter.has_parameters,
    )
    notes = [POSTERIOR_NOTE] if is_conditioned else []

    def write(place: str) -> None:
        notes.extend(exporter.write(selection, Path(place), **chosen))

    if exporter.marker:
        replace_folder(target, write, marker=exporter.marker, overwrite=overwrite)
    else:
        replace_file(target, write, overwrite=overwrite)
    return Exported(target, exporter.name, tuple(notes))


def check_result_target(path: Path, *, overwrite: bool) -> Mapping[str, Any]:
    """Return the options under which a file keeps a whole result; raise unless one can be written, and read again.

    Raises
    ------
    InputError
        If its ending is that of no format, or of one that does not keep the whole of it, or a library is missing.
    FileError
        If it exists and may not be overwritten, or its folder does not exist.
    """
    exporter = owner_of(path)
    if exporter is None or not exporter.keeps_whole:
        kept = "" if exporter is None else f"; {exporter.name} files do not keep one, so export it afterwards"
        whole = sorted(suffix for suffix, one in owners().items() if one.keeps_whole)
        raise InputError(f"{path}: a result file ends in {', '.join(whole)}{kept}")
    exporter.check_library()
    if exporter.marker:
        check_folder(path, exporter.marker, overwrite=overwrite)
    else:
        check_target(path, overwrite=overwrite)
    return exporter.whole


def choose_exporter(path: Path, to: str | None) -> Exporter:
    """Return the format that is named, or else the one that the path's ending belongs to.

    Raises
    ------
    InputError
        If there is none, or the path has another format's ending.
    """
    if to is not None:
        exporter = look_up(to, {**exporters()}, "to")
        if not path.name.lower().endswith(exporter.suffixes):
            raise InputError(f"{path}: {exporter.name} files end in {' or '.join(exporter.suffixes)}; rename it")
        return exporter
    owner = owner_of(path)
    if owner is None:
        raise InputError(
            f"{path}: of no known format; end the name in {', '.join(sorted(owners()))}, or name the format"
        )
    return owner


def check_options(exporter: Exporter, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a format, those that are not given as they are by default.

    Raises
    ------
    InputError
        If one is unknown.
    """
    for name in options:
        if name not in exporter.options:
            known = ", ".join(exporter.options) or "none"
            raise InputError(f"{name}: no option of {exporter.name}; known: {known}")
    return {**exporter.options, **options}
