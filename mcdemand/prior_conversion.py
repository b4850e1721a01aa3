"""A prior set from TOML to CSV and back: what the other form cannot keep is refused, or said."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mcdemand.document import name_of, read_document
from mcdemand.errors import FileError, InputError
from mcdemand.files import replace_file
from mcdemand.prior_set import PriorSet, load_prior_set
from mcdemand.row_table import ABOUT, FORMULA_STARTS, expand_row
from mcdemand.row_writing import shorten_row, write_csv, write_toml
from mcdemand.schema import PriorSetDocument
from mcdemand.toml_file import STRINGS_AND_COMMENTS, read_toml

TOML, CSV = ".toml", ".csv"


def convert_prior_set(source: Path, target: Path, *, short: bool = False, overwrite: bool = False) -> tuple[str, ...]:
    """Write a prior set in the other form, and return what that form does not keep, a line each.

    In another folder, samples of a file stand in the set itself, as the file is not there.

    Parameters
    ----------
    source, target
        Files ending in .toml or .csv.
    short
        Whether TOML states rows by short forms where reading them back gives the same row.

    Raises
    ------
    InputError
        If a suffix is another one, a row cannot be kept, the set extends one that does not lie beside the target, or
        the set that would be read back differs.
    FileError
        If a file cannot be read or written.
    """
    suffixes = (source.suffix, target.suffix)
    if not {*suffixes} <= {TOML, CSV}:
        raise InputError(f"{source} to {target}: must both end in .toml or .csv")
    if short and target.suffix == CSV:
        raise InputError("--short: is for TOML; a CSV file has its own columns, and `short` is one that you may fill")
    priors = load_prior_set(source)
    text = _as_csv(source) if target.suffix == CSV else _as_toml(source, target, short=short)
    replace_file(target, lambda path: _write_checked(Path(path), text, priors, source), overwrite=overwrite)
    return tuple(_losses(source, priors) if target.suffix == CSV else _comments(source))


def _as_csv(source: Path) -> str:
    document = read_document(source)
    return write_csv(document.content["parameters"], document.row_labels)


def _as_toml(source: Path, target: Path, *, short: bool) -> str:
    """Return the set as TOML; one that extends another still does."""
    content = dict(read_toml(source, str(source)) if source.suffix == TOML else read_document(source).content)
    stays = source.parent.resolve() == target.parent.resolve()
    if not stays:
        _refuse_sibling(content, source, target)
    if isinstance(content.get("parameters"), str):
        content["parameters"] = read_document(source).content["parameters"]
    elif not stays and isinstance(content.get("parameters"), Mapping):
        whole = read_document(source).content["parameters"]
        content["parameters"] = {
            n: row if isinstance(row, str) else whole[n] for n, row in content["parameters"].items()
        }
    rows = _expanded(content)
    text = write_toml({**content, "parameters": {n: shorten_row(row) for n, row in rows.items()} if short else rows})
    read_back = tomllib.loads(text)
    if {**read_back, "parameters": _expanded(read_back)} != {**content, "parameters": rows}:
        raise InputError(f"{source}: would not be read back as it is; write the file by hand")
    return text


def _refuse_sibling(content: Mapping[str, Any], source: Path, target: Path) -> None:
    """Raise if the set extends a file beside it that is not the one beside the target."""
    parent = content.get("prior_set", {}).get("extends")
    beside = source.parent / f"{str(parent).removesuffix(TOML)}{TOML}"
    if parent is not None and beside.is_file() and not _is_same(beside, target.parent / beside.name):
        raise InputError(
            f"{source}: prior_set.extends: {parent!r}: is {beside}, and a set extends one beside it; "
            f"copy it into the folder of {target}, or write the target beside {source.name}"
        )


def _is_same(a: Path, b: Path) -> bool:
    return b.is_file() and a.read_bytes() == b.read_bytes()


def _expanded(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rows as tables that state their unit and leave out what is empty."""
    rows = {name: expand_row(name, row, "parameters") for name, row in content.get("parameters", {}).items()}
    return {name: {"unit": "1", **_full(row)} if isinstance(row, Mapping) else row for name, row in rows.items()}


def _full(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not (key in ABOUT and value == "")}


def _write_checked(path: Path, text: str, priors: PriorSet, source: Path) -> None:
    """Write the file; raise if the rows are not the same when read back."""
    path.write_text(text, encoding="utf-8", newline="")
    try:
        after = load_prior_set(path)
    except (InputError, FileError) as error:
        reason = str(error).splitlines()[0].replace(f"{path}: ", "")
        raise InputError(f"{source}: would not be read back as it is: {reason}") from None
    _compare(priors, after, source)


def _compare(before: PriorSet, after: PriorSet, source: Path) -> None:
    for name, prior in before.parameters.items():
        if name not in after.parameters or _statement(prior) != _statement(after.parameters[name]):
            raise InputError(f"{source}: parameters.{name}: would not be read back as it is; keep the row in its file")


def _statement(prior: Any) -> tuple[Any, ...]:
    return prior.drawn_law, prior.unit, prior.source, prior.note


def _losses(source: Path, priors: PriorSet) -> Iterator[str]:
    """Yield what a CSV file does not keep."""
    header = read_document(source).content.get("prior_set", {})
    lost = sorted(key for key, value in header.items() if key != "name" and value)
    if lost or header.get("name") not in (None, name_of(source.name)):
        yield (
            f"not kept: prior_set.{', prior_set.'.join(lost) or 'name'}; to keep them, write a TOML file with "
            'parameters = "the CSV file"'
        )
    if priors.correlations:
        yield f"not kept: {len(priors.correlations)} correlations; keep them in a TOML file that names the CSV file"
    extra = sorted(set(priors.document) - set(PriorSetDocument.model_fields))
    if extra:
        yield f"not kept: {', '.join(extra)}"
    if any(cell.startswith(FORMULA_STARTS) for cell in _texts(priors.document)):
        yield "a ' stands before texts that begin with =, +, - or @, against formulas; mcdemand reads them without it"
    yield from _comments(source)


def _texts(document: Mapping[str, Any]) -> Iterator[str]:
    for row in document["parameters"].values():
        yield from (value for value in row.values() if isinstance(value, str))


def _comments(source: Path) -> Iterator[str]:
    """Yield a line if comments of a TOML file are left behind."""
    if source.suffix != TOML:
        return
    found = STRINGS_AND_COMMENTS.finditer(source.read_text(encoding="utf-8-sig"))
    count = sum(match[0].startswith("#") for match in found)
    if count:
        yield f"not kept: {count} comment{'' if count == 1 else 's'}"
