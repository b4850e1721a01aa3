"""SIPmath 3.0 library: a metalog for each column, streams of the HDR generator, and a Gaussian copula over all.

The format is that of ProbabilityManagement.org: ChanceCalc and the SIPmath tools draw trials from it in a spreadsheet.
A column's stream is chosen by its name, as draws are in mcdemand: libraries of two prior sets move on the same luck.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.copulas import copulas
from mcdemand.dependence import REPAIRED_EIGENVALUE, nearest_correlation
from mcdemand.errors import InputError
from mcdemand.exporters._column_summary import ColumnSummary, summarize_columns
from mcdemand.exporters._exporter import Exporter
from mcdemand.exporters._metalog_fit import FittedMetalog, fit_metalog
from mcdemand.exporters._options import check_whole
from mcdemand.exporters._selection import Column, Selection
from mcdemand.exporters._source import identifiers
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal
from mcdemand.schema import MAX_MEMBERS

PLACEHOLDER_DATE = "1970-01-01"
MOST_TERMS = 16
MOST_RANKED = 2**17
MOST_STREAMS = 10_000_000
DECIMALS = 12
NOTED_MISFIT = 0.01
NOTED_CHANGE = 0.005
LISTED = 5
CELL = re.compile(r"[a-z]{1,3}\d+|r\d*(c\d*)?|c\d*")
"""What a spreadsheet takes for the address of a cell, so that no name can be."""
MATRIX, COPULA = "correlationMatrix", "Gaussian"


def write(selection: Selection, target: Path, /, *, terms: int, date: str) -> Iterable[str]:
    """Write the library.

    Parameters
    ----------
    terms
        The most coefficients of a metalog.
    date
        For `dateCreated`, which the format demands and a result does not have: a stated one keeps the file the same.

    Raises
    ------
    InputError
        If an option is not sound, or there are more columns than the copula takes.
    """
    most, created = check_whole("terms", terms, 3, MOST_TERMS), _created(date)
    columns = selection.columns()
    if len(columns) > MAX_MEMBERS:
        raise InputError(
            f"outputs: {len(columns)} columns: sipmath takes at most {MAX_MEMBERS}, as the correlations grow with the "
            "square; name fewer with --outputs or --years"
        )
    names = _names(columns)
    laws = [fit_metalog(column.values, most) for column in columns]
    ranks = _rank_correlations(selection, [not law.is_constant for law in laws])
    latent = _latent_correlations(ranks)
    library = {
        "name": literal(selection.whole.attrs.get("prior_set", "")) or "mcdemand",
        "objectType": "sipModel",
        "libraryType": "SIPmath_3_0",
        "dateCreated": created,
        "version": "1",
        **_about(selection),
        "globalVariables": _global_variables(names, latent),
        "U01": _uniforms(names),
        "sips": list(_sips(names, columns, laws, summarize_columns(selection))),
    }
    target.write_text(json.dumps(library, allow_nan=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return list(_notes(columns, names, laws, _largest_change(ranks, latent), date))


def _created(stated: str) -> str:
    """Return a date as month, day and year."""
    try:
        return date.fromisoformat(stated).strftime("%m-%d-%Y")
    except (TypeError, ValueError):
        raise InputError(f"date: {stated!r:.40}: must be a date such as 2026-01-31") from None


def _names(columns: Sequence[Column]) -> list[str]:
    """Return names that a spreadsheet can give to a cell."""
    return identifiers(
        f"x_{column.label}" if CELL.fullmatch(column.label.lower()) else column.label for column in columns
    )


def _about(selection: Selection) -> dict[str, Any]:
    about = {key: value if isinstance(value, int) else literal(value) for key, value in selection.about().items()}
    return {"provenance": "; ".join(f"{key}: {value}" for key, value in about.items()), "mcdemand": about}


def _rank_correlations(selection: Selection, varies: Sequence[bool]) -> Floats:
    """Return Spearman's (column, column) rank correlations of the first draws; 0 with what does not vary."""
    from scipy.stats import rankdata

    columns = selection.columns(MOST_RANKED)
    ranks = np.array([rankdata(one.values) for one, moves in zip(columns, varies, strict=True) if moves])
    found = np.eye(len(columns))
    if len(ranks) > 1:
        found[np.ix_(varies, varies)] = np.corrcoef(ranks)
    np.fill_diagonal(found, 1.0)
    return np.asarray(np.clip(found, -1, 1))


def _latent_correlations(ranks: Floats) -> Floats:
    """Return the correlations of the normals, made positive definite if they are not."""
    gaussian = copulas()["gaussian"]
    latent = np.eye(len(ranks))
    for i, j in zip(*np.tril_indices(len(ranks), -1), strict=True):
        latent[i, j] = latent[j, i] = gaussian.latent("rank", float(ranks[i, j]), {})
    if np.linalg.eigvalsh(latent)[0] < REPAIRED_EIGENVALUE:
        latent = nearest_correlation(latent)
    return np.asarray(np.round(latent, DECIMALS))


def _largest_change(ranks: Floats, latent: Floats) -> float:
    """Return by how much a rank correlation is missed at most."""
    return float(np.abs(6 / math.pi * np.arcsin(latent / 2) - ranks).max())


def _global_variables(names: Sequence[str], latent: Floats) -> list[dict[str, Any]]:
    """Return the lower triangle of the correlations, with the diagonal, row by row, unless there is one column."""
    if len(names) == 1:
        return []
    entries = [
        {"row": row, "col": names[j], "value": float(latent[i, j])} for i, row in enumerate(names) for j in range(i + 1)
    ]
    return [{"name": MATRIX, "value": {"columns": list(names), "rows": list(names), "matrix": entries}}]


