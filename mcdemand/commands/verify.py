"""`mcdemand verify`: a stored result read again to the last byte, and some of its draws computed again."""

from __future__ import annotations

import sys
from pathlib import Path

from mcdemand.commands import arguments, options


def verify(
    result: Path,
    /,
    *,
    tiles: options.VerifiedTiles = "3",
    model: options.ModelFile = None,
    choice: options.TileChoice = None,
) -> None:
    """Check a result: every byte against what its writer stated, and random draws against a new computation.

    Parameters
    ----------
    result
        A file or folder that `mcdemand run` or `mcdemand export` wrote and from which the run can be repeated.
    """
    from mcdemand.own_model import read_model
    from mcdemand.report.text import console, literal
    from mcdemand.verification import verify_result

    found = verify_result(
        result,
        tiles=arguments.parse_count("--tiles", tiles),
        model=None if model is None else read_model(model),
        choice=None if choice is None else arguments.parse_count("--choice", choice),
    )
    if not found.content:
        note = f"{result}: states no digest of its content, so only the draws that were computed again are known"
        sys.stderr.write(f"warning: {literal(note)}\n")
    content = f"its content is what {found.content} states; " if found.content else ""
    places = "; ".join(map(str, found.tiles))
    line = (
        f"Verified: {result} ({found.format}): {content}{len(found.tiles)} of {found.of} tiles computed again "
        f"(--choice {found.choice}: {places}): {found.numbers} numbers, the same to the last bit."
    )
    console(sys.stdout).print(literal(line), soft_wrap=True)
