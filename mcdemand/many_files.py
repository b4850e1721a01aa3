"""Many files at once, written by threads and processes that do not wait for each other."""

from __future__ import annotations

import os
import uuid
from collections.abc import Buffer, Iterable
from pathlib import Path

from mcdemand.files import flush_file, flush_folder


def put_files(contents: Iterable[tuple[Path, Buffer]], spare: Path) -> None:
    """Write files, each whole and over what is there, from any thread or process; on return all are on the disk.

    Parameters
    ----------
    contents
        Path and content; folders are made.
    spare
        A folder on the same file system, for what is not whole yet.

    Raises
    ------
    OSError
        If one cannot be written; then each is the old one or the new one, or absent.
    """
    written: dict[Path, Path] = {}
    changed: set[Path] = set()
    try:
        for path, content in contents:
            written[path] = spare / uuid.uuid4().hex
            written[path].write_bytes(content)
        # One after the other, so that the system has little left to do for each but the first.
        for temporary in written.values():
            flush_file(str(temporary))
        for path, temporary in written.items():
            changed |= {path.parent, *_make_folders(path.parent)}
            os.replace(temporary, path)
        for folder in changed:
            flush_folder(folder)
    finally:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)


def _make_folders(folder: Path) -> set[Path]:
    """Make a folder and those that it lies in; return the folders that have a new one."""
    if folder.is_dir():
        return set()
    found = _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    return {*found, folder.parent}
