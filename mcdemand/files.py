"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tempfile
from collections.abc import Buffer, Callable
from importlib.resources.abc import Traversable
from pathlib import Path

from mcdemand.errors import FileError, InputError

NEW_FILE_MODE = 0o666
# What file systems say that cannot flush a folder.
NO_FLUSH = frozenset({errno.EINVAL, errno.ENOTSUP})


def read_text(place: Path | Traversable, where: str, most: int, remedy: str) -> str:
    """Return the text of a file that is not too large.

    Parameters
    ----------
    where
        The file, for messages.
    remedy
        What to do about one of more than `most` bytes.

    Raises
    ------
    FileError
        If there is no such file, or it cannot be read.
    InputError
        If it is too large, or not UTF-8.
    """
    try:
        with place.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise FileError(f"{where}: cannot be read: {error.strerror or error}") from error
    if len(raw) > most:
        raise InputError(f"{where}: at most {most} bytes are read; {remedy}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8: {error.reason} at byte {error.start}; save it as UTF-8") from None


class PatientFile(io.FileIO):
    """A file that takes everything and says only at the end what it could not write.

    The HDF5 library does not survive a write that fails: it crashes when it closes the file.
    """

    failure: OSError | None = None

    def write(self, data: Buffer, /) -> int:
        """Write all of the data, or keep in mind why not."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left and self.failure is None:
                left = left[super().write(left) :]
        except OSError as error:
            self.failure = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size, or keep in mind why not."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.failure = self.failure or error
            return self.tell() if size is None else size


def write_patiently(path: str, write: Callable[[PatientFile], object]) -> None:
    """Let `write` fill a file, then raise the first error that it was spared.

    Raises
    ------
    OSError
        If something could not be written.
    """
    with PatientFile(path, "w+") as file:
        write(file)
        if file.failure is not None:
            raise file.failure


def replace_file(path: str | Path, write: Callable[[str], object], *, overwrite: bool) -> Path:
    """Let `write` fill a temporary file beside `path`, then move it there.

    Raises
    ------
    FileError
        If `path` exists and may not be overwritten, is a link or a folder, or cannot be written; then nothing changes.
        If it is there but its folder cannot be flushed.
    """
    path = Path(path)
    check_target(path, overwrite=overwrite)
    handle, temporary = -1, ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        write(temporary)
        flush_file(temporary)
        os.chmod(temporary, NEW_FILE_MODE & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed") from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
    flush_parent(path)
    return path


def replace_folder(path: str | Path, write: Callable[[str], object], *, marker: str, overwrite: bool) -> Path:
    """Let `write` fill a new folder beside `path`, then move it there.

    Parameters
    ----------
    marker
        A file that a folder has at its top if it may be overwritten.

    Raises
    ------
    FileError
        If there is something at `path` that may not be overwritten or is no folder, or the folder cannot be written;
        then nothing changes.
    """
    path = Path(path)
    check_folder(path, marker, overwrite=overwrite)
    work = ""
    try:
        work = tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent)
        new = Path(work, "new")
        new.mkdir()
        write(str(new))
        flush_tree(new)
        put_folder(new, path, spare=Path(work, "old"))
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    flush_parent(path)
    return path


def put_folder(new: Path, path: Path, *, spare: Path) -> None:
    """Move a new folder to `path`.

    Parameters
    ----------
    spare
        Where the folder goes that is at `path`, if there is one; on the same file system.

    Raises
    ------
    OSError
        If it cannot be moved; then nothing changes.
    """
    if path.exists():
        os.replace(path, spare)
    try:
        os.replace(new, path)
    except BaseException:
        if spare.exists():
            os.replace(spare, path)
        raise


def check_folder(path: Path, marker: str, *, overwrite: bool) -> None:
    """Raise unless a folder may be put at `path`.

    Raises
    ------
    FileError
        If it may not.
    """
    if path.is_symlink():
        raise FileError(f"{path}: is a link; name the folder that it should be")
    if path.exists() and not path.is_dir():
        raise FileError(f"{path}: is a file; name a folder")
    if not path.parent.is_dir():
        raise FileError(f"{path}: there is no folder {path.parent}; make it first")
    if path.exists() and not overwrite:
        raise FileError(f"{path}: exists; pass --overwrite to replace it, or name another folder")
    if path.exists() and not (path / marker).is_file():
        raise FileError(f"{path}: is a folder without {marker}, so something else; name another folder")


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raise unless a file may be put at `path`.

    Raises
    ------
    FileError
        If it may not.
    """
    if path.is_symlink():
        raise FileError(f"{path}: is a link; name the file that it should be")
    if path.is_dir():
        raise FileError(f"{path}: is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise FileError(f"{path}: is no plain file; name another")
    if not path.parent.is_dir():
        raise FileError(f"{path}: there is no folder {path.parent}; make it first")
    if path.exists() and not overwrite:
        raise FileError(f"{path}: exists; pass --overwrite to replace it, or name another file")


def check_room(path: Path) -> None:
    """Raise unless a new file can be made beside `path`; none is left.

    Raises
    ------
    FileError
        If it cannot.
    """
    try:
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent):
            pass
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed") from error


def flush_file(path: str) -> None:
    """Bring a file onto the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def flush_tree(folder: Path) -> None:
    """Bring a folder onto the disk with all that is in it.

    Raises
    ------
    OSError
        If that fails.
    """
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            flush_file(os.path.join(place, name))
        flush_folder(Path(place))


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder onto the disk, where the system can.

    Raises
    ------
    OSError
        If that fails.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_FLUSH:
            raise
    finally:
        os.close(handle)


def flush_parent(path: Path) -> None:
    """Make what was moved to `path` outlast a loss of power.

    Raises
    ------
    FileError
        If that fails.
    """
    try:
        flush_folder(path.parent)
    except OSError as error:
        raise FileError(
            f"{path}: written, but its folder cannot be flushed: {error.strerror or error}; it may be lost if the "
            "power fails, so copy it elsewhere"
        ) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
