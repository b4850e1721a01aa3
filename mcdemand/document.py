"""Prior sets as written: TOML from strangers, read within limits, `extends` followed, overrides applied.

What comes out is a plain mapping without `extends`, and for every row the place it came from, for the error messages.
"""

from __future__ import annotations

import copy
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mcdemand.errors import FileError, InputError
from mcdemand.paths import priors_folder, shipped_names
from mcdemand.registry import nearest

MAX_BYTES = 5_000_000
MAX_KEY_LENGTH = 200
MAX_LINES = 20_000
MAX_ITEMS = 100_000
MAX_DEPTH = 20
MAX_ANCESTORS = 10
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
# tomllib takes quadratic time over dotted keys. Everything here is linear: possessive, and unclosed strings match too.
STRINGS_AND_COMMENTS = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?|"(?:[^"\\\n]|\\.)*+"?|\'{3}(?:[^\']|\'(?!\'\'))*+(?:\'{3})?|\'[^\'\n]*+\'?|#[^\n]*+''',
    re.DOTALL,
)
LONG_KEY = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){" + str(MAX_DEPTH) + "}")
LONG_WORD = re.compile(r"(?<![\w-])[\w-]{" + str(MAX_KEY_LENGTH + 1) + "}")


@dataclass
class Document:
    """A prior set's mapping, and the label of the file that each parameter's row came from."""

    content: dict[str, Any]
    label: str
    row_labels: dict[str, str] = field(default_factory=dict)


def read_document(source: str | Path | Mapping[str, Any]) -> Document:
    """Return the document of a shipped name, a path or a mapping, with what it extends filled in.

    Raises
    ------
    InputError
        If it is not TOML within the limits, names an unknown set, or extends itself.
    FileError
        If the file cannot be read.
    """
    if isinstance(source, Mapping):
        return _with_ancestors(copy.deepcopy(dict(source)), "mapping", priors_folder(), ())
    place = _find(str(source))
    return _with_ancestors(read_toml(place), _label(place), _folder(place), (_label(place),))


def apply_overrides(document: Document, overrides: Mapping[str, Any]) -> None:
    """Change rows in place: `{"name.key": value}`, `{"name": number}` for a constant, `{"name": {...}}` for a law.

    Raises
    ------
    InputError
        If a parameter has no row.
    """
    rows = document.content["parameters"] = _table(document.content, "parameters", document.label)
    for path, value in overrides.items():
        name, _, key = path.partition(".")
        if name not in rows:
            raise InputError(f"set: {path}: no such parameter; {nearest(name, rows)}")
        rows[name] = _overridden(name, rows[name], key, value)
        document.row_labels[name] = "set"


def _overridden(name: str, row: Any, key: str, value: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise InputError(f"{name}: {row!r:.80}: must be a table")
    if key:
        return {**row, key: value}
    about = {k: row[k] for k in ("unit", "source") if k in row}
    law = dict(value) if isinstance(value, Mapping) else {"distribution": "constant", "value": value}
    return {**about, "note": "overridden", **law}


def _find(source: str) -> Path | Traversable:
    """Return the file that a name or a path means: a shipped name first, unless it looks like a path."""
    if NAME.fullmatch(source) and not source.endswith(".toml"):
        if source not in shipped_names():
            raise InputError(
                f"prior set: {source!r}: unknown; {nearest(source, shipped_names())}, or give a path ending in .toml"
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


def read_toml(place: Path | Traversable) -> dict[str, Any]:
    """Return what a TOML file says, within limits that keep its reading quick.

    Raises
    ------
    FileError
        If it cannot be read.
    InputError
        If it is no TOML, or beyond the limits.
    """
    label = _label(place)
    try:
        with place.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{label}: cannot be read: {error.strerror}") from error
    try:
        text = _within_limits(raw, label)
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{label}: not TOML: {error}") from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{label}: not TOML: nested too deep, or a number too long") from error


def _within_limits(raw: bytes, label: str) -> str:
    if len(raw) > MAX_BYTES:
        raise InputError(f"{label}: at most {MAX_BYTES} bytes are read; put tables into files of their own")
    text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    structure = STRINGS_AND_COMMENTS.sub("s", text)
    if LONG_KEY.search(structure):
        raise InputError(f"{label}: a key of more than {MAX_DEPTH} parts; shorten it")
    if text.count("\n") > MAX_LINES or structure.count(",") > MAX_ITEMS:
        raise InputError(f"{label}: at most {MAX_LINES} lines and {MAX_ITEMS} list items are read; shorten it")
    if LONG_WORD.search(structure):
        raise InputError(f"{label}: a key or a number of more than {MAX_KEY_LENGTH} characters; shorten it")
    depth = 0
    for bracket in re.findall(r"[][{}]", structure):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise InputError(f"{label}: nested deeper than {MAX_DEPTH}; flatten it")
    return text


def _table(content: Mapping[str, Any], key: str, label: str) -> dict[str, Any]:
    """Return a table of the document, empty if it is not there."""
    value = content.get(key, {})
    if not isinstance(value, Mapping):
        raise InputError(f"{label}: {key}: {value!r:.80}: must be a table")
    return dict(value)


def _with_ancestors(content: dict[str, Any], label: str, folder: Traversable, seen: tuple[str, ...]) -> Document:
    parent_name = _table(content, "prior_set", label).get("extends")
    own = Document(content, label, dict.fromkeys(_table(content, "parameters", label), label))
    if parent_name is None:
        return own
    place = _find_parent(parent_name, label, folder)
    if len(seen) > MAX_ANCESTORS:
        raise InputError(f"{label}: prior_set.extends: {parent_name!r}: over {MAX_ANCESTORS} sets deep; flatten it")
    if _label(place) in seen:
        circle = " -> ".join((*seen, _label(place)))
        raise InputError(f"{label}: prior_set.extends: {parent_name!r}: goes round in a circle: {circle}")
    parent = _with_ancestors(read_toml(place), _label(place), _folder(place), (*seen, _label(place)))
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
    """Return the child over its parent: header key by key, parameters row by row, correlations as a whole list."""
    header = {**_table(parent.content, "prior_set", parent.label), **child.content["prior_set"]}
    header.pop("extends")
    rows = {name: row for one in (parent, child) for name, row in _table(one.content, "parameters", one.label).items()}
    content = {**parent.content, **child.content, "prior_set": header, "parameters": rows}
    if "correlations" not in child.content and "correlations" in parent.content:
        content["inherited_correlations"] = content.pop("correlations")
    elif "correlations" in child.content:
        content.pop("inherited_correlations", None)
    return Document(content, child.label, {**parent.row_labels, **child.row_labels})
