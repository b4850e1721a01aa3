"""What a belief may be stated by: families of laws, copulas, and ways to vary by year, as their files say."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcdemand.copulas import copulas
from mcdemand.distributions import distributions
from mcdemand.distributions._distribution import Distribution
from mcdemand.variations import variations


def print_families(console: Console) -> None:
    """Print every member of the three folders: its name, its numbers, and what it is."""
    laws = ((name, _numbers(law), _meaning("distributions", name)) for name, law in sorted(distributions().items()))
    _print(console, "distribution", laws)
    ties = ((name, "", _meaning("copulas", name)) for name in sorted(copulas()))
    _print(console, "family of [[dependence]]", ties)
    kinds = (
        (name, ", ".join(key.name for key in kind.keys), _meaning("variations", name))
        for name, kind in sorted(variations().items())
    )
    _print(console, "kind of varies", kinds)


def _print(console: Console, header: str, rows: Iterable[tuple[str, str, str]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in (header, "numbers", "what it is"):
        table.add_column(name)
    for cells in rows:
        table.add_row(*map(Text, cells))
    console.print(table)
    console.print()


def _numbers(law: Distribution) -> str:
    """Return the numbers that state a law, those that may be left out in brackets."""
    own = ", ".join(one.name if one.default is None else f"[{one.name}]" for one in law.parameters)
    others = (" and ".join(names) for names in law.statements)
    return "; or ".join([own, *others, *(["quantiles"] if law.fit else [])])


def _meaning(folder: str, name: str) -> str:
    """Return the first sentence of a member's file."""
    text = importlib.import_module(f"mcdemand.{folder}.{name}").__doc__ or ""
    return text.strip().splitlines()[0]
