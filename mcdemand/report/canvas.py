"""Figures begun and written: matplotlib's objects alone, pyplot and its global state are never touched."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mcdemand.errors import InputError
from mcdemand.files import replace_file

DOTS_PER_INCH = 100
SUFFIXES = frozenset({".png", ".svg", ".pdf"})


def check_suffix(path: str | Path) -> None:
    """Raise unless a figure can be written in the format that the path's ending names.

    Raises
    ------
    InputError
        If it cannot.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: a figure ends in {', '.join(sorted(SUFFIXES))}")


def save_figure(figure: Figure, path: str | Path, *, overwrite: bool, dots_per_inch: float = DOTS_PER_INCH) -> Path:
    """Write a figure, whole or not at all.

    Raises
    ------
    InputError
        If the file's ending is not .png, .svg or .pdf.
    FileError
        If it exists and may not be overwritten, or cannot be written.
    """
    check_suffix(path)
    with warnings.catch_warnings():
        # A title in a script that the font lacks is drawn as boxes: no reason to alarm anyone.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        return replace_file(path, lambda file: figure.savefig(file, dpi=dots_per_inch), overwrite=overwrite)


def new_figure(size: tuple[float, float], layout: Literal["constrained"] | None = None) -> Figure:
    """Return a figure without anything on it."""
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure
