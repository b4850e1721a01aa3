"""A lock on a folder that the system takes back when the process ends, however it ends."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcdemand.errors import FileError

LOCK = "lock"
PRIVATE = 0o600
LONGEST = 200


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder; where the system has no such locks, nobody is kept out.

    Raises
    ------
    FileError
        If another process is in it, which the message names, or the lock cannot be written.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    path = folder / LOCK
    handle = -1
    try:
        # A link is not followed: whoever holds the lock overwrites the file.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    except BlockingIOError:
        raise FileError(f"{folder}: in use by {_holder(handle)}; wait for it") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}; name another folder") from error
    else:
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def _holder(handle: int) -> str:
    """Return who wrote the lock."""
    said = os.pread(handle, LONGEST, 0).decode(errors="replace").strip()
    return said or "another process"