def _uniforms(names: Sequence[str]) -> dict[str, Any]:
    """Return the generators, and the copula unless there is one column."""
    streams = [f"hdr{k}" for k in range(1, len(names) + 1)]
    rng = [
        {
            "name": stream,
            "function": "HDR_2_0",
            "arguments": {"counter": "PM_Index", "entity": 1, "varId": number, "seed3": 0, "seed4": 0},
        }
        for stream, number in zip(streams, _stream_numbers(names), strict=True)
    ]
    if len(names) == 1:
        return {"rng": rng}
    copula = {
        "name": COPULA,
        "function": "GaussianCopula",
        "arguments": {"correlationMatrix": {"type": "globalVariables", "value": MATRIX}, "rng": streams},
        "copulaLayer": [f"c{k}" for k in range(1, len(names) + 1)],
    }
    return {"rng": rng, "copula": [copula]}


def _stream_numbers(names: Sequence[str]) -> list[int]:
    """Return a number from 1 to 10 million for each name, its own wherever there is room."""
    found: dict[int, None] = {}
    for name in names:
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % MOST_STREAMS
        while number + 1 in found:
            number = (number + 1) % MOST_STREAMS
        found[number + 1] = None
    return list(found)


def _sips(
    names: Sequence[str], columns: Sequence[Column], laws: Sequence[FittedMetalog], summaries: Sequence[ColumnSummary]
) -> Iterator[dict[str, Any]]:
    for k, (name, column, law, summary) in enumerate(zip(names, columns, laws, summaries, strict=True), start=1):
        bounds = {"lowerBound": law.lower, "upperBound": law.upper}
        arguments: dict[str, Any] = {key: bound for key, bound in bounds.items() if math.isfinite(bound)}
        copula = {"source": "copula", "name": COPULA, "copulaLayer": f"c{k}"}
        yield {
            "name": name,
            "ref": {"source": "rng", "name": "hdr1"} if len(names) == 1 else copula,
            "function": "Metalog_1_0",
            "arguments": arguments | {"aCoefficients": list(law.coefficients)},
            "metadata": _metadata(column, law, summary),
        }


def _metadata(column: Column, law: FittedMetalog, summary: ColumnSummary) -> dict[str, Any]:
    """Return what is known of a column: of its draws, of the metalog's misfit, and in words."""
    draws, levels = column.values, (0.05, 0.25, 0.5, 0.75, 0.95)
    quantiles = {f"P{100 * p:g}": float(x) for p, x in zip(levels, np.quantile(draws, levels), strict=True)}
    numbers = {
        "count": draws.size,
        "mean": float(draws.mean()),
        "mcse_mean": summary.mcse_mean,
        "std": _sd(draws),
        "min": float(draws.min()),
        **quantiles,
        "max": float(draws.max()),
        **{f"misfit_{place}": share for place, share in law.misfit.items()},
    }
    words = {"units": column.units, "long_name": column.long_name, "variable": column.name}
    return {
        **{key: number for key, number in numbers.items() if math.isfinite(number)},
        **({} if column.year is None else {"year": int(column.year)}),
        **{key: literal(text) for key, text in words.items()},
        "density": law.density(),
    }


def _sd(draws: Floats) -> float:
    """Return the standard deviation, NaN of one draw; scaled, as squares of large numbers are infinite."""
    scale = float(np.abs(draws).max()) or 1.0
    return float(np.std(draws / scale, ddof=1)) * scale if draws.size > 1 else math.nan


def _notes(
    columns: Sequence[Column], names: Sequence[str], laws: Sequence[FittedMetalog], change: float, stated: str
) -> Iterator[str]:
    if len(names) > 1:
        yield "Dependence is kept as rank correlations, under a Gaussian copula; its shape is not."
    far = sorted((-law.worst[1], name, law.worst[0]) for name, law in zip(names, laws, strict=True))
    far = [one for one in far if -one[0] > NOTED_MISFIT]
    if far:
        share, name, place = far[0]
        yield (
            f"{len(far)} of {len(names)} metalogs miss the mean, p1, p5, p50, p95 or p99 of the draws by more than "
            f"1 %, the farthest, {name}, by {-100 * share:.2g} % ({place}); the file has the misfit of each."
        )
    if change > NOTED_CHANGE:
        yield f"No Gaussian copula has these rank correlations; those of the nearest one are up to {change:.2g} off."
    renamed = [(column.label, name) for column, name in zip(columns, names, strict=True) if column.label != name]
    if renamed:
        pairs = ", ".join(f"{literal(label)[:40]!r} is {name}" for label, name in renamed[:LISTED])
        yield f"Names that a spreadsheet does not take are changed: {pairs}{', ...' if len(renamed) > LISTED else ''}."
    if stated == PLACEHOLDER_DATE:
        yield f"The file is dated {PLACEHOLDER_DATE}, as a result has no date; state one (date=2026-01-31)."


EXPORTER = Exporter(
    name="sipmath",
    title="SIPmath 3.0 library for spreadsheets: a metalog for each column, and their rank correlations",
    suffixes=(".sipmath", ".sipmath.json"),
    keeps="marginals",
    write=write,
    owns_suffix=True,
    options={"terms": 12, "date": PLACEHOLDER_DATE},
    meanings={
        "terms": "most coefficients of a metalog, 3 to 16",
        "date": "dateCreated, which the format demands",
    },
)
