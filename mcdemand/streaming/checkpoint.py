"""Progress on disk: a folder from which a run that was stopped goes on, or one that is done grows.

    run.mcd           what is run, and what is asked of it
    tally.mcd         the first pass so far: written anew, whole, after every span
    divide.mcd        the pass between, if there is one, likewise
    sieve/*.mcd       what each span of the second pass kept
    lock              which process works here

Every file is checked to the last bit when it is read, and says where it belongs. What a span came to counts once its
file is there, so a process that is killed loses the spans that it was working on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcdemand.errors import FileError, IntegrityError
from mcdemand.files import flush_parent
from mcdemand.kernels.arrays import Integers
from mcdemand.streaming.checked_file import read_checked, write_checked
from mcdemand.streaming.folder_lock import LOCK, lock_folder
from mcdemand.streaming.passes import Arrays, Summed
from mcdemand.streaming.sieve import Sieve
from mcdemand.streaming.slots import Keys
from mcdemand.streaming.spans import Span, add_spans, join_spans

SUFFIX = ".mcd"
RUN, TALLY, DIVIDE = f"run{SUFFIX}", f"tally{SUFFIX}", f"divide{SUFFIX}"
PIECES = "sieve"
PARTS = frozenset({RUN, LOCK, PIECES, TALLY, DIVIDE})
LEFT_BEHIND = f".*{SUFFIX}.*{SUFFIX}"
PRIVATE = 0o700
GROWING = ("draws", "notices")
"""What is stated of a run and may change when it grows."""
ANEW = "begin anew in another folder"
AGAIN = "remove it, and what it held is computed again"


@dataclass(frozen=True)
class _Piece:
    """What a file keeps of some spans."""

    path: Path
    identity: str
    spans: tuple[Span, ...]
    covers: tuple[Keys, ...]
    arrays: Arrays

    @property
    def rows(self) -> Integers:
        """The row of each value that is kept."""
        rows: Integers = np.array([row for row, _, _ in self.covers], dtype=np.int64)[self.arrays["slot"]]
        return rows


class Checkpoint:
    """The progress of one run in a folder, which belongs to this process while `hold_folder` is in force."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._series, self._draws = "", 0

    def write_run(self, about: Mapping[str, Any]) -> None:
        """Keep what is run.

        Parameters
        ----------
        about
            Under `run` what `state_run` says, under `question` what is asked of it, under `keeping` where its draws
            are kept.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        _make_folder(self.folder / PIECES)
        write_checked(self.folder / RUN, {**about, "file": RUN}, {})
        self._series = _series(about)
        self._draws = about["run"]["draws"] // about["run"]["chains"]

    def read_run(self) -> dict[str, Any]:
        """Return what is run.

        Raises
        ------
        FileError
            If the folder is none of a run.
        IntegrityError
            If the file is damaged.
        """
        path = self.folder / RUN
        about, _ = read_checked(path, ANEW)
        stated = [type(about.get(key)) for key in ("run", "question", "keeping")]
        if about.pop("file", None) != RUN or stated != [dict, dict, str]:
            raise IntegrityError(f"{path}: states no run; {ANEW}")
        return about

    def check_run(self, about: Mapping[str, Any]) -> None:
        """Raise unless the folder's run is this one.

        Raises
        ------
        FileError
            If it is another one.
        """
        kept = self.read_run()
        if _series(kept) != _series(about):
            raise FileError(f"{self.folder}: holds another run; name another folder, or resume that one")
        held, asked = kept["run"]["draws"], about["run"]["draws"]
        if held != asked:
            raise FileError(f"{self.folder}: holds this run with {held} draws, not {asked}; resume it, or let it grow")

    @property
    def is_begun(self) -> bool:
        """Whether the folder holds a run."""
        return (self.folder / RUN).exists()

    def open(self, name: str, work: Summed) -> list[Span]:
        """Fill a pass with what was kept of it, and return the spans that this holds; none if it counts otherwise.

        Raises
        ------
        IntegrityError
            If the file is damaged, or belongs elsewhere.
        """
        path = self._path(name)
        if not path.exists():
            return []
        kept = self._read(path)
        if kept.identity != work.identity:
            return []
        work.restore(kept.arrays)
        return [*kept.spans]

    def keep(self, name: str, work: Summed, done: Sequence[Span]) -> None:
        """Keep a pass that holds some spans."""
        self._write(self._path(name), work.identity, join_spans(done), (), work.state())

    def keep_piece(self, sieve: Sieve, span: Span, found: Arrays) -> None:
        """Keep what a span of the second pass came to."""
        self._write_piece(sieve, [span], found)

    def open_pieces(self, sieve: Sieve) -> list[Span]:
        """Hand the second pass what was kept of it, and return the spans of that.

        What was kept for other slots, of a run with fewer draws, is used where it holds all that is wanted now.

        Raises
        ------
        IntegrityError
            If a file is damaged, or belongs elsewhere.
        """
        done: list[Span] = []
        older: list[_Piece] = []
        for path in sorted((self.folder / PIECES).glob(f"[!.]*{SUFFIX}")):
            piece = self._read(path)
            if piece.identity != sieve.identity:
                older.append(piece)
            elif add_spans(done, piece.spans):
                sieve.merge(piece.spans[0], piece.arrays)
            else:
                raise IntegrityError(f"{path}: holds draws that another file holds too; {AGAIN}")
        self._adopt(sieve, older, done)
        for piece in older:
            _remove(piece.path)
        return done

    def _adopt(self, sieve: Sieve, older: Sequence[_Piece], done: list[Span]) -> None:
        """Use and keep pieces that hold all that is wanted, and more."""
        usable = [piece for piece in older if sieve.is_covered(piece.covers)]
        # A span that a chain ended with goes on now; one that is held was adopted before a stop.
        fresh = [
            piece for piece in usable if all(span.is_whole for span in piece.spans) and add_spans(done, piece.spans)
        ]
        if not fresh:
            return
        found = [sieve.sift(piece.rows, piece.arrays["kept"]) for piece in fresh]
        together = {key: np.concatenate([one[key] for one in found]) for key in ("slot", "kept")}
        spans = [span for piece in fresh for span in piece.spans]
        self._write_piece(sieve, spans, together)
        sieve.merge(spans[0], together)

    def _write_piece(self, sieve: Sieve, spans: Sequence[Span], found: Arrays) -> None:
        name = f"{spans[0].chain:05}-{spans[0].first_draw:013}-{sieve.identity[:8]}{SUFFIX}"
        self._write(self.folder / PIECES / name, sieve.identity, spans, sieve.covers, found)

    def _write(self, path: Path, identity: str, spans: Sequence[Span], covers: Sequence[Keys], arrays: Arrays) -> None:
        belongs = {"file": path.name, "series": self._series}
        write_checked(path, {**belongs, "identity": identity, "spans": spans, "covers": covers}, arrays)

    def _read(self, path: Path) -> _Piece:
        about, arrays = read_checked(path, AGAIN)
        if (about.get("file"), about.get("series")) != (path.name, self._series):
            raise IntegrityError(f"{path}: belongs to another run, or elsewhere; {AGAIN}")
        spans = tuple(Span(*span) for span in about["spans"])
        if any(span.first_draw + span.draws > self._draws for span in spans):
            raise IntegrityError(f"{path}: holds draws beyond the {self._draws} of a chain; {AGAIN}")
        return _Piece(path, about["identity"], spans, tuple((r, a, b) for r, a, b in about["covers"]), arrays)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"


def _series(about: Mapping[str, Any]) -> str:
    """Return a digest of what is run and asked, but for what changes when it grows."""
    run = {key: value for key, value in about["run"].items() if key not in GROWING}
    return hashlib.sha256(json.dumps({**about, "run": run}, sort_keys=True).encode()).hexdigest()


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
    IntegrityError
        If it holds the progress of a run, but no longer which.
    """
    if folder.is_symlink():
        raise FileError(f"{folder}: is a link; name the folder that it should be")
    if not (folder / RUN).is_file():
        _check_none_left(folder)
        if existing:
            raise FileError(f"{folder}: holds no run to go on with; name the folder that --checkpoint named")
    if _make_folder(folder):
        flush_parent(folder)
    _check_own(folder)
    with lock_folder(folder):
        for place in (folder, folder / PIECES):
            for path in place.glob(LEFT_BEHIND):
                _remove(path)
        yield Checkpoint(folder)


