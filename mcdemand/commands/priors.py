"""`mcdemand priors`: look at prior sets, check one, compare two, convert one, import one, begin one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from mcdemand.commands import arguments, options
from mcdemand.commands.formats import print_formats
from mcdemand.commands.options import ModelFile
from mcdemand.errors import FileError, InputError, PriorSetError

if TYPE_CHECKING:
    from mcdemand.prior_set import PriorSet

app = App(name="priors", help="List, show, check, compare, convert, import and begin prior sets.")

TEMPLATE = """\
# A prior set: who believes what about every parameter. `mcdemand priors show {parent}` prints the rows that it changes.
# A row stated here replaces the parent's row entirely. Try it: mcdemand priors check {file}; mcdemand run {file}
# Rank correlations: a [[correlations]] list replaces the parent's whole list.

[prior_set]
name = "{name}"
title = "One line that says whose view this is"
description = "Two or three sentences: what it rests on, what is doubtful."
model = "{model}"
extends = "{parent}"

# Take away the leading # to state a row.
{rows}"""
EXAMPLE_ROWS = 3


@app.command(name="list")
def list_() -> None:
    """Print the shipped prior sets: name, title, number of rows, what it extends."""
    from mcdemand.report.prior_listing import print_sets
    from mcdemand.report.text import console

    print_sets(console(sys.stdout))


@app.command
def families() -> None:
    """Print what a row may state: families of laws, copulas, and ways to vary by year."""
    from mcdemand.report.family_listing import print_families
    from mcdemand.report.text import console

    print_families(console(sys.stdout))


@app.command
def show(prior_set: str, /) -> None:
    """Print each parameter of a prior set: histogram, quantiles, law, unit, source.

    Parameters
    ----------
    prior_set
        Name of a shipped set or path to a TOML or CSV file.
    """
    from mcdemand.prior_set import load_prior_set
    from mcdemand.report.prior_listing import print_priors
    from mcdemand.report.text import console

    print_priors(console(sys.stdout), load_prior_set(prior_set))


@app.command
def check(
    prior_set: str,
    /,
    *,
    model: ModelFile = None,
) -> None:
    """Explain a prior set against its model: every problem on one line, or ok and what each row implies.

    Parameters
    ----------
    prior_set
        Path to a TOML or CSV file or name of a shipped set.
    """
    from mcdemand.own_model import choose_model
    from mcdemand.prior_check import check_prior_set
    from mcdemand.prior_set import load_prior_set
    from mcdemand.report.prior_check import print_check
    from mcdemand.report.text import console

    priors = load_prior_set(prior_set)
    try:
        found = check_prior_set(priors, choose_model(priors, model))
    except PriorSetError as error:
        raise PriorSetError(map(priors.located, error.problems)) from None
    print_check(console(sys.stdout), found)


@app.command
def diff(a: str, b: str, /) -> None:
    """Print which rows differ between two prior sets, and by how much, the largest first.

    Parameters
    ----------
    a
        Name of a shipped set or path to a TOML or CSV file.
    b
        The set that it is compared with.
    """
    from mcdemand.prior_diff import diff_prior_sets
    from mcdemand.report.prior_diff import print_diff
    from mcdemand.report.text import console

    print_diff(console(sys.stdout), diff_prior_sets(a, b))


@app.command
def convert(
    source: Path,
    target: Path,
    /,
    *,
    short: Annotated[
        bool, Parameter(help='State rows of TOML by short forms, "60 to 300", where they can be.')
    ] = False,
    overwrite: Annotated[bool, Parameter(help="Replace a file that exists.")] = False,
) -> None:
    """Write a prior set as CSV or as TOML: the same laws; what the other form cannot keep is said.

    Parameters
    ----------
    source
        File ending in .toml or .csv.
    target
        Where to write it, ending in .toml or .csv.
    """
    from mcdemand.prior_conversion import convert_prior_set
    from mcdemand.report.layout import print_notes
    from mcdemand.report.text import console

    lost = convert_prior_set(source, target, short=short, overwrite=overwrite)
    print_notes(console(sys.stdout), [f"Written: {target}", *(f"Note: {one}" for one in lost)])


@app.command(name="import")
def import_(
    file: Path | None = None,
    /,
    *,
    format: Annotated[
        str | None,
        Parameter(
            name="--from", metavar="FORMAT", help="Format of the file. Default: the one that its ending belongs to."
        ),
    ] = None,
    option: options.ImportOption = None,
    extends: Annotated[
        str | None,
        Parameter(
            metavar="NAME", help="Shipped set, or one beside the file that is written, which has the other rows."
        ),
    ] = None,
    output: options.ImportFile = None,
    overwrite: Annotated[bool, Parameter(help="Replace a file that exists.")] = False,
    quiet: options.Quiet = False,
) -> None:
    """Turn what another tool believes into rows of a prior set; without a file, list the formats.

    Parameters
    ----------
    file
        Squiggle source, a SIPmath library, a CSV or Parquet file of samples, an ArviZ posterior.
    """
    if file is None:
        from mcdemand.importers import importers

        print_formats(importers().values())
        return
    from mcdemand.files import replace_file
    from mcdemand.importing import import_for, prior_set_text

    chosen = arguments.parse_options(option or ())
    found = import_for(file, output, format, **chosen)
    text = prior_set_text(found, file, output, extends)
    if output is None:
        sys.stdout.write(text)
    else:
        replace_file(output, lambda path: Path(path).write_text(text, encoding="utf-8"), overwrite=overwrite)
    if not quiet:
        print_imported(found.notes, output)


def print_imported(notes: Iterable[str], output: Path | None) -> None:
    """Print what was changed: where rows themselves are printed, beside them."""
    from mcdemand.report.layout import print_notes
    from mcdemand.report.text import console, literal

    lines = [f"Note: {literal(one)}" for one in notes]
    if output is None:
        print_notes(console(sys.stderr), lines)
    else:
        print_notes(console(sys.stdout), [*lines, f"Written: {output}"])


@app.command
def new(file: Path, /, *, extends: Annotated[str, Parameter(help="Name of the shipped set to change.")]) -> None:
    """Write the beginning of a prior set that changes a few rows of another.

    Parameters
    ----------
    file
        Where to write it; a file that exists is not replaced.
    """
    from mcdemand.files import check_target, replace_file
    from mcdemand.paths import shipped_names
    from mcdemand.prior_set import load_prior_set
    from mcdemand.registry import nearest

    if extends not in shipped_names():
        raise InputError(f"--extends: {extends!r}: no shipped set; {nearest(extends, shipped_names())}")
    if file.suffix != ".toml":
        raise InputError(f"{file}: a prior set's file ends in .toml")
    if file.exists():
        raise FileError(f"{file}: exists; name another file")
    check_target(file, overwrite=False)
    text = template(file, extends, load_prior_set(extends))
    replace_file(file, lambda path: Path(path).write_text(text, encoding="utf-8"), overwrite=False)
    sys.stdout.write(f"Written: {file}\n")


def template(file: Path, parent_name: str, parent: PriorSet) -> str:
    """Return a prior set that changes nothing yet, with example rows of its parent commented out."""
    from mcdemand.document import name_of

    stated = parent.document["parameters"]
    plain = [key for key, row in stated.items() if "p50" in row and not any(isinstance(v, dict) for v in row.values())]
    rows = "\n".join(_example(key, stated[key]) for key in plain[:EXAMPLE_ROWS])
    return TEMPLATE.format(name=name_of(file.name), file=file.name, parent=parent_name, model=parent.model, rows=rows)


def _example(name: str, row: dict[str, object]) -> str:
    about = {"source": "who says so, where, when", "note": "why these numbers, and what is doubtful"}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in {**row, **about}.items()]
    return "\n".join(f"# {line}" for line in (f"[parameters.{name}]", *lines)) + "\n"
