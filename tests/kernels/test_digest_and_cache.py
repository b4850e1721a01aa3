"""The digest changes with everything that a result can depend on; the cache on disk believes nothing else."""

import hashlib
import itertools
import math
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
import pytest
from numba.core.bytecode import FunctionIdentity

from mcdemand.kernels.cache import DigestCache, cache_folder, source_digest
from mcdemand.kernels.digest import Undigestible, digest_function, reached_names, reached_values
from mcdemand.kernels.jit import kernel, loop

FUNCTION = """
def helper(x):
    return FACTOR * x

def make(shift):
    def quantity(x, bias=0.5):
        return helper(x) + shift + bias + TABLE[0] + module.RATE + (1.0 if x in {1.0, 2.0} else math.pi)
    return quantity
"""


def quantity(source=FUNCTION, *, shift=1.0, factor=2.0, table=(3.0,), rate=4.0):
    """Build the same function anew, with one thing changed perhaps."""
    module = ModuleType("settings")
    module.RATE = rate
    scope = {"FACTOR": factor, "TABLE": table, "module": module, "math": math, "__name__": "somewhere"}
    exec(compile(textwrap.dedent(source), "<anywhere>", "exec"), scope)
    return scope["make"](shift)


def test_the_same_function_made_twice_has_one_digest():
    assert digest_function(quantity()) == digest_function(quantity())


def test_a_compiled_function_has_the_digest_of_its_python():
    assert digest_function(kernel(quantity())) == digest_function(quantity())


@pytest.mark.parametrize(
    "changed",
    [
        {"source": FUNCTION.replace("FACTOR * x", "FACTOR / x")},
        {"source": FUNCTION.replace("FACTOR * x", "FACTOR * x + 1e-9")},
        {"source": FUNCTION.replace("bias=0.5", "bias=0.25")},
        {"source": FUNCTION.replace("{1.0, 2.0}", "{1.0, 3.0}")},
        {"source": FUNCTION.replace("math.pi", "math.e")},
        {"shift": 1.5},
        {"shift": -1.0},
        {"factor": 2},
        {"factor": np.float32(2)},
        {"factor": math.nan},
        {"table": (3.0, 1.0)},
        {"table": np.array([3.0])},
        {"table": np.array([3], dtype=np.int64)},
        {"rate": 5.0},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_change_changes_the_digest(changed):
    assert digest_function(quantity(**changed)) != digest_function(quantity())


def test_a_zero_has_a_sign():
    assert digest_function(quantity(shift=0.0)) != digest_function(quantity(shift=-0.0))


def test_recursion_and_cycles_end():
    scope = {}
    exec("def even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n != 0 and even(n - 1)", scope)
    assert len(digest_function(scope["even"])) == 64
    assert digest_function(scope["even"]) != digest_function(scope["odd"])


@pytest.mark.parametrize(
    "value", [{"a": 1.0}, [1.0], object(), np.array([object()])], ids=["dict", "list", "object", "array"]
)
def test_what_cannot_be_digested_is_said(value):
    with pytest.raises(Undigestible):
        digest_function(quantity(table=value))


def test_reached_names_look_into_nested_code():
    function = quantity()
    assert {"helper", "TABLE", "module", "RATE", "math", "pi"} <= {*reached_names(function.__code__)}
    reached = reached_values(function)
    assert reached["shift"] == 1.0
    assert reached["helper"].__name__ == "helper"


PROGRAM = """
import sys
import numba, numpy as np
from mcdemand.kernels.jit import kernel, loop

RATE = float(sys.argv[1])

@kernel
def grow(x):
    return RATE * x

@loop
def grow_all(row):
    for i in range(row.size):
        row[i] = grow(row[i])

row = np.ones(3)
grow_all(row)
print(row[0])
"""


def run_program(folder: Path, script: Path, rate: str) -> str:
    environment = {**os.environ, "MCDEMAND_CACHE_DIR": str(folder), "NUMBA_DISABLE_JIT": "0"}
    done = subprocess.run(
        [sys.executable, str(script), rate], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def cached_files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.bin")}


def is_sound(content: bytes) -> bool:
    return hashlib.sha256(content[32:]).digest() == content[:32]


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="its processes compile")
def test_cache_across_processes(tmp_path):
    """A sound file is reused, a changed global is not answered from a file, and a damaged file is made anew."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    folder = tmp_path / "cache"
    assert run_program(folder, script, "5.0") == "5.0"
    first = cached_files(folder)
    assert len(first) == 2
    assert all(path.parent.stat().st_mode & 0o777 == 0o700 for path in first)
    written = {path: path.stat().st_mtime_ns for path in first}
    assert run_program(folder, script, "5.0") == "5.0"
    assert {path: path.stat().st_mtime_ns for path in cached_files(folder)} == written
    assert run_program(folder, script, "6.0") == "6.0"
    both = cached_files(folder)
    assert len(both) == 4
    for path, content in both.items():
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert run_program(folder, script, "6.0") == "6.0"
    sound = {path for path, content in cached_files(folder).items() if is_sound(content)}
    assert sound == set(both) - set(first)


def test_a_kernels_file_is_named_after_its_digest(monkeypatch, tmp_path):
    monkeypatch.setenv("MCDEMAND_CACHE_DIR", str(tmp_path))
    cache_folder.cache_clear()
    try:
        assert cache_folder() == tmp_path / "mcdemand" / source_digest()[:16]
        assert DigestCache(quantity()).cache_path == str(cache_folder())
    finally:
        cache_folder.cache_clear()


def test_a_folder_that_others_can_write_is_not_used(monkeypatch, tmp_path):
    shared = tmp_path / "mcdemand" / source_digest()[:16]
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    monkeypatch.setenv("MCDEMAND_CACHE_DIR", str(tmp_path))
    cache_folder.cache_clear()
    try:
        assert cache_folder() != shared
        assert cache_folder().stat().st_mode & 0o777 == 0o700
    finally:
        cache_folder.cache_clear()


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_functions_of_one_name_and_number_are_told_apart(monkeypatch):
    """Every process counts its functions from 1: code of another can bear the number of a function compiled here."""

    def shift(by):
        def shifted(x):
            return x + by

        return loop(shifted)

    names = []
    for by in (1.0, 2.0, 1.0):
        monkeypatch.setattr(FunctionIdentity, "_unique_ids", itertools.count(10**6))
        one = shift(by)
        assert one(0.0) == by
        names.append(one.overloads[one.signatures[0]].fndesc.mangled_name)
    assert names[0] == names[2] != names[1]
