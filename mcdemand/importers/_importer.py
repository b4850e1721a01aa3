"""What an importer is, the root of the family, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ImportedPriors:
    """What another tool's file believes, in the words of a prior set; nothing of it is checked against a model.

    Attributes
    ----------
    rows
        The row of every parameter, by name, as TOML would hold it.
    groups
        Dependence: the tables of `[[dependence]]`.
    notes
        A sentence on each thing that was changed or left out.
    """

    rows: Mapping[str, Mapping[str, Any]]
    groups: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()

    def document(self, **header: Any) -> dict[str, Any]:
        """Return a prior set, which `load_prior_set` and `simulate` take.

        Parameters
        ----------
        header
            Keys of `[prior_set]`: name, title, description, years and others.

        Examples
        --------
        >>> ImportedPriors({"x": {"distribution": "constant", "value": 2.0}}).document(name="theirs")
        {'prior_set': {'name': 'theirs'}, 'parameters': {'x': {'distribution': 'constant', 'value': 2.0}}}
        """
        found: dict[str, Any] = {
            "prior_set": header,
            "parameters": {name: dict(row) for name, row in self.rows.items()},
        }
        return found | ({"dependence": [dict(group) for group in self.groups]} if self.groups else {})


@dataclass(frozen=True)
class Importer:
    """One format.

    Attributes
    ----------
    name
        What `--from` takes.
    title
        A phrase for help and lists.
    suffixes
        Endings that a file of this format may have, in lower case, the usual one first.
    read
        `read(path, **options)`; raises FileError if the file cannot be read, InputError, in one line, if it holds what
        no prior set can say. Files come from strangers: sizes are bounded, and nothing in one is run.
    owns_suffix
        Whether a file with one of the endings is in this format unless another is named.
    options
        Further arguments of `read` with what they are by default.
    meanings
        What each of them says, in a few words.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Callable[..., ImportedPriors]
    owns_suffix: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
