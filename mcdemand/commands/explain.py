"""`mcdemand explain`: one draw of a result run again and told as a tree, down to its parameters."""

from __future__ import annotations

import sys
from pathlib import Path

from mcdemand.commands import arguments, options
from mcdemand.errors import IntegrityError


def explain(
    result: Path,
    /,
    *,
    chain: options.Chain = None,
    draw: options.Draw = None,
    near: options.Near = None,
    output: options.ExplainedOutput = None,
    year: options.NearYear = None,
    years: options.ExplainedYears = None,
    model: options.ModelFile = None,
) -> None:
    """Run one draw of a result again: every quantity by year and every parameter, as a tree.

    Parameters
    ----------
    result
        A file that `mcdemand run` or `mcdemand export` wrote, of all draws and with what they were drawn from. Without
        --chain and --draw or --near: the draw nearest to the median.
    """
    from mcdemand.content import DIGEST
    from mcdemand.draw_choice import choose_draw
    from mcdemand.manifest import MANIFEST
    from mcdemand.own_model import read_model
    from mcdemand.replay import rebuild_run, replay
    from mcdemand.report.draw_tree import print_draw
    from mcdemand.report.text import console, literal
    from mcdemand.result_files import read_draws

    shown = None if years is None else arguments.parse_years(years)
    own_model = None if model is None else read_model(model)
    stored = read_draws(result)
    try:
        place = choose_draw(stored, chain=chain, draw=draw, near=near, output=output, year=year)
        run = rebuild_run(stored, own_model, output)
        one = replay(stored, run, place)
    except IntegrityError as error:
        raise IntegrityError(str(error).replace("result:", f"{result}:", 1)) from None
    if DIGEST not in stored.attrs and not Path(result, MANIFEST).is_file():
        note = f"{result}: holds no {DIGEST}, so only this draw is known to be what its attributes lead to"
        sys.stderr.write(f"warning: {literal(note)}\n")
    print_draw(console(sys.stdout), one, run, place, roots=[output] if output else [], years=shown)
