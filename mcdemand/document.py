"""Prior sets as written: TOML and CSV from strangers, read within limits, `extends` followed, overrides applied.

What comes out is a plain mapping without `extends`, every row a table, and for every row the place it came from, for
the error messages.
"""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mcdemand.errors import FileError, InputError, PriorSetError
from mcdemand.paths import priors_folder, shipped_names
from mcdemand.registry import nearest
from mcdemand.row_table import expand_row, read_rows
from mcdemand.sample_file import find_beside, with_joint_samples, with_samples
from mcdemand.schema import UNSTATED, path_words, plain
from mcdemand.toml_file import MAX_DEPTH, read_toml

MAX_ANCESTORS = 10
GROUPS = "dependence"
TIES = ("correlations", GROUPS)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
TABLE_SUFFIX = ".csv"


@dataclass
class Document:
    """A prior set's mapping, and the label of the file that each parameter's row came from."""

    content: dict[str, Any]
    label: str
    row_labels: dict[str, str] = field(default_factory=dict)
    unread: dict[str, Exception] = field(default_factory=dict)
    """Why files that a row names could not be read, by row: said together with all else that is wrong."""


def read_document(source: str | Path | Mapping[str, Any]) -> Document:
    """Return the document of a shipped name, a path or a mapping, with what it extends filled in.

    Raises
    ------
    InputError
        If it is not TOML within the limits, names an unknown set, or extends itself.
    FileError
        If the file cannot be read.
    """
    document = _read(source)
    for groups in (GROUPS, f"inherited_{GROUPS}"):
        with_joint_samples(document.content, groups)
    return document


def _read(source: str | Path | Mapping[str, Any]) -> Document:
    if isinstance(source, Mapping):
        content = _without_files({key: plain_value(value) for key, value in source.items()})
        return _with_ancestors(content, "mapping", None, ())
    place = _find(str(source))
    if place.name.endswith(TABLE_SUFFIX):
        return _read_table(place)
    return _with_ancestors(read_toml(place, _label(place)), _label(place), _folder(place), (_label(place),))


