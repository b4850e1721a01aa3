"""The formats that a folder has a file each for, as a list: names and endings, what they are, what they may be told."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcdemand.exporters._exporter import Exporter
    from mcdemand.importers._importer import Importer

INDENT = 4


def print_formats(formats: Iterable[Exporter] | Iterable[Importer]) -> None:
    """Print each format: its name and endings, what it is and keeps, its options with their defaults and meanings."""
    from rich.padding import Padding
    from rich.text import Text

    from mcdemand.report.text import console

    out = console(sys.stdout)
    for one in formats:
        out.print(Text(f"{one.name}  {' '.join(one.suffixes)}"))
        out.print(Padding(Text("; ".join([one.title, *_promises(one)])), (0, 0, 0, INDENT)))
        for key, value in one.options.items():
            option = f"--option {key}={_shown(value)}  {one.meanings[key]}"
            lines = wrap(option, out.width - INDENT, subsequent_indent=" " * INDENT)
            out.print(Padding(Text("\n".join(lines)), (0, 0, 0, INDENT)))


def _promises(one: Exporter | Importer) -> Iterator[str]:
    """Yield what a format keeps, what of it comes back, and what it needs."""
    if keeps := getattr(one, "keeps", ""):
        yield f"keeps {keeps}"
    if getattr(one, "reader", None):
        yield "can be read back" if getattr(one, "keeps_whole", False) else "its draws can be read back"
    if extra := getattr(one, "extra", ""):
        yield f"needs the extra {extra}"


def _shown(value: Any) -> str:
    """Return what an option is by default, as it would be typed."""
    if value is None:
        return "..."
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)
