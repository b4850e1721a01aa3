"""Result files that nobody would write: a sound one with hostile objects, links, attributes, or cut short."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

Spoil = Callable[[random.Random, h5py.File], None]
SHAPES = ((), (0,), (1,), (2, 32), (64,), (2, 32, 1), (10**6, 10**6), (2**62,), (2**31, 2))
KINDS = ("f8", "f4", "f2", "i8", "u1", "c16", "S5", "V7", "?", ">f8", h5py.string_dtype(), h5py.vlen_dtype("f8"),
         h5py.ref_dtype, h5py.regionref_dtype, h5py.enum_dtype({"a": 1}), [("a", "f8"), ("b", "i4")])  # fmt: skip
NAMES = ("x1", "demand", "chain", "draw", "year", "", "a/b", "..", "\x1b[31m", "\u202e", "x" * 300, "é", "__class__")
ATTRIBUTES = ("units", "_FillValue", "missing_value", "scale_factor", "DIMENSION_LIST", "REFERENCE_LIST", "CLASS",
              "NAME", "_Netcdf4Dimid", "_Netcdf4Coordinates", "calendar", "dtype", "coordinates", "schema", "seed",
              "_NCProperties", "source", "prior", "content_sha256", "outputs")  # fmt: skip


def _place(rng: random.Random, file: h5py.File) -> h5py.Group:
    groups = [file, *(item for item in file.values() if isinstance(item, h5py.Group))]
    return rng.choice(groups)


def _name(rng: random.Random, group: h5py.Group) -> str:
    """Return a name that is free, most often that of something that stood there."""
    name = rng.choice([*group, *NAMES]) or "empty"
    if name in group:
        del group[name]
    return name


def dataset(rng: random.Random, file: h5py.File) -> None:
    group, shape, kind = _place(rng, file), rng.choice(SHAPES), rng.choice(KINDS)
    big = int(np.prod(shape, dtype=object)) > 10**4
    filters = rng.choice(({}, {"compression": "gzip"}, {"compression": "lzf"}, {"shuffle": True}, {"fletcher32": True}))
    chunked = {"chunks": tuple(min(side, 64) or 1 for side in shape), **filters} if shape and (big or filters) else {}
    group.create_dataset(_name(rng, group), shape, kind, **chunked)


def link(rng: random.Random, file: h5py.File) -> None:
    group = _place(rng, file)
    name = _name(rng, group)
    target = rng.choice(("/", "/prior", "/prior/x1", "x1", "..", "/nowhere"))
    kinds = (h5py.SoftLink(target), h5py.ExternalLink(rng.choice(("secret.nc", "/etc/passwd", "")), target))
    group[name] = file if rng.random() < 0.3 else rng.choice(kinds)


def outside(rng: random.Random, file: h5py.File) -> None:
    group = _place(rng, file)
    name = _name(rng, group)
    if rng.random() < 0.5:
        group.create_dataset(name, (2, 32), "f8", external=[(rng.choice(("secret", "/etc/passwd")), 0, 512)])
        return
    layout = h5py.VirtualLayout((2, 32), "f8")
    layout[:] = h5py.VirtualSource(rng.choice(("secret.nc", ".")), "x1", (2, 32))
    group.create_virtual_dataset(name, layout)


def attribute(rng: random.Random, file: h5py.File) -> None:
    owner = rng.choice([_place(rng, file), *filter(None, _place(rng, file).values())])
    name = rng.choice([*owner.attrs, *ATTRIBUTES])
    values = ("", "x" * 5000, "\x00", "\u202e\x1b[31m", b"\xff", 0, -1, 2**63 - 1, np.nan, np.inf, 1e308, [], [1, 2],
              np.void(b"abc"), np.array([b"a", b"b"]), h5py.Empty("f8"), owner.ref, np.zeros(20_000), True)  # fmt: skip
    owner.attrs[name] = rng.choice(values)


def remove(rng: random.Random, file: h5py.File) -> None:
    group = _place(rng, file)
    if len(group):
        del group[rng.choice(list(group))]


def draws(rng: random.Random, file: h5py.File) -> None:
    """Change one value of one dataset, or its extent."""
    found = [item for item in _place(rng, file).values() if isinstance(item, h5py.Dataset) and item.size]
    if found:
        one = rng.choice(found)
        one[(0,) * one.ndim] = rng.choice((0, -1, 1))


STRUCTURES: tuple[Spoil, ...] = (dataset, dataset, link, outside, attribute, attribute, attribute, remove, draws)


def cut(rng: random.Random, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content))])


def damage(rng: random.Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 2, 5, 20))):
        content[rng.randrange(len(content))] = rng.randrange(256)
    path.write_bytes(content)


def spoil(seed: int, sound: Path, path: Path) -> None:
    """Write the file of a seed: hostile objects in most, some bytes changed or missing in others."""
    rng = random.Random(seed)
    shutil.copy(sound, path)
    if rng.random() < 0.3:
        rng.choice((damage, damage, cut))(rng, path)
        return
    with h5py.File(path, "r+") as file:
        for _ in range(rng.choice((1, 1, 2, 3))):
            try:
                rng.choice(STRUCTURES)(rng, file)
            except (ValueError, TypeError, OSError, RuntimeError, KeyError, OverflowError, AttributeError):
                # The library refuses to write it.
                continue
