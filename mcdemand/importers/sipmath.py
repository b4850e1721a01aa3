"""SIPmath 3.0 library: a row of each SIP, and a Gaussian group of each copula.

A metalog keeps its coefficients, so that its quantiles are the library's; an array of trials becomes an empirical law.
How a library numbers its random streams is not kept: mcdemand draws by its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.dependence import REPAIRED_EIGENVALUE, nearest_correlation
from mcdemand.distributions.metalog import Metalog, check
from mcdemand.errors import InputError
from mcdemand.importers._importer import ImportedPriors, Importer
from mcdemand.importers._names import parameter_names
from mcdemand.importers._sipmath_library import (
    GENERIC,
    ArrayArguments,
    Copula,
    Entry,
    GaussianArguments,
    Library,
    Matrix,
    MetalogArguments,
    Ref,
    Sip,
    parse,
    read_json,
    shown,
)
from mcdemand.kernels.arrays import Floats
from mcdemand.report.text import literal
from mcdemand.schema import MAX_MEMBERS, UNSTATED

LONGEST_UNIT = 64
LONGEST_TEXT = 1000
LISTED = 5
LEVELS_OF_FALLING = 1000


def read(path: Path) -> ImportedPriors:
    """Return the rows and groups of a library.

    Raises
    ------
    FileError
        If it cannot be read.
    InputError
        If it is no such library, or has a function that is not known.
    """
    library = parse(Library, read_json(path), str(path))
    notes: list[str] = []
    sips = _generic(library.sips, path, notes)
    named = dict(zip(parameter_names(sip.name for sip in sips), sips, strict=True))
    rows = {name: _row(sip, name, library, path, notes) for name, sip in named.items()}
    changed = [f"{shown(sip.name)} is {name}" for name, sip in named.items() if sip.name != name]
    if changed:
        more = ", ..." if len(changed) > LISTED else ""
        notes.append(f"Names that no parameter can have are changed: {', '.join(changed[:LISTED])}{more}.")
    varying = {name: sip for name, sip in named.items() if rows[name]["distribution"] != "constant"}
    return ImportedPriors(rows, tuple(_groups(library, varying, path, notes)), tuple(notes))


def _generic(sips: Sequence[Sip], path: Path, notes: list[str]) -> list[Sip]:
    """Return the SIPs without those that say the same to one spreadsheet add-in only."""
    generic = [sip for sip in sips if sip.environment == GENERIC]
    known = {sip.name for sip in generic}
    for sip in sips:
        if sip.environment != GENERIC and sip.name not in known:
            raise InputError(
                f"{path}: sip {shown(sip.name)}: is for {shown(sip.environment)} only; state a Metalog_1_0 or SIP_Array"
            )
    if left := len(sips) - len(generic):
        notes.append(f"{left} SIPs for certain programs only are left out; the generic ones of their names are kept.")
    return generic


def _row(sip: Sip, name: str, library: Library, path: Path, notes: list[str]) -> dict[str, Any]:
    where = f"{path}: sip {shown(sip.name)}"
    if sip.function not in FUNCTIONS:
        known = " and ".join(FUNCTIONS)
        raise InputError(f"{where}: function {shown(sip.function)}: unknown; those that are known: {known}")
    if sip.rounding is not None:
        notes.append(f"{name}: is rounded in the library, and is not here.")
    law = FUNCTIONS[sip.function](sip.arguments, where, name, notes)
    source = "; ".join(text for part in (library.name, library.provenance) if (text := literal(part)))
    about = {"source": f"SIPmath library {source}".rstrip(), "note": literal(sip.metadata.get("long_name", ""))}
    return {**law, "unit": _unit(sip.metadata), **{key: text[:LONGEST_TEXT] for key, text in about.items() if text}}


def _unit(metadata: Mapping[str, Any]) -> str:
    """Return the unit that the metadata state, or that of the model."""
    stated = next((metadata[key] for key in ("units", "unit") if isinstance(metadata.get(key), str)), "")
    unit = literal(stated)
    return unit if 0 < len(unit) <= LONGEST_UNIT else UNSTATED


def _metalog(arguments: Mapping[str, Any], where: str, name: str, notes: list[str]) -> dict[str, Any]:
    """Return a row with the library's own coefficients, a constant, or the values of what is no metalog."""
    stated = parse(MetalogArguments, arguments, f"{where}: arguments")
    if not stated.lower < stated.upper:
        raise InputError(f"{where}: upperBound: {stated.upper!r}: must be above lowerBound")
    law = Metalog(tuple(stated.coefficients), stated.lower, stated.upper)
    if not any(law.coefficients[1:]):
        return {"distribution": "constant", "value": _values(law, np.zeros(1), where)[0]}
    if check({"coefficients": law.coefficients, "lower": law.lower, "upper": law.upper}) is not None:
        return _rearranged(law, where, name, notes)
    bounds = {key: bound for key, bound in (("lower", law.lower), ("upper", law.upper)) if math.isfinite(bound)}
    return {"distribution": "metalog", "coefficients": stated.coefficients, **bounds}


def _rearranged(law: Metalog, where: str, name: str, notes: list[str]) -> dict[str, Any]:
    """Return what the trials of a quantile function that falls amount to: its values, in order."""
    from scipy.special import ndtri

    levels = (np.arange(LEVELS_OF_FALLING) + 0.5) / LEVELS_OF_FALLING
    values = sorted(_values(law, ndtri(levels), where))
    notes.append(f"{name}: its metalog falls somewhere, so it is no law; {LEVELS_OF_FALLING:,} of its values stand in.")
    return {"distribution": "empirical", "samples": values}


