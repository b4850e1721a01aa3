"""Files of strangers, read within limits."""

from __future__ import annotations

from pathlib import Path

from mcdemand.errors import FileError, InputError

MAX_BYTES = 50_000_000


def read_text(path: Path, most: int = MAX_BYTES) -> str:
    """Return the text of a file.

    Raises
    ------
    FileError
        If there is no such file, or it cannot be read.
    InputError
        If it is too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(raw) > most:
        raise InputError(f"{path}: at most {most} bytes are read; leave out what is not wanted")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from None
