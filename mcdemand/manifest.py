"""The manifest of a folder: size and SHA-256 of every file, written last, so that a folder without is not complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from mcdemand.crew import available_threads, do_jobs
from mcdemand.errors import IntegrityError

MANIFEST = "manifest.json"
MANIFEST_SCHEMA = "mcdemand-manifest-1"
MOST_BYTES_A_FILE = 1024
REMEDY = "get it again or simulate anew"


class Entry(NamedTuple):
    """What a manifest says of a file."""

    bytes: int
    sha256: str


def write_manifest(folder: Path) -> str:
    """Write the manifest of a folder that is complete, and return the digest of all of it.

    Raises
    ------
    OSError
        If a file cannot be read, or the manifest not written.
    """
    files = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())
    names = [name for name in files if name != MANIFEST]
    digests = do_jobs(lambda name: _digest(folder / name), names, available_threads())
    entries = {name: Entry((folder / name).stat().st_size, found) for name, found in zip(names, digests, strict=True)}
    (folder / MANIFEST).write_bytes(_text_of(entries))
    return _digest_of(entries)


def check_manifest(folder: Path, sizes: Mapping[str, int]) -> str:
    """Read every file of a folder once, and return the digest of all of it.

    Parameters
    ----------
    sizes
        Of the files that are there, by path in the folder.

    Raises
    ------
    IntegrityError
        If a file is missing, too many, or not to the last bit what was written; it names the first one.
    OSError
        If one cannot be read.
    """
    entries = _read(folder, MOST_BYTES_A_FILE * len(sizes))
    stated = {name: entry.bytes for name, entry in entries.items()}
    found = {name: size for name, size in sizes.items() if name != MANIFEST}
    if stated != found:
        odd = min(set(stated.items()) ^ set(found.items()))[0]
        raise _damaged(folder, odd, "missing, too many, or not of its size")

    def check(name: str) -> None:
        if _digest(folder / name) != entries[name].sha256:
            raise _damaged(folder, name, "its checksum is another than when it was written")

    do_jobs(check, sorted(entries), available_threads())
    return _digest_of(entries)


def _read(folder: Path, most: int) -> dict[str, Entry]:
    """Return what a manifest says; it must be, to the last byte, what would be written of that."""
    with (folder / MANIFEST).open("rb") as file:
        text = file.read(most + 1)
    try:
        entries = {name: Entry(*map(one.get, Entry._fields)) for name, one in json.loads(text)["files"].items()}
        if len(text) <= most and _text_of(entries) == text:
            return entries
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise _damaged(folder, MANIFEST, "no manifest of mcdemand, or changed")


def _text_of(entries: Mapping[str, Entry]) -> bytes:
    files = {name: entry._asdict() for name, entry in sorted(entries.items())}
    return json.dumps({"schema": MANIFEST_SCHEMA, "sha256": _digest_of(entries), "files": files}, indent=1).encode()


def _digest_of(entries: Mapping[str, Entry]) -> str:
    lines = [f"{entry.sha256} {entry.bytes} {name}\n" for name, entry in sorted(entries.items())]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damaged(folder: Path, name: str, what: str) -> IntegrityError:
    return IntegrityError(f"{folder}: cut short or damaged: {name!r:.120}: {what}; {REMEDY}")
