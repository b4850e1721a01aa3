"""Arrays in a file that tells whether a single bit of it was lost: a line of text, the numbers, a digest of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.errors import FileError, IntegrityError
from mcdemand.files import replace_file
from mcdemand.streaming.passes import Arrays

MAGIC = b"mcdemand checked file 1\n"
KINDS = ("<f8", "<i8", "<i4")
DIGEST_BYTES = 32
MAX_BYTES = 2**36


def write_checked(path: Path, about: Mapping[str, Any], arrays: Arrays) -> None:
    """Write arrays and what is said of them, whole or not at all, in place of what is there.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    kept = {name: np.asarray(array, _kind(array), order="C") for name, array in arrays.items()}
    shapes = [[name, array.dtype.str, list(array.shape)] for name, array in kept.items()]
    heading = MAGIC + json.dumps({"about": about, "arrays": shapes}, allow_nan=False).encode() + b"\n"
    parts = [heading, *(array.tobytes() for array in kept.values())]

    def fill(place: str) -> None:
        hasher = hashlib.sha256()
        with open(place, "wb") as file:
            for part in parts:
                hasher.update(part)
                file.write(part)
            file.write(hasher.digest())

    replace_file(path, fill, overwrite=True)


def read_checked(path: Path, remedy: str) -> tuple[dict[str, Any], Arrays]:
    """Return what `write_checked` wrote.

    Parameters
    ----------
    remedy
        What to do if the file is damaged.

    Raises
    ------
    FileError
        If there is no such file, or it cannot be read.
    IntegrityError
        If it is not, to the last bit, what was written.
    """
    try:
        if not path.is_file():
            raise FileError(f"{path}: is no file, or not there; {remedy}")
        if path.stat().st_size > MAX_BYTES:
            raise IntegrityError(f"{path}: larger than {MAX_BYTES} bytes, so not of mcdemand; {remedy}")
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    body, digest = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    if not body.startswith(MAGIC) or hashlib.sha256(body).digest() != digest:
        raise IntegrityError(f"{path}: cut short or damaged; {remedy}")
    try:
        return _parse(body)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise IntegrityError(f"{path}: not written by mcdemand; {remedy}") from None


def _parse(body: bytes) -> tuple[dict[str, Any], Arrays]:
    end = body.index(b"\n", len(MAGIC))
    heading = json.loads(body[len(MAGIC) : end])
    arrays: Arrays = {}
    start = end + 1
    for name, kind, shape in heading["arrays"]:
        if kind not in KINDS or any(size < 0 for size in shape):
            raise ValueError(kind)
        count = int(np.prod(shape, dtype=object))
        arrays[str(name)] = np.frombuffer(body, kind, count, start).reshape(shape).copy()
        start += arrays[str(name)].nbytes
    if start != len(body):
        raise ValueError(start)
    return dict(heading["about"]), arrays


def _kind(array: np.ndarray[Any, Any]) -> str:
    """Return how an array's numbers are written."""
    return {"f": "<f8", "i": f"<i{array.dtype.itemsize}"}[array.dtype.kind]
