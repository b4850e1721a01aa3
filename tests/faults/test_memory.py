"""Rows 10 and 36: a run that does not fit is refused before it takes anything, and one that is let in does fit."""

import dataclasses
import os
import sys
from pathlib import Path

import numba
import pytest
from provoke import RUN, contents, start

import mcdemand as mc
from mcdemand import control_group, crew, memory
from mcdemand.model import Model
from mcdemand.prior_set import load_prior_set
from mcdemand.run import prepare

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
LIMITED = """
import resource, sys
import mcdemand.netcdf_file, mcdemand.report.figures, mcdemand.commands.run, mcdemand.report.tables, h5netcdf
import mcdemand.report.notes
from mcdemand.exporters import exporters
from pathlib import Path
from mcdemand.cli import main
exporters()
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]), resource.RLIM_INFINITY))
main(sys.argv[2:])
"""


def run_of(draws: int, **options: object):
    def demand(x1, x2, t):
        return x1 / x2 + t

    def other(x1):
        return 2 * x1

    priors = load_prior_set(
        {
            "prior_set": {"years": {"start": 2025, "stop": 2030}},
            "parameters": {name: {"distribution": "normal", "mu": 1, "sigma": 1} for name in ("x1", "x2")},
        }
    )
    given = {"chains": 1, "seed": 0, "design": "random", "outputs": None, "years": None, **options}
    return prepare(priors, Model.from_functions([demand, other]), draws=draws, **given)


def test_needed_bytes_are_those_that_are_held():
    run = run_of(1000)
    kept = 2 + 2 * 6
    assert memory.needed_bytes(run, 3, 256) == 8 * (kept * 1000 + 3 * run.program.row_count * 256 + 6 * 1000)
    one = run_of(1000, outputs=("demand",), years=(2026,))
    assert memory.needed_bytes(one, 1, 256) == 8 * (1 * 1000 + one.program.row_count * 256 + 1000)


@pytest.mark.usefixtures("folder")
def test_the_store_is_what_was_counted():
    result = mc.simulate("own.toml", model=Model.from_functions([own]), draws=4096)
    held = sum(group.nbytes for group in (result["prior"], result["prior_predictive"]))
    coords = 2 * result["prior"]["chain"].nbytes + 2 * result["prior"]["draw"].nbytes
    assert held - coords == 8 * 3 * 4096


def own(x1, x2):
    return x1 / x2


@pytest.mark.parametrize(
    ("installed", "free", "draws", "error"),
    [
        (10**12, 10**11, 10**6, None),
        (10**12, 10**9, 2 * 10**7, mc.ResourceError),
        (10**9, 10**9, 2 * 10**7, mc.InputError),
        (None, None, 2 * 10**7, None),
    ],
)
def test_the_rule_of_the_exit_code(monkeypatch, installed, free, draws, error):
    """What the machine has not got is a mistake, what is merely taken is a lack."""
    monkeypatch.setattr(memory, "_installed_bytes", lambda: installed)
    monkeypatch.setattr(memory, "available_bytes", lambda _threads: free)
    if error is None:
        memory.check_memory(run_of(draws), 2, 2048)
        return
    with pytest.raises(error) as raised:
        memory.check_memory(run_of(draws), 2, 2048)
    assert raised.value.exit_code == (4 if error is mc.ResourceError else 2)
    assert str(raised.value).startswith("draws: 20000000: needs 3.2 GB (3200065536 bytes)")


def test_a_rough_time_is_said(monkeypatch):
    monkeypatch.setattr(memory, "_installed_bytes", lambda: 10**9)
    with pytest.raises(mc.InputError, match=r"about 117 minutes on 2 threads at 1 ns a number; ask for fewer"):
        memory.check_memory(run_of(10**12), 2, 2048)


@linux
def test_more_than_the_limit_of_memory_is_refused_before_it_is_used(folder):
    before = contents(folder)
    done = start(folder, LIMITED, "400000000", *RUN[:-1], "4e7", "--threads", "2", "--design", "random")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: draws: 40000000: needs 1.6 GB (160")
    assert done.stderr.endswith(
        " are available; ask for fewer draws, outputs or years, or stream, which keeps none: --stream, mc.stream\n"
    )
    assert done.stderr.count("\n") == 1
    assert contents(folder) == before


@linux
@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="millions of interpreted draws take too long")
@pytest.mark.parametrize("share", [0.9, 1.02])
def test_the_most_that_is_let_in_does_fit(folder, share):
    """On either side of the limit: a result, or one line; never a kill."""
    limit = 900_000_000
    allowed = 0.9 * (limit - 2 * memory.THREAD_BYTES) - memory.RESERVE_BYTES
    draws = str(int(share * allowed / 40))
    done = start(folder, LIMITED, str(limit), *RUN[:-1], draws, "--threads", "2", "--design", "random")
    assert done.returncode == (0 if share < 1 else 4), done.stderr
    assert done.stderr.count("\n") == (0 if share < 1 else 1)
    assert (folder / "own.nc").exists() == (share < 1)


