"""Processes that share a folder of compiled code: each gets the result of the code that it was given."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest
from provoke import start

import mcdemand
from mcdemand.kernels import cache
from mcdemand.kernels.jit import loop
from mcdemand.paths import priors_folder

pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is cached")

PROGRAM = """
import mcdemand as mc
PRIORS = {"parameters": {"x": {"distribution": "constant", "value": 2.0},
                         "y": {"distribution": "normal", "mu": 0, "sigma": 1}}}
def result_of(demand, seed=0):
    model = mc.Model.from_functions([demand])
    return float(mc.simulate(PRIORS, model=model, draws=64, chains=1, seed=seed)["prior_predictive"]["demand"][0, 0])
"""
CELL = PROGRAM + "def demand(x, y):\n    return RATE * x + 0 * y\nprint(result_of(demand))\n"
NOTEBOOK = (
    PROGRAM
    + """
import sys
scope = {"__name__": "__main__"}
for k, rate in enumerate(sys.argv[1:]):
    source = f"def helper(x): return {rate} * x\\ndef demand(x, y): return helper(x) + 0 * y\\n"
    exec(compile(source, "<ipython-input-1-0123456789ab>", "exec"), scope)
    print(result_of(scope["demand"]))
"""
)
SHELL = (
    PROGRAM
    + """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(history_manager=None)
shell.user_ns["result_of"] = result_of
for rate in sys.argv[1:]:
    cell = f"RATE = {rate}\\ndef demand(x, y): return RATE * x + 0 * y\\nresult = result_of(demand)"
    assert shell.run_cell(cell).success
    print(shell.user_ns["result"])
"""
)
KERNEL = """
import numpy as np
from mcdemand.kernels.jit import loop
@loop
def grow(row):
    for i in range(row.size):
        row[i] *= 15.0
