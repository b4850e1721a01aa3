"""The draws of a Python file of `--to squigglepy`: two tables of it are read as text, and nothing runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import xarray as xr

from mcdemand.errors import InputError, IntegrityError
from mcdemand.exporters._joint_columns import Joint, chains_of, joint_tree, numbers_of, provenance, statements
from mcdemand.exporters._restoring import reading
from mcdemand.files import read_text

MAX_BYTES = 2**30
VARIABLES, DRAWS, END = "\nVARIABLES = {\n", "\nDRAWS = {\n", "}\n"
VARIABLE = re.compile(r'    #[^\n]*\n    "(?P<key>\w+)": (?P<texts>\{[^\n]*), "year": (?P<year>None|-?\d{1,6})\},\n')
COLUMN = re.compile(
    r'    "(?P<key>\w+)": np\.array\(\n        \[\n(?P<rows>(?: {12}[-+.,e\d ]*,\n)*+)        \]\n    \),\n', re.ASCII
)


def read(path: Path) -> xr.DataTree:
    """Return the draws of a Python file, which is not run."""
    with reading(path):
        try:
            text = read_text(path, str(path), MAX_BYTES, "export fewer outputs or rows").replace("\r\n", "\n")
        except InputError as error:
            raise IntegrityError(str(error)) from None
        heading = text.partition(VARIABLES)[0]
        if DRAWS not in text:
            raise IntegrityError(
                f"{path}: has no draws; of Python files those of --to squigglepy are read back, unless form=quantiles"
            )
        variables = {one["key"]: one for one in _entries(path, text, VARIABLES, VARIABLE)}
        columns = [_joint(path, one, variables) for one in _entries(path, text, DRAWS, COLUMN)]
        attributes = provenance(statements(re.findall(r"^# (.*)$", heading, re.MULTILINE)))
        return joint_tree(path, columns, chains=chains_of(attributes), attributes=attributes)


def _entries(path: Path, text: str, start: str, entry: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the entries of a table that is closed."""
    at = text.find(start) + len(start)
    while found := entry.match(text, at):
        at = found.end()
        yield found
    if not text.startswith(END, at):
        line = text.count("\n", 0, at) + 1
        raise IntegrityError(f"{path}: cut short or damaged: line {line} is not what --to squigglepy writes there")


def _joint(path: Path, column: re.Match[str], variables: dict[str, re.Match[str]]) -> Joint:
    """Return a column with what the file says of it."""
    stated = variables.get(column["key"])
    if stated is None:
        raise IntegrityError(f"{path}: damaged: {column['key']!r:.60} is none of the variables that it describes")
    texts = json.loads(stated["texts"] + "}")
    about = {key: str(texts[key]) for key in ("units", "long_name")}
    year = None if stated["year"] == "None" else int(stated["year"])
    return Joint(str(texts["variable"]), year, numbers_of(column["rows"].replace(",", " ").split()), about)
