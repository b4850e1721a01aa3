"""Text on its way to a terminal or a picture: nothing in it is a command, and any encoding can carry it."""

from __future__ import annotations

import codecs
import io
import unicodedata
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

ERRORS = "mcdemand-plain"
BLOCKS = "▁▂▃▄▅▆▇█"
# Control, format (the bidirectional ones are among them), surrogate, line and paragraph separators.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN = {
    "–": "-",
    "—": "-",
    "−": "-",
    "±": "~",
    "×": "x",
    "≥": ">",
    "·": ".",
    "…": ".",
    **dict(zip(BLOCKS, ".:-=+*#@", strict=True)),
}


def literal(text: object) -> str:
    r"""Return text on one line, without control and bidirectional characters.

    Examples
    --------
    >>> literal("a\x1b[31mb\n c")
    'a[31mb c'
    """
    spaced = " ".join(str(text).split())
    return "".join(character for character in spaced if unicodedata.category(character) not in _UNSHOWN)


def console(file: TextIO) -> Console:
    """Return a console that shows text literally: no markup, no emoji codes, no guesses at colours."""
    from rich.console import Console

    return Console(file=file, markup=False, emoji=False, highlight=False)


def make_printable(stream: TextIO | None) -> None:
    """Let a stream replace what its encoding cannot carry by a plain look-alike of the same width."""
    codecs.register_error(ERRORS, _plain)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=ERRORS)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for the characters that cannot be encoded, and where to go on."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(_PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end