def plain_value(value: Any, depth: int = 0) -> Any:
    """Return a copy of a value of a mapping from Python, NumPy's numbers and arrays as numbers and lists.

    Raises
    ------
    InputError
        If it is nested too deep.

    Examples
    --------
    >>> import numpy as np
    >>> plain_value({"edges": np.arange(3), "value": np.int64(4)})
    {'edges': [0, 1, 2], 'value': 4}
    """
    if depth > MAX_DEPTH:
        raise InputError(f"mapping: nested deeper than {MAX_DEPTH}; flatten it")
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: plain_value(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        items = [plain_value(one, depth + 1) for one in value]
        return items if isinstance(value, list) else tuple(items)
    return copy.deepcopy(value)


def _without_files(content: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping, refused if it names a file: it may come from a result of somebody else's."""
    if isinstance(content.get("parameters"), str):
        raise InputError(
            f"mapping: parameters: {content['parameters']!r:.80}: must be a table; only a TOML file may name a CSV file"
        )
    return content


def _read_table(place: Path | Traversable) -> Document:
    """Return the document of a CSV file: its rows, and a name made of the file's."""
    rows, places = read_rows(place, _label(place))
    return Document({"prior_set": {"name": name_of(place.name)}, "parameters": rows}, _label(place), places)


def name_of(file_name: str) -> str:
    """Return the name of a prior set that a file suggests.

    Examples
    --------
    >>> name_of("my view.csv"), name_of("2030.toml")
    ('my-view', 'my-2030')
    """
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", PurePosixPath(file_name).stem)[:64]
    return name if name[:1].isalpha() else f"my-{name}"[:64]


def apply_overrides(document: Document, overrides: Mapping[str, Any]) -> None:
    """Change rows in place: `{"name.key": value}`, `{"name": number}` for a constant, `{"name": {...}}` for a law.

    A law may be a short form too, `{"name": "60 to 300"}`.

    Raises
    ------
    InputError
        If a parameter has no row, or a short form is none.
    """
    rows = document.content["parameters"] = _table(document.content, "parameters", document.label)
    for path, value in overrides.items():
        name, _, key = path.partition(".")
        if name not in rows:
            raise InputError(f"set: {plain(path)}: no such parameter; {nearest(name, rows)}")
        rows[name] = _overridden(name, rows[name], key, plain_value(value))
        document.row_labels[name] = "set"
        if not key or key == "samples":
            document.unread.pop(name, None)


def _overridden(name: str, row: Any, key: str, value: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise InputError(f"set: {plain(name)}: {row!r:.80}: must be a table")
    if key:
        return {**row, key: value}
    about = {k: row[k] for k in ("unit", "source") if k in row}
    return {**about, "note": "overridden", **_law(name, value)}


def _law(name: str, value: Any) -> dict[str, Any]:
    """Return the law of an override: a table, a short form, or a constant, which must be a number."""
    law = expand_row(name, value, "set") if isinstance(value, Mapping | str) else {}
    if law.get("distribution", "constant") == "constant" and not isinstance(value, Mapping):
        return {"distribution": "constant", "value": value}
    return {key: one for key, one in law.items() if isinstance(value, Mapping) or (key, one) != ("unit", UNSTATED)}


def _rows(content: Mapping[str, Any], label: str, folder: Traversable | None) -> Document:
    """Return a document of the rows alone, as tables, and where each stands.

    Parameters
    ----------
    folder
        Where the files lie that rows name; None if they may name none.

    Raises
    ------
    PriorSetError
        If short forms are none: a line each.
    """
    stated = content.get("parameters", {})
    if isinstance(stated, str):
        rule = "must be a table, or"
        place = find_beside(stated, folder or priors_folder(), label, "parameters", (TABLE_SUFFIX,), rule)
        rows, places = read_rows(place, _label(place))
        return Document(rows, label, places)
    found = Document({}, label)
    problems: list[str] = []
    for name, row in _table(content, "parameters", label).items():
        try:
            found.content[name] = expand_row(name, row, label)
        except InputError as error:
            problems.append(str(error))
            continue
        if folder is not None:
            _read_files(found, name, folder)
    if problems:
        raise PriorSetError([*problems, *map(str, found.unread.values())])
    found.row_labels = dict.fromkeys(found.content, label)
    return found


def _read_files(rows: Document, name: str, folder: Traversable) -> None:
    """Put samples in the place of files that a row names, or keep why they cannot be read."""
    try:
        rows.content[name] = with_samples(rows.content[name], folder, rows.label, path_words(("parameters", name)))
    except (InputError, FileError) as error:
        rows.unread[name] = error


def _find(source: str) -> Path | Traversable:
    """Return the file that a name or a path means: a shipped name first, unless it looks like a path."""
    if NAME.fullmatch(source) and not source.endswith((".toml", TABLE_SUFFIX)):
        if source not in shipped_names():
            raise InputError(
                f"prior set: {source!r}: unknown; {nearest(source, shipped_names())}, "
                "or give a path ending in .toml or .csv"
            )
        return priors_folder() / f"{source}.toml"
    path = Path(source)
    # Unlike Path.is_file, it takes a path that is too long for one that is not there.
    if not os.path.isfile(path):
        raise FileError(f"{source}: no such file; `mcdemand priors list` shows the shipped sets")
    return path


def _label(place: Path | Traversable) -> str:
    return str(place) if isinstance(place, Path) and priors_folder() != place.parent else f"priors/{place.name}"


def _folder(place: Path | Traversable) -> Traversable:
    return place.parent if isinstance(place, Path) else priors_folder()


def _table(content: Mapping[str, Any], key: str, label: str) -> dict[str, Any]:
    """Return a table of the document, empty if it is not there."""
    value = content.get(key, {})
    if not isinstance(value, Mapping):
        raise InputError(f"{label}: {key}: {value!r:.80}: must be a table")
    return dict(value)


def _with_ancestors(content: dict[str, Any], label: str, folder: Traversable | None, seen: tuple[str, ...]) -> Document:
    parent_name = _table(content, "prior_set", label).get("extends")
    rows = _rows(content, label, folder)
    whole = {**content, "parameters": rows.content} if "parameters" in content else content
    if folder is not None and isinstance(whole.get(GROUPS), list):
        whole = {**whole, GROUPS: with_samples(whole[GROUPS], folder, label, GROUPS)}
    own = Document(whole, label, rows.row_labels, rows.unread)
    if parent_name is None:
        return own
    place = _find_parent(parent_name, label, folder or priors_folder())
    if len(seen) > MAX_ANCESTORS:
        raise InputError(f"{label}: prior_set.extends: {parent_name!r}: over {MAX_ANCESTORS} sets deep; flatten it")
    if _label(place) in seen:
        circle = " -> ".join((*seen, _label(place)))
        raise InputError(f"{label}: prior_set.extends: {parent_name!r}: goes round in a circle: {circle}")
    parent = _with_ancestors(read_toml(place, _label(place)), _label(place), _folder(place), (*seen, _label(place)))
    return _merge(parent, own)


def _find_parent(name: Any, label: str, folder: Traversable) -> Path | Traversable:
    """Return the parent: a sibling file or a shipped set, never a path that leaves the folder."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError(
            f"{label}: prior_set.extends: {name!r}: must be the name of a shipped set or of a file beside this one"
        )
    sibling = folder / f"{name.removesuffix('.toml')}.toml"
    if sibling.is_file():
        if isinstance(sibling, Path) and sibling.resolve().parent != sibling.parent.resolve():
            raise InputError(f"{label}: prior_set.extends: {name!r}: is a link out of the folder; copy the file here")
        return sibling
    if name not in shipped_names():
        raise InputError(f"{label}: prior_set.extends: {name!r}: unknown; {nearest(name, shipped_names())}")
    return priors_folder() / f"{name}.toml"


def _merge(parent: Document, child: Document) -> Document:
    """Return the child over its parent: header key by key, parameters row by row, what ties them list by list."""
    header = {**_table(parent.content, "prior_set", parent.label), **child.content["prior_set"]}
    header.pop("extends")
    rows = {name: row for one in (parent, child) for name, row in _table(one.content, "parameters", one.label).items()}
    content = {**parent.content, **child.content, "prior_set": header, "parameters": rows}
    for ties in TIES:
        if ties not in child.content and ties in parent.content:
            content[f"inherited_{ties}"] = content.pop(ties)
        elif ties in child.content:
            content.pop(f"inherited_{ties}", None)
    own_rows = _table(child.content, "parameters", child.label)
    unread = {name: error for name, error in parent.unread.items() if name not in own_rows} | child.unread
    return Document(content, child.label, {**parent.row_labels, **child.row_labels}, unread)