def test_memory_that_runs_out_is_said(folder, command, monkeypatch):
    def exhaust(*_arguments, **_options):
        raise MemoryError("Unable to allocate 3 GiB")

    monkeypatch.setattr("mcdemand.simulation.store_run", exhaust)
    before = contents(folder)
    command(*RUN).assert_mistake(4, "memory: Unable to allocate 3 GiB; ask for fewer draws")
    assert contents(folder) == before


def system(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_memory_that_holds_read_files_is_free(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "bytes_left", lambda: None)
    monkeypatch.setattr(memory, "SYSTEM", system(tmp_path, proc__meminfo="MemFree: 1 kB\nMemAvailable: 2000000 kB\n"))
    assert memory._free_bytes() == 2_048_000_000
    assert memory.available_bytes() == int(0.9 * 2_048_000_000) - memory.RESERVE_BYTES


GROUPS = {
    "second version": ("0::/a/b\n", "sys__fs__cgroup__a__b__memoryDOT", ("max", "current"), "inactive_file"),
    "group above": ("0::/a/b/c\n", "sys__fs__cgroup__a__memoryDOT", ("max", "current"), "inactive_file"),
    "own root": ("0::/elsewhere\n", "sys__fs__cgroup__memoryDOT", ("max", "current"), "inactive_file"),
    "first version": (
        "9:cpu:/x\n4:memory:/a\n0::/\n",
        "sys__fs__cgroup__memory__a__memoryDOT",
        ("limit_in_bytes", "usage_in_bytes"),
        "total_inactive_file",
    ),
}


@pytest.mark.parametrize("name", GROUPS)
def test_a_control_group_leaves_what_it_has_not_given(monkeypatch, tmp_path, name):
    lines, prefix, (limit, used), cached = GROUPS[name]
    files = {f"{prefix}{limit}": "1000\n", f"{prefix}{used}": "400\n", f"{prefix}stat": f"anon 1\n{cached} 100\n"}
    monkeypatch.setattr(control_group, "SYSTEM", system(tmp_path, proc__self__cgroup=lines, **files))
    assert control_group.bytes_left() == 700
    for no_limit in ("max", "9223372036854771712"):
        system(tmp_path, **{f"{prefix}{limit}": f"{no_limit}\n"})
        assert control_group.bytes_left() is None


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"sys__fs__cgroup__a__cpuDOTmax": "100000 100000\n"}, 1),
        ({"sys__fs__cgroup__a__cpuDOTmax": "150000 100000\n"}, 2),
        ({"sys__fs__cgroup__a__cpuDOTmax": "20000 100000\n"}, 1),
        ({"sys__fs__cgroup__a__cpuDOTmax": "max 100000\n"}, None),
        ({f"sys__fs__cgroup__cpu__a__cpuDOTcfs_{k}_us": "100000\n" for k in ("quota", "period")}, 1),
        ({}, None),
    ],
)
def test_no_more_threads_than_a_control_group_gives_time_for(monkeypatch, tmp_path, files, count):
    groups = "0::/a\n2:cpuacct,cpu:/a\n"
    monkeypatch.setattr(control_group, "SYSTEM", system(tmp_path, proc__self__cgroup=groups, **files))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: set(range(64)), raising=False)
    assert control_group.processors() == count
    assert crew.available_threads() == (64 if count is None else count)


def test_threads_count_against_the_limit_of_addresses(monkeypatch):
    monkeypatch.setattr(memory, "_free_bytes", lambda: None)
    monkeypatch.setattr(memory, "bytes_left", lambda: None)
    monkeypatch.setattr(memory, "_addresses_left", lambda: 10**9)
    assert memory.available_bytes(4) < memory.available_bytes(1) < 10**9
    assert memory.available_bytes(100) == 0


def test_a_wider_run_needs_more():
    run = run_of(1000)
    wider = dataclasses.replace(run, draws_per_chain=2000)
    assert memory.needed_bytes(wider, 1, 256) > memory.needed_bytes(run, 1, 256)


def test_results_that_nobody_holds_are_let_go_before_a_run_is_refused(monkeypatch):
    """A tree's groups know their root and the root its groups: without the collector they would stay."""
    collected = []
    monkeypatch.setattr(memory.gc, "collect", lambda: collected.append(True))
    monkeypatch.setattr(memory, "available_bytes", lambda _threads: 10**9 if collected else 10)
    memory.check_memory(run_of(1000), 1, 256)
    assert collected == [True]
