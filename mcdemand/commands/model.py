"""`mcdemand model`: what a model consists of, as a listing and as an influence diagram."""

from __future__ import annotations

import sys
from pathlib import Path

from mcdemand.commands import arguments, options

DEFAULT_MODEL, FIGURE_SUFFIX = "ai_compute", ".png"


def model(
    *,
    output: options.DiagramOutputs = None,
    model: options.ModelFile = None,
    plot: options.DiagramFile = None,
    overwrite: options.OverwriteFigure = False,
) -> None:
    """Print the quantities of a model and what each reads, and draw its influence diagram."""
    from mcdemand.files import check_target
    from mcdemand.model import load_model
    from mcdemand.own_model import read_model
    from mcdemand.report.canvas import check_suffix
    from mcdemand.report.influence import draw_influence_diagram
    from mcdemand.report.model_listing import print_model
    from mcdemand.report.text import console, literal

    shown = load_model(DEFAULT_MODEL) if model is None else read_model(model)
    outputs = arguments.parse_names(output)
    shown.plan(outputs)
    target = plot or Path(f"{shown.name}{FIGURE_SUFFIX}")
    may_replace = overwrite or plot is None
    check_suffix(target)
    check_target(target, overwrite=may_replace)
    draw_influence_diagram(shown, target, outputs=outputs, overwrite=may_replace)
    print_model(console(sys.stdout), shown, outputs)
    sys.stdout.write(f"\nWritten: {literal(target)}\n")
