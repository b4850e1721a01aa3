"""Names that are parts of paths in a file or a folder."""

from __future__ import annotations

import re

import xarray as xr

from mcdemand.errors import InputError

# Letters of any alphabet, as Python's names have; no longer than a folder's name may be, in bytes of UTF-8.
NAME = re.compile(r"\w(?:[\w .+-]*[\w+-])?")
MAX_BYTES = 200
# Names of devices, which Windows takes for no folders whatever follows their dot.
DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


def check_names(tree: xr.DataTree, format_name: str) -> None:
    """Raise unless every variable's name can be a part of a path on any system.

    Raises
    ------
    InputError
        If one cannot.
    """
    for group in tree.children.values():
        seen: set[str] = set()
        for name in map(str, group.variables):
            sound = NAME.fullmatch(name) and len(name.encode("utf-8", "replace")) <= MAX_BYTES
            if not sound or DEVICES.fullmatch(name) or name == "zarr.json" or name.casefold() in seen:
                raise InputError(
                    f"outputs: {name!r:.80}: {format_name} has no room for such a name; rename it to letters, digits "
                    "and underscores, different also without capitals, or export parquet"
                )
            seen.add(name.casefold())
