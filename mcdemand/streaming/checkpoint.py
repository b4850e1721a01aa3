"""Progress on disk: a folder from which a run that was stopped goes on, or one that is done grows.

    run.mcd           what is run, and what is asked of it
    tally.mcd         the first pass so far: written anew, whole, after every span
    divide.mcd        the pass between, if there is one, likewise
    sieve/*.mcd       what each span of the second pass kept

Every file is checked to the last bit when it is read. What a span came to counts once its file is there, so a process
that is killed loses the spans that it was working on.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.errors import FileError
from mcdemand.kernels.arrays import Integers
from mcdemand.streaming.checked_file import read_checked, write_checked
from mcdemand.streaming.passes import Arrays, Summed
from mcdemand.streaming.sieve import Sieve
from mcdemand.streaming.spans import Span, join_spans

SUFFIX = ".mcd"
RUN, LOCK, PIECES = f"run{SUFFIX}", "lock", "sieve"
PRIVATE = 0o700


class Checkpoint:
    """The progress of one run in a folder, which belongs to this process while `hold_folder` is in force."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_run(self, about: Mapping[str, Any]) -> None:
        """Keep what is run.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        (self.folder / PIECES).mkdir(mode=PRIVATE, exist_ok=True)
        write_checked(self.folder / RUN, about, {})

    def read_run(self) -> dict[str, Any]:
        """Return what is run.

        Raises
        ------
        FileError
            If the folder is none of a run.
        IntegrityError
            If the file is damaged.
        """
        return read_checked(self.folder / RUN)[0]

    def check_run(self, about: Mapping[str, Any]) -> None:
        """Raise unless the folder's run is this one.

        Raises
        ------
        FileError
            If it is another one.
        """
        if self.read_run() != json.loads(json.dumps(about)):
            raise FileError(f"{self.folder}: holds another run; name another folder, or resume that one")

    @property
    def is_begun(self) -> bool:
        """Whether the folder holds a run."""
        return (self.folder / RUN).exists()

    def open(self, name: str, work: Summed) -> list[Span]:
        """Fill a pass with what was kept of it, and return the spans that this holds; none if it counts otherwise."""
        path = self._path(name)
        if not path.exists():
            return []
        about, arrays = read_checked(path)
        if about["identity"] != work.identity:
            return []
        work.restore(arrays)
        return _spans(about)

    def keep(self, name: str, work: Summed, done: Sequence[Span]) -> None:
        """Keep a pass that holds some spans."""
        write_checked(self._path(name), {"identity": work.identity, "spans": join_spans(done)}, work.state())

    def keep_piece(self, sieve: Sieve, span: Span, found: Arrays) -> None:
        """Keep what a span of the second pass came to."""
        self._write_piece(sieve, [span], found)

    def open_pieces(self, sieve: Sieve) -> list[Span]:
        """Hand the second pass what was kept of it, and return the spans of that.

        What was kept for other slots, of a run with fewer draws, is used where it holds all that is wanted now.
        """
        done: list[Span] = []
        older: list[tuple[Path, dict[str, Any], Arrays]] = []
        for path in sorted((self.folder / PIECES).glob(f"*{SUFFIX}")):
            about, arrays = read_checked(path)
            if about["identity"] == sieve.identity:
                sieve.merge(_spans(about)[0], arrays)
                done += _spans(about)
            else:
                older.append((path, about, arrays))
        usable = [piece for piece in older if sieve.is_covered([tuple(cover) for cover in piece[1]["covers"]])]
        if usable:
            done += self._adopt(sieve, usable, done)
        for path, _, _ in older:
            path.unlink()
        return done

    def _adopt(
        self, sieve: Sieve, pieces: Sequence[tuple[Path, dict[str, Any], Arrays]], done: Sequence[Span]
    ) -> list[Span]:
        """Use and keep pieces that hold more than is wanted, but for those whose spans are done."""
        held = {*done}
        # A span that a chain ended with goes on now.
        fresh = [one for one in pieces if all(span.is_whole and span not in held for span in _spans(one[1]))]
        if not fresh:
            return []
        found = [sieve.sift(_rows(about, arrays), arrays["kept"]) for _, about, arrays in fresh]
        together = {key: np.concatenate([one[key] for one in found]) for key in ("slot", "kept")}
        spans = [span for _, about, _ in fresh for span in _spans(about)]
        self._write_piece(sieve, spans, together)
        sieve.merge(spans[0], together)
        return spans

    def _write_piece(self, sieve: Sieve, spans: Sequence[Span], found: Arrays) -> None:
        about = {"identity": sieve.identity, "spans": spans, "covers": sieve.covers}
        first = spans[0]
        name = f"{first.chain:05}-{first.first_draw:013}-{sieve.identity[:8]}{SUFFIX}"
        write_checked(self.folder / PIECES / name, about, found)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"


def _spans(about: Mapping[str, Any]) -> list[Span]:
    return [Span(*span) for span in about["spans"]]


def _rows(about: Mapping[str, Any], arrays: Arrays) -> Integers:
    """Return the row of each value that a piece keeps."""
    rows: Integers = np.array([row for row, _, _ in about["covers"]], dtype=np.int64)[arrays["slot"]]
    return rows


@contextmanager
def hold_folder(folder: Path, *, existing: bool = False) -> Iterator[Checkpoint]:
    """Make a folder if need be and keep other processes out of it.

    Parameters
    ----------
    existing
        Whether it must hold a run.

    Raises
    ------
    FileError
        If it cannot be made, is something else, or another process holds it.
    """
    if existing and not (folder / RUN).is_file():
        raise FileError(f"{folder}: holds no run to go on with; name the folder that --checkpoint named")
    try:
        folder.mkdir(mode=PRIVATE, exist_ok=True)
        strange = {one.name for one in folder.iterdir()} - {RUN, LOCK, PIECES, f"tally{SUFFIX}", f"divide{SUFFIX}"}
    except OSError as error:
        raise FileError(f"{folder}: cannot be made: {error.strerror or error}; name another folder") from error
    if any(not name.startswith(".") for name in strange):
        raise FileError(f"{folder}: holds {min(strange)}, so something else; name another folder")
    with _lock(folder / LOCK):
        for rest in folder.rglob(".*"):
            rest.unlink()
        yield Checkpoint(folder)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold a lock that the system takes back when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise FileError(
                f"{path.parent}: in use by {file.read(200).strip() or 'another process'}; wait for it"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield


def remove_folder(folder: Path) -> None:
    """Remove a folder of progress that nobody needs any more."""
    shutil.rmtree(folder, ignore_errors=True)
