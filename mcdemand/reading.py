"""A result file from a stranger: walked and found harmless before one number of it is read.

HDF5 can make a reader open other files (external storage, external links, virtual datasets) and load code (filter
plug-ins); a file that asks for any of it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py  # type: ignore[import-untyped]
import numpy as np
import xarray as xr

from mcdemand.content import DIGEST, content_digest
from mcdemand.errors import FileError, InputError, IntegrityError
from mcdemand.registry import nearest

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_BYTES = 2**36
MAX_EXPANSION = 100
SMALL_BYTES = 2**20
MAX_OBJECTS = 10_000
MAX_DEPTH = 4
MAX_ATTRIBUTES = 1_000
MAX_ATTRIBUTE_ITEMS = 10_000
FILTERS = frozenset({h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32})
NUMBERS = frozenset({h5py.h5t.INTEGER, h5py.h5t.FLOAT})
# The netCDF library's own book-keeping of dimensions, which is made of references within the file.
REFERENCES = frozenset({b"DIMENSION_LIST", b"REFERENCE_LIST"})
# They would make other numbers of the stored ones.
RESCALING = frozenset({b"scale_factor", b"add_offset", b"missing_value", b"_Unsigned"})
GROUPS = ("prior", "prior_predictive")
POSTERIOR_OF = {"prior": "posterior", "prior_predictive": "posterior_predictive"}
"""Groups of a conditioned result, by those whose draws they take again."""
LOG_LIKELIHOOD, WEIGHTS, WEIGHT = "log_likelihood", "sample_stats_prior", "weight"
"""Other groups of it, by ArviZ's names, and the variable of the smoothed weights, which sum to 1."""
DRAWN_AGAIN = "drawn_again"
"""Attribute of draws that were drawn again by weight, so that they repeat within a chain."""
SUMMARY, DISTRIBUTION = "summary", "distribution"
"""Groups of a streamed result, which keeps no draws."""
WITH_GAPS = frozenset({"observed_data", LOG_LIKELIHOOD, SUMMARY, DISTRIBUTION})
"""Groups that may hold what is not finite: nothing was observed, or what was observed is impossible."""


