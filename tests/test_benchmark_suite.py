"""The benchmark suite: every peer states its cases, checks can fail, and tables are those of the kept results."""

import copy
import json

import numpy as np
import pytest

from benchmarks.cases import cases
from benchmarks.cases._case import read_reference
from benchmarks.comparison import run
from benchmarks.contestant import Program
from benchmarks.measuring import programs_of
from benchmarks.peers import peers
from benchmarks.peers._rows import rows, summarize
from benchmarks.tables import PAGE, README, number, section, stored, updated

DRAWS = 10**6


def figures_of(name):
    return copy.deepcopy(read_reference(name).figures)


def row_of(title, **changes):
    row = {"title": title, "peer": title, "versions": {title: "1.0"}, "processors": 2, "precision": "float64"}
    row |= {"seconds": 1.0, "ratio": 1.0, "ratios": [1.0, 1.0, 1.0], "phases": {"draw": 0.5}, "import": 0.1}
    row |= {"phase_ratios": {"draw": 1.0}, "first_cold": 2.0, "first_warm": 1.0, "peak_bytes": 10**8, "error": {}}
    return row | {"rounds": 3} | changes


def found_of(*rows):
    machine = {"processor": "one", "registers": "256-bit", "processors": 2}
    return {"case": "w1", "draws": DRAWS, "machine": machine, "programs": [*rows], "cannot": {"Other": "no draws"}}


@pytest.mark.parametrize("name", [*cases()])
def test_each_case_has_a_program_of_mcdemand_and_of_a_peer(name):
    programs = programs_of(cases()[name])
    assert programs[0].peer.name == "mcdemand"
    assert len({program.peer.name for program in programs}) > 1


@pytest.mark.parametrize("name", [*peers()])
def test_a_peer_says_of_each_case_that_it_can_or_cannot(name):
    peer = peers()[name]
    assert not peer.programs.keys() & peer.cannot.keys()
    assert peer.programs.keys() | peer.cannot.keys() <= cases().keys()
    assert peer.programs


def test_right_figures_pass():
    cases()["w1"].check(figures_of("w1"), DRAWS, 0.0)
    cases()["streaming"].check(figures_of("streaming"), DRAWS, 0.0)


@pytest.mark.parametrize("name", ["mean", "quantiles"])
@pytest.mark.parametrize("change", [1.05, np.nan])
@pytest.mark.parametrize("case", ["w1", "streaming"])
def test_wrong_figures_fail(case, name, change):
    figures = figures_of(case)
    figures[name] = (np.array(figures[name]) * change).tolist()
    with pytest.raises(AssertionError):
        cases()[case].check(figures, DRAWS, 0.0)


@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_end_of_an_interval_fails(place):
    figures = figures_of("w1")
    for ends in figures["interval"]:
        ends[place] = ends[place] * 1.1 + 5.0
    with pytest.raises(AssertionError):
        cases()["w1"].check(figures, DRAWS, 0.0)


def test_wrong_indices_fail():
    case = cases()["w2"]
    stored_figures = np.array(json.loads(case_file("w2").read_text())["figures"])
    figures = {kind: stored_figures[:, k].tolist() for k, kind in enumerate(("first", "total"))}
    case.check(figures, case.draws[0], 0.0)
    figures["total"][1][0] += 0.05
    with pytest.raises(AssertionError):
        case.check(figures, case.draws[0], 0.0)


def case_file(name):
    from benchmarks.cases._case import REFERENCES

    return REFERENCES / f"{name}.json"


def test_wrong_laws_fail():
    case = cases()["laws"]
    case.check({"poisson": [12.0, 12**0.5, 7.0, 12.0, 18.0]}, 10**4, 0.0)
    for wrong in ([12.3, 12**0.5, 7.0, 12.0, 18.0], [12.0, 3.7, 7.0, 12.0, 18.0], [12.0, 12**0.5, 7.0, 13.0, 18.0]):
        with pytest.raises(AssertionError):
            case.check({"poisson": wrong}, 10**4, 0.0)


def test_wrong_summaries_fail():
    case, draws = cases()["summaries"], 1000
    figures = {**summarize(rows(3, draws)), "seed": 3}
    case.check(figures, draws, 0.0)
    figures["interval"][4][1] *= 1.0001
    with pytest.raises(AssertionError):
        case.check(figures, draws, 0.0)


def test_wrong_files_fail():
    cases()["exports"].check({"netcdf": [1e9, 1e9]}, DRAWS, 0.0)
    with pytest.raises(AssertionError):
        cases()["exports"].check({"netcdf": [1e9, 1e9 + 1]}, DRAWS, 0.0)


def test_a_table_says_who_is_faster_and_who_is_left_out():
    quick = row_of("Quick", seconds=0.5, ratio=0.5, ratios=[0.4, 0.5, 0.6], precision="float32")
    text = section(cases()["w1"], found_of(row_of("mcdemand"), quick))
    assert "| Quick (1.0, 2 processors, float32) | 0.5 | 0.5 (0.4 to 0.6) |" in text
    assert "Faster than mcdemand: Quick." in text
    assert "Left out: Other (no draws)." in text


def test_phases_have_a_table_of_their_own():
    quick = row_of("Quick", phases={"beta": 0.2}, phase_ratios={"beta": 0.4})
    ours = row_of("mcdemand", phases={"beta": 0.5, "gamma": 1.0}, phase_ratios={"beta": 1.0, "gamma": 1.0})
    text = section(cases()["laws"], found_of(ours, quick))
    assert "| beta | 500 | 200, 0.4 times |" in text
    assert "| gamma | 1,000 |  |" in text
    assert "Quick (beta)" in text


def test_numbers_have_three_digits():
    assert [number(value) for value in (0.091234, 3.4251, 1234.5)] == ["0.0912", "3.43", "1,230"]


def test_the_pages_show_the_kept_results():
    for page in (PAGE, README):
        assert updated(page.read_text(encoding="utf-8")) == page.read_text(encoding="utf-8")
    assert "<!-- peers -->" in README.read_text(encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    for name, case in cases().items():
        assert f"<!-- {name} -->" in text
        assert stored(case) is None or stored(case)["case"] == name


def test_a_case_can_be_run(capsys, monkeypatch):
    # Without mcdemand's programs, which would compile for half a minute; `python -m benchmarks smoke` runs all.
    numpys = [Program(peers()["numpy"], "summaries", variant) for variant in peers()["numpy"].programs["summaries"]]
    monkeypatch.setattr("benchmarks.measuring.programs_of", lambda *_: numpys)
    monkeypatch.setattr("benchmarks.measuring.os.sched_setaffinity", lambda *_: None)
    run(["--cases", "summaries", "--draws", "1000"])
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| NumPy, ")]
    assert len(table) == len(numpys)
