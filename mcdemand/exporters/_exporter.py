"""What an exporter is: the root of the family."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import xarray as xr

from mcdemand.errors import InputError
from mcdemand.exporters._selection import Selection

type Kept = Literal["joint draws", "marginals", "quantiles"]


class Write(Protocol):
    """Fills a new file, or an empty folder, and returns what the reader should know that the format could not keep."""

    def __call__(self, selection: Selection, target: Path, /, *none: Any, **options: Any) -> Iterable[str]:
        """Write."""
        ...


@dataclass(frozen=True)
class Exporter:
    """One format.

    Attributes
    ----------
    name
        What `--to` takes.
    title
        A phrase for help and lists.
    suffixes
        Endings that a file of this format may have, the usual one first.
    keeps
        "joint draws": every row is one draw of all columns, so that dependence survives; "marginals": a distribution of
        each column; "quantiles": some quantiles of each.
    write
        `write(selection, target, **options)`.
    read
        Of a format that keeps a whole result: `read(path)` returns the tree of draws, with the attributes of the run.
    read_draws
        Of one that keeps draws but not the run that they are of: returns their tree, with what else the file states. It
        needs no library that writing needs.
    claims
        Of a format that shares an ending with another: `claims(path)` looks at the first line, or at the names of
        sheets or columns, and says whether a file is its own.
    look
        `look(path)` opens, checked to the last byte, one that may be larger than memory: what is taken of its draws is
        read when it is taken. None where a file is read as a whole.
    owns_suffix
        Whether a file whose name has one of the endings is in this format unless another is named.
    has_parameters
        Whether parameters are exported if no outputs are named.
    states_quantiles
        Whether quantiles at the wanted levels are in the file.
    marker
        Of a format that is a folder, a file that each has at its top; empty if it is a file.
    options
        Further arguments of `write` with what they are by default.
    meanings
        What each of them says, in a few words.
    whole
        Those under which a file keeps all that a result says, where by default it does not.
    library, extra
        A module that it needs beyond the core, and the extra that installs it.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    keeps: Kept
    write: Write
    read: Callable[[Path], xr.DataTree] | None = None
    read_draws: Callable[[Path], xr.DataTree] | None = None
    claims: Callable[[Path], bool] | None = None
    look: Callable[[Path], AbstractContextManager[xr.DataTree]] | None = None
    owns_suffix: bool = False
    has_parameters: bool = False
    states_quantiles: bool = False
    marker: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, Any] = field(default_factory=dict)
    library: str = ""
    extra: str = ""

    @property
    def keeps_whole(self) -> bool:
        """Whether a file can be a result file, from which the run can be repeated."""
        return self.read is not None

    @property
    def reader(self) -> Callable[[Path], xr.DataTree] | None:
        """What reads draws from a file; None where too little is kept."""
        return self.read or self.read_draws

    def check_library(self) -> None:
        """Raise unless the library that it needs is installed.

        Raises
        ------
        InputError
            If it is not.
        """
        if self.library:
            check_installed(self.name, self.library, self.extra)


def check_installed(name: str, library: str, extra: str) -> None:
    """Raise unless a module that a format needs is installed.

    Raises
    ------
    InputError
        If it is not.
    """
    if find_spec(library) is None:
        raise InputError(
            f"{name}: needs {library}, which is not installed; add the extra {extra!r}: pip install "
            f"'mcdemand[{extra}]', or uv run --extra {extra}"
        )
