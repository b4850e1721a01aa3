"""Beliefs come from other tools: their files, distributions of Python libraries, posteriors in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcdemand.document import name_of
from mcdemand.errors import InputError
from mcdemand.importers import importers
from mcdemand.importers._importer import ImportedPriors, Importer
from mcdemand.importers._objects import row_of
from mcdemand.importers._posterior import is_posterior, read_posterior
from mcdemand.prior_set import RESERVED
from mcdemand.registry import look_up
from mcdemand.row_writing import write_toml
from mcdemand.schema import UNSTATED
from mcdemand.toml_file import MAX_ITEMS

SAMPLE_SUFFIXES = (".csv", ".parquet")
"""Endings of files that a row may name, in these letters."""


def import_priors(source: Any, *, format: str | None = None, **options: Any) -> ImportedPriors:
    """Return what another tool believes as rows of a prior set.

    Parameters
    ----------
    source
        A file; a mapping of names to distributions of squigglepy, SciPy or PreliZ or to numbers; or a posterior of
        ArviZ's, a DataTree or a Dataset.
    format
        A name of `mcdemand.importers.importers()`; None: the one that the file's ending belongs to.
    options
        The format's own, such as `draws=1000` for samples.

    Returns
    -------
    ImportedPriors
        Rows by name, groups that depend on each other, and notes on what was changed or left out. Its `document` is
        what `simulate` and `load_prior_set` take. A row without a unit has the model's own.

    Raises
    ------
    InputError
        If the source holds what no prior set can say, in one line.
    FileError
        If it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "theirs.squiggle")
    ...     _ = file.write_text("growth = 2 to 5")
    ...     import_priors(file).rows
    {'growth': {'distribution': 'lognormal', 'p5': 2.0, 'p95': 5.0, 'unit': 'unstated'}}
    """
    found = _read(source, format, options)
    for name in sorted(RESERVED & found.rows.keys()):
        place = f"{source}: " if isinstance(source, str | Path) else ""
        raise InputError(f"{place}{name}: the name is reserved, no parameter can have it; rename it, or leave it out")
    rows = {name: {**row, "unit": row.get("unit", UNSTATED)} for name, row in found.rows.items()}
    return ImportedPriors(rows, found.groups, found.notes)


def prior_row(law: Any) -> dict[str, Any]:
    """Return the row of a prior set that states a distribution of another Python library.

    Parameters
    ----------
    law
        A frozen distribution of SciPy's, one of squigglepy's or of PreliZ's, or a number.

    Returns
    -------
    dict
        Keys as a TOML row has them, without a unit. A law of SciPy's that is no family of ours is stated by its name,
        such as `scipy:genextreme`.

    Raises
    ------
    InputError
        If it is of no library that is known, or no row can state it.

    Examples
    --------
    >>> from scipy import stats
    >>> prior_row(stats.lognorm(s=0.5))
    {'distribution': 'lognormal', 'mu': 0.0, 'sigma': 0.5}
    """
    return row_of(law)


def _read(source: Any, format: str | None, options: Mapping[str, Any]) -> ImportedPriors:
    if isinstance(source, str | Path):
        importer = choose_importer(Path(source), format)
        return importer.read(Path(source), **_options(importer, options))
    if format is not None:
        raise InputError(f"format: {format!r:.80}: belongs to a file; leave it out")
    if is_posterior(source):
        return read_posterior(source, **_options(importers()["arviz"], options))
    if not isinstance(source, Mapping):
        raise InputError(f"source: {type(source).__name__}: must be a file, a posterior, or a table of distributions")
    for name in options:
        raise InputError(f"{name}: no option of distributions")
    return ImportedPriors({str(name): row_of(one) for name, one in source.items()})


def choose_importer(path: Path, format: str | None) -> Importer:
    """Return the format that is named, or else the one that the path's ending belongs to.

    Raises
    ------
    InputError
        If there is none.
    """
    if format is not None:
        return look_up(format, {**importers()}, "format")
    owners = {suffix: one for one in importers().values() if one.owns_suffix for suffix in one.suffixes}
    for suffix in sorted(owners, key=len, reverse=True):
        if path.name.lower().endswith(suffix):
            return owners[suffix]
    known = ", ".join(importers())
    raise InputError(f"{path}: of no known ending ({', '.join(sorted(owners))}); name its format: {known}")


def _options(importer: Importer, options: Mapping[str, Any]) -> dict[str, Any]:
    for name in options:
        if name not in importer.options:
            known = ", ".join(importer.options) or "none"
            raise InputError(f"{name}: no option of {importer.name}; known: {known}")
    return {**importer.options, **options}


def import_for(path: Path, target: Path | None, format: str | None, **options: Any) -> ImportedPriors:
    """Return what a file believes, for a prior set that is to be written.

    Where that lies beside the file, and the format can, its rows name the file instead of holding samples.

    Raises
    ------
    InputError
        If the source holds what no prior set can say.
    FileError
        If it cannot be read.
    """
    importer = choose_importer(path, format)
    is_beside = target is None or target.parent.resolve() == path.parent.resolve()
    can_be_named = path.suffix in SAMPLE_SUFFIXES and is_beside
    if "inline" in importer.options and can_be_named and not {"inline", "draws"} & options.keys():
        options = {**options, "inline": False}
    return import_priors(path, format=importer.name, **options)


def prior_set_text(found: ImportedPriors, path: Path, target: Path | None, extends: str | None) -> str:
    """Return the TOML of a prior set.

    Parameters
    ----------
    path
        The file that the rows come from.
    target
        The file that they are written to, after which the prior set is named.
    extends
        The prior set that has the other rows, if any.

    Raises
    ------
    InputError
        If the target does not end in .toml, or a TOML file cannot take so much.
    """
    if target is not None and target.suffix != ".toml":
        raise InputError(f"{target}: a prior set's file ends in .toml")
    items = sum(len(value) for row in found.rows.values() for value in row.values() if isinstance(value, list))
    if items > MAX_ITEMS:
        raise InputError(f"{path}: {items} samples: a TOML file takes {MAX_ITEMS}; keep fewer: draws=1000")
    header = {"name": name_of((target or path).name), "title": f"Imported from {path.name}"}
    return write_toml(found.document(**header, **({"extends": extends} if extends else {})))