def _check_none_left(folder: Path) -> None:
    for part in (TALLY, DIVIDE, f"{PIECES}/*{SUFFIX}"):
        if any(not path.name.startswith(".") for path in folder.glob(part)):
            raise IntegrityError(f"{folder / RUN}: is missing, so nobody knows of what run the rest is; {ANEW}")


def _check_own(folder: Path) -> None:
    """Raise if a folder holds something else; hidden files may have come later."""
    try:
        strange = [path for path in folder.iterdir() if path.name not in PARTS and not path.match(LEFT_BEHIND)]
    except OSError as error:
        raise FileError(f"{folder}: cannot be read: {error.strerror or error}; name another folder") from error
    if (folder / RUN).is_file():
        strange = [path for path in strange if not path.name.startswith(".")]
    if strange:
        raise FileError(f"{folder}: holds {min(strange).name}, so something else; name another folder")


def _make_folder(folder: Path) -> bool:
    """Make a folder that is not there; return whether it was made."""
    try:
        folder.mkdir(mode=PRIVATE)
    except OSError as error:
        if isinstance(error, FileExistsError) and folder.is_dir() and not folder.is_symlink():
            return False
        raise FileError(f"{folder}: cannot be made: {error.strerror or error}; name another folder") from error
    return True


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path}: cannot be removed: {error.strerror or error}; remove it") from error


def remove_folder(folder: Path) -> None:
    """Remove a folder of progress that nobody needs any more."""
    shutil.rmtree(folder, ignore_errors=True)
