"""Compiled code on disk, keyed by what it was compiled from; wrong is impossible, absent is only slower."""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from mcdemand.kernels.digest import Undigestible, digest_function

SOURCES = ("kernels/*.py", "math.py")
PRIVATE = 0o700
LONGEST_NAME = 64
NAMING_CHARACTERS = 32
# Settings of numba that change the machine code; the processor is in the key anyway.
SETTINGS = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "USING_SVML", "BOUNDSCHECK", "DEBUGINFO_DEFAULT")


@cache
def source_digest() -> str:
    """Return the digest of mcdemand's kernel sources and of the versions that the compiled code fits."""
    versions = (numba.__version__, llvmlite.__version__, np.__version__, sys.implementation.cache_tag)
    hasher = hashlib.sha256(repr(versions).encode())
    root = Path(__file__).resolve().parents[1]
    for path in sorted(path for pattern in SOURCES for path in root.glob(pattern)):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()


# Now, while the files are what is being imported, not when the first kernel is compiled, perhaps after an edit.
source_digest()


@cache
def cache_folder() -> Path | None:
    """Return a folder that only this user can write, made if need be; a private temporary one as the last resort.

    None where not even that can be made.
    """
    for parent in _candidates():
        folder = parent.absolute() / "mcdemand" / source_digest()[:16]
        try:
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            if _is_private(folder) and os.access(folder, os.W_OK):
                return folder
        except OSError:
            continue
    try:
        folder = Path(tempfile.mkdtemp(prefix="mcdemand-"))
    except OSError:
        return None
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _candidates() -> list[Path]:
    chosen = os.environ.get("MCDEMAND_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if chosen:
        return [Path(chosen)]
    try:
        return [Path.home() / ".cache"]
    except RuntimeError:
        return []


def _is_private(folder: Path) -> bool:
    """Tell whether nobody else could have put a file here: its content is unpickled."""
    if not hasattr(os, "getuid"):
        return True
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


class DigestCache(_Cache):  # type: ignore[misc]
    """What numba asks for a function's compiled code: a file whose name is the digest of its origin."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._enabled = True
        self._digest: str | None = None

    @property
    def cache_path(self) -> str:
        """The folder, as numba's base class wants it."""
        return str(cache_folder())

    def enable(self) -> None:
        """Use the files."""
        self._enabled = True

    def disable(self) -> None:
        """Ignore the files."""
        self._enabled = False

    def flush(self) -> None:
        """Do nothing: a file is only ever found by the digest of its origin, so none goes stale."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function, or None if there is no sound file of it."""
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        try:
            checksum, payload = _split(path.read_bytes()) if path else (b"", b"")
            if not payload or hashlib.sha256(payload).digest() != checksum:
                return None
            return CompileResult._rebuild(target_context, *pickle.loads(payload))
        except Exception:
            # Whatever is wrong with the file, compiling anew is right.
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write the compiled function, atomically; a folder that cannot be written is no error."""
        path = self._path(sig, data.codegen)
        if path is None or data.lifted or data.library.has_dynamic_globals:
            return
        try:
            payload = dumps(data._reduce())
            _replace(path, hashlib.sha256(payload).digest() + payload)
        except Exception:
            # Whatever cannot be written, or not even be stated in bytes, is compiled anew next time.
            return

    def _name_by(self, content: str) -> None:
        """Give the function a name of its own before it is compiled.

        Numba tells functions of one name and signature apart by a count that starts anew in every process. Code that
        another process compiled could bear the number of a function compiled here, and be linked in its place.
        """
        self._function.__qualname__ += f"_{content[:NAMING_CHARACTERS]}"

    def _path(self, sig: Any, codegen: Any) -> Path | None:
        folder = cache_folder()
        if not self._enabled or folder is None:
            return None
        if self._digest is None:
            try:
                self._digest = digest_function(self._function)
            except Undigestible:
                self._name_by(secrets.token_hex(NAMING_CHARACTERS // 2))
                self.disable()
                return None
            self._name_by(self._digest)
        settings = [getattr(numba.config, name, None) for name in SETTINGS]
        key = hashlib.sha256(repr((self._digest, sig, codegen.magic_tuple(), settings)).encode()).hexdigest()
        name = re.sub(r"\W", "_", self._function.__name__)[:LONGEST_NAME]
        return folder / f"{name}-{key[:32]}.bin"


def _replace(path: Path, content: bytes) -> None:
    """Put a file in place, whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _split(content: bytes) -> tuple[bytes, bytes]:
    size = hashlib.sha256().digest_size
    return content[:size], content[size:]
