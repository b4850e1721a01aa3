"""TOML from strangers, within limits that keep its reading quick."""

from __future__ import annotations

import re
import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mcdemand.errors import FileError, InputError

MAX_BYTES = 5_000_000
MAX_KEY_LENGTH = 200
MAX_LINES = 20_000
MAX_ITEMS = 100_000
MAX_DEPTH = 20
# tomllib takes quadratic time over dotted keys. Everything here is linear: possessive, and unclosed strings match too.
STRINGS_AND_COMMENTS = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*+(?:""")?|"(?:[^"\\\n]|\\.)*+"?|\'{3}(?:[^\']|\'(?!\'\'))*+(?:\'{3})?|\'[^\'\n]*+\'?|#[^\n]*+''',
    re.DOTALL,
)
LONG_KEY = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){" + str(MAX_DEPTH) + "}")
LONG_WORD = re.compile(r"(?<![\w-])[\w-]{" + str(MAX_KEY_LENGTH + 1) + "}")


def read_toml(place: Path | Traversable, label: str) -> dict[str, Any]:
    """Return what a TOML file says, within limits that keep its reading quick.

    Raises
    ------
    FileError
        If it cannot be read.
    InputError
        If it is no TOML, or beyond the limits.
    """
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