class Array(NamedTuple):
    """An array of a file: the names of its dimensions, "" where one has none, and its shape."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]


class _Refused(Exception):
    """What the walk found."""


def read_tree(path: str | Path, expected: Mapping[str, str | tuple[str, ...]]) -> xr.DataTree:
    """Return the content of a result file.

    Parameters
    ----------
    expected
        Attributes that the root must have, such as schema and contract; of several values, one.

    Raises
    ------
    FileError
        If there is no such file, or it is no HDF5 at all.
    IntegrityError
        If it is damaged, asks for other files or code, was written by another version, or lacks draws.
    """
    path = Path(path)
    _check_signature(path)
    try:
        with _without_plugins():
            walk(path)
            with xr.open_datatree(path, engine="h5netcdf", decode_times=False) as tree:
                tree.load()
    except _Refused as error:
        raise IntegrityError(f"{path}: refused, {error}; a result file holds numbers and text only") from None
    except Exception as error:
        # Whatever the libraries stumble over, the file is not what it claims to be.
        reason = " ".join(str(error).split())
        raise IntegrityError(f"{path}: cut short or damaged: {reason}; get it again or simulate anew") from error
    check_tree(path, tree, expected)
    return tree


def read_arrays(
    path: Path, group: str, choose: Callable[[Mapping[str, Array]], Iterable[str]]
) -> dict[str, np.ndarray[Any, Any]]:
    """Return arrays of numbers in a group of a stranger's netCDF-4 file.

    Parameters
    ----------
    choose
        From the shapes of the arrays, by name, to the names of those that are read.

    Raises
    ------
    FileError
        If there is no such file, or it is no HDF5 at all.
    InputError
        If there is no such group, or `choose` says so.
    IntegrityError
        If it is damaged, or asks for other files or code.
    """
    _check_signature(path)
    try:
        with _without_plugins():
            walk(path, with_text=True)
            with h5py.File(path, "r", driver="sec2", locking=False) as file:
                found = file.get(group)
                if not isinstance(found, h5py.Group):
                    raise InputError(f"it has no group {group!r:.80}; {nearest(group, file)}")
                return {name: found[name][()] for name in choose(_arrays(found))}
    except _Refused as error:
        raise IntegrityError(f"{path}: refused, {error}; numbers and text only are read") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except Exception as error:
        reason = " ".join(str(error).split())
        raise IntegrityError(f"{path}: cut short or damaged: {reason}; get it again") from error


def _arrays(group: Any) -> dict[str, Array]:
    """Return the arrays of numbers in a group that are no coordinates."""
    found: dict[str, Array] = {}
    for name, one in group.items():
        if isinstance(one, h5py.Dataset) and one.dtype.kind in "iuf" and not one.is_scale:
            dims = tuple(dim[0].name.rpartition("/")[2] if len(dim) else "" for dim in one.dims)
            found[name] = Array(dims, one.shape)
    return found


def walk(path: Path, *, with_text: bool = False) -> None:
    """Look at every link, object, attribute and storage layout of an HDF5 file; read no value.

    Parameters
    ----------
    with_text
        Whether datasets of text are let pass, which then must not be read.
    """
    with h5py.File(path, "r", driver="sec2", locking=False) as file:
        seen: set[Any] = set()
        total = sum(_logical_bytes(name, found, with_text) for name, found in _objects(file.id, "", 0, seen))
    if total > min(MAX_BYTES, SMALL_BYTES + MAX_EXPANSION * path.stat().st_size):
        raise _Refused(f"it would unpack to {total:.3g} bytes")


def _objects(group: Any, place: str, depth: int, seen: set[Any]) -> Iterator[tuple[str, Any]]:
    """Yield (name, object) of everything below a group, each once and checked."""
    _check_attributes(place or "/", group)
    if depth > MAX_DEPTH:
        raise _Refused(f"{place} lies deeper than {MAX_DEPTH} groups")
    for name in group:
        where = f"{place}/{name.decode('utf-8', 'replace')}"
        if group.links.get_info(name).type != h5py.h5l.TYPE_HARD:
            raise _Refused(f"{where} is a link to elsewhere")
        address = h5py.h5o.get_info(group, name).addr
        if address in seen or len(seen) >= MAX_OBJECTS:
            raise _Refused(f"{where} is linked twice, or one of more than {MAX_OBJECTS} objects")
        seen.add(address)
        found = h5py.h5o.open(group, name)
        yield where, found
        if isinstance(found, h5py.h5g.GroupID):
            yield from _objects(found, where, depth + 1, seen)


def _logical_bytes(where: str, found: Any, with_text: bool) -> int:
    """Return the size of a dataset in memory, 0 for a group."""
    if isinstance(found, h5py.h5g.GroupID):
        return 0
    if not isinstance(found, h5py.h5d.DatasetID):
        raise _Refused(f"{where} is neither a group nor a dataset")
    _check_attributes(where, found)
    _check_storage(where, found.get_create_plist())
    kind = found.get_type()
    if with_text and kind.get_class() == h5py.h5t.STRING:
        return 0
    if kind.get_class() not in NUMBERS:
        raise _Refused(f"{where} does not hold numbers")
    return int(np.prod(found.shape, dtype=object)) * int(kind.get_size())


def _check_storage(where: str, layout: Any) -> None:
    if layout.get_external_count():
        raise _Refused(f"{where} keeps its values in another file")
    if layout.get_layout() == h5py.h5d.VIRTUAL:
        raise _Refused(f"{where} is a view of other files")
    codes = {layout.get_filter(k)[0] for k in range(layout.get_nfilters())}
    if codes - FILTERS:
        raise _Refused(f"{where} needs filter {min(codes - FILTERS)}")


def _check_attributes(where: str, owner: Any) -> None:
    count = h5py.h5a.get_num_attrs(owner)
    if count > MAX_ATTRIBUTES:
        raise _Refused(f"{where} has {count} attributes")
    for index in range(count):
        attribute = h5py.h5a.open(owner, index=index)
        name, kind = attribute.name, attribute.get_type()
        if name in RESCALING:
            raise _Refused(f"{where} is rescaled by {name.decode()}")
        if name not in REFERENCES and not _is_plain(kind):
            raise _Refused(f"attribute {name.decode('utf-8', 'replace')} of {where} is neither text nor numbers")
        if int(np.prod(attribute.shape, dtype=object)) > MAX_ATTRIBUTE_ITEMS:
            raise _Refused(f"attribute {name.decode('utf-8', 'replace')} of {where} is too long")


def _is_plain(kind: Any) -> bool:
    return kind.get_class() in NUMBERS or kind.get_class() == h5py.h5t.STRING


def _check_signature(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(SIGNATURE))
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    if start != SIGNATURE:
        raise FileError(f"{path}: cannot be read: not a netCDF-4 file")


@contextmanager
def _without_plugins() -> Iterator[None]:
    """Empty the library's list of folders with filter plug-ins, then fill it again."""
    folders = [h5py.h5pl.get(k) for k in range(h5py.h5pl.size())]
    for _ in folders:
        h5py.h5pl.remove(0)
    try:
        yield
    finally:
        for folder in folders:
            h5py.h5pl.append(folder)


def check_tree(path: Path, tree: xr.DataTree, expected: Mapping[str, str | tuple[str, ...]]) -> None:
    """Raise unless a tree is a whole result of this version.

    Raises
    ------
    IntegrityError
        If it is not.
    """
    check_writer(path, tree.attrs, expected)
    if not {*GROUPS, SUMMARY} & set(tree.children):
        raise IntegrityError(f"{path}: cut short or damaged: it has neither {' nor '.join(GROUPS)}")
    for group in (group for place, group in tree.children.items() if place not in WITH_GAPS):
        for name, variable in group.data_vars.items():
            if not np.isfinite(variable.values).all():
                raise IntegrityError(f"{path}: cut short or damaged: {name} has draws that are no numbers")
    if DIGEST in tree.attrs and str(tree.attrs[DIGEST]) != content_digest(tree):
        raise IntegrityError(f"{path}: damaged: its content is not what was written; get it again")


def check_writer(path: Path, attributes: Mapping[Any, Any], expected: Mapping[str, str | tuple[str, ...]]) -> None:
    """Raise unless the attributes of a result are of this version.

    Raises
    ------
    IntegrityError
        If they are not.
    """
    for key, value in expected.items():
        found = attributes.get(key)
        # An attribute can be an array, which compares item by item.
        known = (value,) if isinstance(value, str) else value
        if not (isinstance(found, str) and found in known):
            writer = " ".join(str(attributes.get("source", "another program"))[:80].split())
            raise IntegrityError(
                f"{path}: written by {writer}: {key} {found!r:.80}, here {' or '.join(map(repr, known))}; read it with "
                "that version"
            )
