"""Rows 31 to 37: what surrounds the process changes no number, and at worst it is slower."""

import hashlib
import os
import pickle
import sys
import textwrap

import numba
import numpy as np
import pytest
from provoke import OWN_MODEL, OWN_PRIORS, RUN, contents, start

import mcdemand as mc
from mcdemand import crew
from mcdemand.kernels import cache
from mcdemand.kernels.jit import loop

INTERPRETED = bool(numba.config.DISABLE_JIT)
MAIN = "import sys; from mcdemand.cli import main; main(sys.argv[1:])"
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


def one_processor() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """What the command writes in peace."""
    folder = tmp_path_factory.mktemp("reference")
    return write(folder)["own.nc"]


def write(folder, **options):
    """Run the own model in a process and return the folder's content."""
    (folder / "own.py").write_text(OWN_MODEL)
    (folder / "own.toml").write_text(OWN_PRIORS)
    done = start(folder, MAIN, *RUN, **options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return contents(folder)


SURROUNDINGS = {
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    "Turkish": {"LC_ALL": None, "LANG": "tr_TR.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"},
    "one thread": {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    "200 threads": {"OMP_NUM_THREADS": "200", "NUMBA_NUM_THREADS": "200"},
    "time zone": {"TZ": "Pacific/Kiritimati", "SOURCE_DATE_EPOCH": "0"},
    "no home": {"HOME": None, "XDG_CACHE_HOME": None, "MCDEMAND_CACHE_DIR": None, "TERM": None, "PATH": None},
    "no cache": {"MCDEMAND_CACHE_DIR": os.devnull, "HOME": os.devnull, "MPLCONFIGDIR": None},
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_same_bytes(tmp_path, reference, name):
    assert write(tmp_path, **SURROUNDINGS[name])["own.nc"] == reference


@linux
def test_one_processor_gives_the_same_bytes(tmp_path, reference):
    assert write(tmp_path, prepare=one_processor)["own.nc"] == reference


@linux
def test_no_more_threads_than_allowed(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {3})
    assert crew.available_threads() == 1


@pytest.mark.skipif(os.name != "posix", reason="descriptors of POSIX")
@pytest.mark.parametrize("descriptors", [(1,), (1, 2), (0, 1, 2)])
def test_closed_streams(folder, descriptors):
    done = start(folder, MAIN, *RUN, prepare=lambda: [os.close(number) for number in descriptors])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert set(contents(folder)) == {"own.nc", "own.png", "own.py", "own.toml"}


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_goes_away(folder):
    """The files are written first; nobody is told that nobody listens."""
    done = start(
        folder,
        "import os, sys\nreading, writing = os.pipe()\nos.close(reading)\nos.dup2(writing, 1)\n" + MAIN,
        *RUN,
    )
    assert done.stderr == ""
    assert done.returncode == 1
    assert set(contents(folder)) == {"own.nc", "own.png", "own.py", "own.toml"}


FOREIGN = pickle.dumps({"no": "code"})


def doubled(row):
    """Double a row by a kernel that this process has not seen."""

    def double(row):
        for i in range(row.size):
            row[i] = 2.0 * row[i]

    loop(double)(row)
    return row.tolist()


@pytest.mark.skipif(INTERPRETED, reason="nothing is cached")
@pytest.mark.parametrize(
    "content",
    [b"", b"not code", bytes(4096), hashlib.sha256(FOREIGN).digest() + FOREIGN],
    ids=["empty", "text", "zeros", "foreign"],
)
def test_a_foreign_cache_is_not_believed(tmp_path, monkeypatch, content):
    """Not even one whose checksum is right."""
    monkeypatch.setenv("MCDEMAND_CACHE_DIR", str(tmp_path))
    cache.cache_folder.cache_clear()
    try:
        assert doubled(np.ones(3)) == [2.0, 2.0, 2.0]
        files = list(cache.cache_folder().glob("double-*.bin"))
        assert len(files) == 1
        files[0].write_bytes(content)
        assert doubled(np.ones(3)) == [2.0, 2.0, 2.0]
        assert len(files[0].read_bytes()) > len(content)
    finally:
        cache.cache_folder.cache_clear()


FORK = """
import os, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import mcdemand as mc
def demand(x1):
    return 2.0 * x1
def draws():
    model = mc.Model.from_functions([demand])
    priors = {"parameters": {"x1": {"distribution": "normal", "mu": 0, "sigma": 1}}}
    result = mc.simulate(priors, model=model, draws=4096, threads=2)
    mc.summarize(result)
    return result["prior_predictive"]["demand"].values
first = draws()
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(draws(), first) else 3)
_, status = os.waitpid(child, 0)
print(os.WIFSIGNALED(status), os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_computes_the_same(tmp_path):
    done = start(tmp_path, FORK)
    assert (done.returncode, done.stdout) == (0, "False 0\n"), done.stderr


CLOCK = textwrap.dedent("""
    import time
    now = iter(range(10**9, 0, -1000))
    time.time = time.monotonic = time.perf_counter = lambda: float(next(now))
    time.time_ns = time.monotonic_ns = lambda: next(now) * 10**9
""")


def test_a_clock_that_runs_backwards(tmp_path, reference):
    (tmp_path / "own.py").write_text(OWN_MODEL)
    (tmp_path / "own.toml").write_text(OWN_PRIORS)
    done = start(
        tmp_path, MAIN.replace("main(sys", CLOCK + "main(sys").replace("; from", "\nfrom").replace("; ", "\n"), *RUN
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert contents(tmp_path)["own.nc"] == reference


@pytest.mark.parametrize("start_year", [1, 1900, 2024, 2261, 9990])
def test_years_are_whole_numbers(folder, command, start_year):
    """No calendar ends in 2262."""
    (folder / "own.py").write_text("def demand(x1, x2, year):\n    return x1 / x2 + year\n")
    years = f"years = {{ start = {start_year}, stop = {start_year + 4} }}\n[parameters]"
    (folder / "own.toml").write_text(OWN_PRIORS.replace("[parameters]", years))
    done = command(*RUN)
    assert (done.code, done.err) == (0, "")
    assert [f"{year} " in done.out for year in range(start_year, start_year + 5)] == [True] * 5
    found = mc.read_result("own.nc")["prior_predictive"]["year"]
    assert found.dtype == np.int64
    assert found.values.tolist() == list(range(start_year, start_year + 5))
