"""What a belief may be stated by: families of laws, copulas, and ways to vary by year, as their files say."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcdemand.copulas import copulas
from mcdemand.copulas._copula import Copula
from mcdemand.distributions import distributions
from mcdemand.distributions._distribution import Distribution
from mcdemand.variations import variations

SIZES = ("theta", "correlations", "rank", "kendall", "latent")
"""Keys of copulas of which one is stated."""
LEFT_OUT = ("survival",)
EXAMPLE = "gamma"


def print_families(console: Console) -> None:
    """Print every member of the three folders: its name, its numbers, and what it is."""
    laws = (
        (_name(law), _numbers(law), _meaning("distributions", name)) for name, law in sorted(distributions().items())
    )
    _print(console, "distribution", laws)
    ties = ((name, _keys(copula), _meaning("copulas", name)) for name, copula in sorted(copulas().items()))
    _print(console, "family of [[dependence]]", ties)
    kinds = (
        (
            name,
            ", ".join(key.name if key.is_required else f"[{key.name}]" for key in kind.keys),
            _meaning("variations", name),
        )
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


def _name(law: Distribution) -> str:
    return f"{law.name}:NAME" if law.named else law.name


def _keys(copula: Copula) -> str:
    """Return what states a copula besides its members: what is needed, one of some sizes, what may be left out."""
    sizes = [key for key in copula.keys if key in SIZES]
    needed = [key for key in copula.keys if key not in (*SIZES, *LEFT_OUT)]
    one = [f"one of {', '.join(sizes)}"] if sizes else []
    return "; ".join([*needed, *one, *(f"[{key}]" for key in copula.keys if key in LEFT_OUT)]) or "members only"


def _numbers(law: Distribution) -> str:
    """Return the numbers that state a law, those that may be left out in brackets."""
    if law.named:
        one = law.named(EXAMPLE)
        return f"those of the law; of {one.name}: {_numbers(one)}"
    own = ", ".join(one.name if one.default is None else f"[{one.name}]" for one in law.parameters)
    others = (" and ".join(names) for names in law.statements)
    return "; or ".join([own, *others, *(["quantiles"] if law.fit else [])])


def _meaning(folder: str, name: str) -> str:
    """Return the first sentence of a member's file."""
    text = importlib.import_module(f"mcdemand.{folder}.{name}").__doc__ or ""
    return text.strip().splitlines()[0]
