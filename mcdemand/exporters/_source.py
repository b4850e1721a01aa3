"""Texts from strangers on their way into program text: as a name, as a text, as a comment; none of it can run."""

from __future__ import annotations

import builtins
import json
import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mcdemand.report.text import literal

LONGEST = 60
OTHER_WORDS = "true false null nan inf na if then else to export import as function repeat next break return"
"""Words that Squiggle, JavaScript or R keep for themselves."""
NOT_FREE = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *OTHER_WORDS.split()})
WORD = re.compile("[^a-z0-9]+")
FIRST_LINES = "# Written by mcdemand: laws of a forecast.\n# Plain source text: read it before you run it.\n"
"""A Python file begins with these two, as either of its first two lines can state an encoding."""


def identifier(label: str, taken: Iterable[str] = ()) -> str:
    """Return a name for a label: lower-case ASCII, in no language a word of its own, and none of those taken.

    Examples
    --------
    >>> identifier("power_2030"), identifier("2 GW; import os"), identifier("lambda", {"lambda_"}), identifier("")
    ('power_2030', 'x_2_gw_import_os', 'lambda_2', 'x')
    """
    words = WORD.sub("_", label.lower())[:LONGEST].strip("_")
    name = words if words[:1].isalpha() else f"x_{words}".rstrip("_")
    name = f"{name}_" if name in NOT_FREE else name
    used, stem, number = set(taken), name.rstrip("_"), 2
    while name in used:
        name, number = f"{stem}_{number}", number + 1
    return name


def identifiers(labels: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return a name for each label, all of them different."""
    used, names = set(taken), []
    for label in labels:
        names.append(identifier(label, used))
        used.add(names[-1])
    return names


def text_literal(text: object) -> str:
    r"""Return a text in double quotes as Python, JavaScript, Squiggle and R read it, on one line.

    Examples
    --------
    >>> print(text_literal('say "hi"\n'))
    "say \"hi\""
    """
    return json.dumps(literal(text), ensure_ascii=False)


def comment(text: object, mark: str = "#") -> str:
    r"""Return a comment of one line.

    Examples
    --------
    >>> comment("a\nimport os")
    '# a import os'
    """
    return f"{mark} {literal(text)}".rstrip()


def comments(about: Mapping[str, Any], mark: str = "#") -> list[str]:
    """Return a comment for each thing that is stated, as `# seed: 0`."""
    return [comment(f"{key}: {value}", mark) for key, value in about.items()]