def _values(law: Metalog, scores: Floats, where: str) -> list[float]:
    with np.errstate(over="ignore", invalid="ignore"):
        values = law.value(scores)
    if not np.isfinite(values).all():
        raise InputError(f"{where}: aCoefficients: give values that are not finite")
    return [float(value) for value in values]


def _array(arguments: Mapping[str, Any], where: str, _name: str, _notes: list[str]) -> dict[str, Any]:
    if "url" in arguments:
        raise InputError(f"{where}: arguments: its trials are in another file, which is not fetched; state them here")
    return {"distribution": "empirical", "samples": parse(ArrayArguments, arguments, f"{where}: arguments").value}


FUNCTIONS: dict[str, Callable[[Mapping[str, Any], str, str, list[str]], dict[str, Any]]] = {
    "Metalog_1_0": _metalog,
    "SIP_Array": _array,
}


def _groups(library: Library, sips: Mapping[str, Sip], path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield a group for each copula, and one for each stream that several SIPs take, which ties them entirely."""
    copulas = {copula.name: copula for copula in library.uniforms.copula}
    streams = {one.name: json.dumps([one.function, one.arguments], sort_keys=True) for one in library.uniforms.rng}
    by_source: dict[tuple[str, str], dict[str, Sip]] = {}
    for name, sip in sips.items():
        found = _place(sip.ref, streams if sip.ref.source == "rng" else {name: name for name in copulas}, path)
        by_source.setdefault((sip.ref.source, found), {})[name] = sip
    for (source, place), members in by_source.items():
        latent = np.ones((len(members), len(members)))
        if source == "copula":
            latent = _latent(copulas[place], list(members.values()), library, path)
        yield from _group(list(members), latent, path, notes)


def _place(ref: Ref, known: Mapping[str, str], path: Path) -> str:
    """Return the copula, or what a stream counts by: two of one kind with one seed are the same."""
    if ref.name not in known:
        raise InputError(f"{path}: U01: {ref.source} {shown(ref.name)}: a SIP takes it, and it is not there")
    return known[ref.name]


def _latent(copula: Copula, sips: Sequence[Sip], library: Library, path: Path) -> Floats:
    """Return the (SIP, SIP) correlations of normals under a copula."""
    where = f"{path}: copula {shown(copula.name)}"
    if copula.function != "GaussianCopula":
        raise InputError(f"{where}: function {shown(copula.function)}: unknown; GaussianCopula is known")
    wanted = parse(GaussianArguments, copula.arguments, f"{where}: arguments").matrix.value
    value = next((one.value for one in library.variables if one.name == wanted), None)
    matrix = parse(Matrix, value, f"{path}: globalVariables: {shown(wanted)}")
    rows = matrix.rows or list(dict.fromkeys(entry.row for entry in matrix.matrix))
    if {len(copula.layers), len({*copula.layers}), len({*rows})} != {len(rows)}:
        raise InputError(f"{where}: copulaLayer: must be as many layers as the matrix has rows, all different")
    for sip in sips:
        if sip.ref.layer not in copula.layers:
            raise InputError(f"{where}: copulaLayer {shown(sip.ref.layer)}: a SIP takes it, and it is not there")
    places = [copula.layers.index(str(sip.ref.layer)) for sip in sips]
    return _full(rows, matrix.matrix, where)[np.ix_(places, places)]


def _full(rows: Sequence[str], entries: Sequence[Entry], where: str) -> Floats:
    """Return the symmetric matrix; what is not stated is 0."""
    places = {row: k for k, row in enumerate(rows)}
    full = np.full((len(rows), len(rows)), np.nan)
    np.fill_diagonal(full, 1.0)
    for entry in entries:
        words = f"{where}: matrix: {shown(entry.row)}, {shown(entry.col)}"
        if entry.row not in places or entry.col not in places:
            raise InputError(f"{words}: not among its rows")
        i, j = places[entry.row], places[entry.col]
        if not (math.isnan(full[i, j]) or full[i, j] == entry.value):
            raise InputError(f"{words}: {entry.value!r}: contradicts {float(full[i, j])!r}")
        full[i, j] = full[j, i] = entry.value
    return np.asarray(np.nan_to_num(full, nan=0.0))


def _group(names: list[str], latent: Floats, path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the group of those that are correlated, if there are any."""
    tied = [k for k in range(len(names)) if np.count_nonzero(latent[k]) > 1]
    if not tied:
        return
    if len(tied) > MAX_MEMBERS:
        raise InputError(f"{path}: copula: ties {len(tied)} SIPs; at most {MAX_MEMBERS} can be in a group")
    latent, names = latent[np.ix_(tied, tied)], [names[k] for k in tied]
    if np.linalg.eigvalsh(latent)[0] < REPAIRED_EIGENVALUE / 10:
        latent = nearest_correlation(latent)
        notes.append(f"Correlations of {', '.join(names[:LISTED])}: moved to the nearest ones that can be drawn.")
    pairs = [
        {"between": [names[i], names[j]], "latent": float(latent[i, j])}
        for i, j in combinations(range(len(names)), 2)
        if latent[i, j]
    ]
    yield {"family": "gaussian", "members": names, "correlations": pairs}


IMPORTER = Importer(
    name="sipmath",
    title="SIPmath 3.0 library",
    suffixes=(".sipmath", ".sipmath.json"),
    read=read,
    owns_suffix=True,
)