row = np.ones(1)
grow(row)
print(row[0])
"""
DRAW = PROGRAM + "def demand(y): return y\nprint(result_of(demand).hex())\n"


def cell(rate: int) -> str:
    return CELL.replace("RATE", str(rate))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that two processes have filled at the same time, with different models of one name."""
    place = tmp_path_factory.mktemp("shared")
    crew = [
        subprocess.Popen(
            [sys.executable, "-c", cell(rate)],
            env={**os.environ, "MCDEMAND_CACHE_DIR": str(place)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rate in (5, 6)
    ]
    assert [process.communicate(timeout=300)[0].split() for process in crew] == [["10.0"], ["12.0"]]
    assert [process.returncode for process in crew] == [0, 0]
    return place


def said(folder: Path, code: str, *words: str, **environment: str | None) -> list[str]:
    """Return what a program prints that shares the folder."""
    done = start(folder, code, *words, MCDEMAND_CACHE_DIR=str(folder), **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def compiled(folder: Path) -> list[Path]:
    return sorted(folder.rglob("mcdemand/*/*"))


def test_two_processes_at_once_leave_sound_files(folder):
    files = compiled(folder)
    assert {path.suffix for path in files} == {".bin"}
    for content in map(Path.read_bytes, files):
        assert hashlib.sha256(content[32:]).digest() == content[:32]
    assert len([path for path in files if path.name.startswith("demand-")]) == 2


def test_standard_input_and_command_line(folder):
    """Neither has a file that could be looked at."""
    for rate in (7, 8):
        code = cell(rate)
        assert said(folder, code) == [str(2.0 * rate)]
        done = subprocess.run(
            [sys.executable, "-"],
            input=code,
            env={**os.environ, "MCDEMAND_CACHE_DIR": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [str(2.0 * rate)]


@pytest.mark.parametrize("program", [NOTEBOOK, SHELL], ids=["cells", "IPython"])
def test_a_cell_run_again_with_another_body(folder, program):
    """Also in a later process, whose compiler gives another body the same number and so the same symbol."""
    if program is SHELL:
        pytest.importorskip("IPython")
    for rates in (("9",), ("11", "9", "13"), ("13", "11")):
        assert said(folder, program, *rates) == [str(2.0 * float(rate)) for rate in rates]


def test_a_helper_two_calls_away_in_another_file(folder, tmp_path):
    """Its size and its time of change stay the same."""
    (tmp_path / "near.py").write_text("import far\nfrom far import grow\ndef near(x): return grow(x) + far.SHIFT\n")
    code = PROGRAM + "import near\ndef demand(x, y): return near.near(x) + 0 * y\nprint(result_of(demand))\n"
    for body, shift, expected in (("5 * x", 0, 10.0), ("6 * x", 0, 12.0), ("6 * x", 1, 13.0), ("5 * x", 0, 10.0)):
        (tmp_path / "far.py").write_text(f"SHIFT = {shift}\ndef grow(x): return {body}\n")
        os.utime(tmp_path / "far.py", (0, 0))
        assert said(folder, code, PYTHONPATH=str(tmp_path)) == [str(expected)]


def test_an_edited_kernel_file(folder, tmp_path):
    """A copy of the package with another constant draws other numbers, those of its interpreted run."""
    copy = tmp_path / "mcdemand"
    shutil.copytree(Path(mcdemand.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(priors_folder(), tmp_path / "priors")
    before = said(folder, DRAW, PYTHONPATH=str(tmp_path))
    assert before == said(folder, DRAW)
    file = copy / "kernels" / "philox.py"
    edited, count = re.subn("0xD2511F53", "0xD2511F55", file.read_text(), flags=re.IGNORECASE)
    assert count == 1
    file.write_text(edited)
    after = said(folder, DRAW, PYTHONPATH=str(tmp_path))
    assert after != before
    assert after == said(folder, DRAW, PYTHONPATH=str(tmp_path), NUMBA_DISABLE_JIT="1")
    assert said(folder, DRAW) == before


def test_settings_of_the_compiler_have_files_of_their_own(tmp_path):
    """A kernel alone: with other settings every one that a study needs is compiled anew."""
    for files, settings in enumerate(({}, {}, {"NUMBA_SLP_VECTORIZE": "1", "NUMBA_LOOP_VECTORIZE": "0"})):
        assert said(tmp_path, KERNEL, **settings) == ["15.0"]
        assert len(compiled(tmp_path)) == max(1, files)


def test_damaged_files_are_made_anew(folder):
    code = cell(17)
    assert said(folder, code) == ["34.0"]
    spoilt = [path for path in compiled(folder) if path.name.startswith(("demand-", "fill_series-"))]
    for k, path in enumerate(spoilt):
        content = path.read_bytes()
        path.write_bytes((content[: len(content) // 2], content[:-1] + bytes([content[-1] ^ 1]), b"")[k % 3])
    assert said(folder, code) == ["34.0"]
    assert said(folder, code) == ["34.0"]


def tripled() -> float:
    """Triple a one by a kernel that this process has not seen."""

    def triple(row):
        row[0] = 3.0 * row[0]

    row = cache.np.ones(1)
    loop(triple)(row)
    return float(row[0])


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MCDEMAND_CACHE_DIR", str(tmp_path))
    cache.cache_folder.cache_clear()
    yield tmp_path
    cache.cache_folder.cache_clear()


def test_nowhere_to_write_at_all(own_folder, monkeypatch):
    def refuse(*_arguments, **_options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(cache.tempfile, "mkdtemp", refuse)
    assert cache.cache_folder() is None
    assert tripled() == 3.0
    assert list(own_folder.iterdir()) == []


@pytest.mark.parametrize("step", ["replace", "write", "dumps"])
def test_a_file_that_cannot_be_written_leaves_nothing(own_folder, monkeypatch, step):
    def refuse(*_arguments, **_options):
        raise ValueError("no such bytes") if step == "dumps" else OSError(28, "No space left on device")

    if step == "replace":
        monkeypatch.setattr(cache.os, "replace", refuse)
    elif step == "dumps":
        monkeypatch.setattr(cache, "dumps", refuse)
    else:
        monkeypatch.setattr(cache.tempfile, "NamedTemporaryFile", refuse)
    assert tripled() == 3.0
    assert compiled(own_folder) == []


LINKING = """
import itertools, sys
import numpy as np
from numba.core.bytecode import FunctionIdentity
from mcdemand.kernels.jit import loop

def shift(by):
    @loop
    def shifted(row):
        for i in range(row.size):
            row[i] += by
    return shifted

def both(one, two):
    @loop
    def run_both(row):
        one(row)
        two(row)
    return run_both

def count_from(number):
    FunctionIdentity._unique_ids = itertools.count(number)

row, one, ten = np.zeros(1), shift(1.0), shift(10.0)
count_from(10**6)
if sys.argv[1] == "first":
    one(row)
else:
    ten(row)
    row[:] = 0.0
    count_from(2 * 10**6)
    both(one, ten)(row)
    print(row[0])
"""


def test_code_of_another_process_is_not_linked_in_place_of_a_function_compiled_here(tmp_path):
    """The first process compiles one function, the second another of the same name, signature and number.

    Numba counts functions from 1 in every process; two that start together on an empty folder count differently.
    """
    environment = {**os.environ, "MCDEMAND_CACHE_DIR": str(tmp_path)}
    for part in ("first", "second"):
        command = [sys.executable, "-c", LINKING, part]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "11.0\n"
