"""`mcdemand selftest`: a table of figures, and a code that says whether they agree."""

from dataclasses import replace

import numba
import pytest

from mcdemand.selftest import replay
from mcdemand.selftest.indices import INDICES, MANY
from mcdemand.selftest.problems import FIGURES, PARAMETERS, functions

INTERPRETED = bool(numba.config.DISABLE_JIT)
DRAWS = "1000" if INTERPRETED else "20_000"
CHEAPEST = tuple(figure for figure in INDICES if figure.problem == 14)


def test_every_figure_agrees(command, monkeypatch):
    indices = CHEAPEST if INTERPRETED else INDICES
    monkeypatch.setattr(replay, "INDICES", indices)
    count = len(FIGURES) + len(indices)
    done = command("selftest", "--draws", DRAWS)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert sum(line.endswith("PASS") for line in map(str.rstrip, lines)) == count
    assert max(map(len, lines)) <= 80
    assert f"{count} of {count} figures agree." in done.out
    assert "Left out: 4 " in done.out


def test_a_figure_that_differs_ends_with_code_3(command, monkeypatch):
    off = replace(FIGURES[0], exact=FIGURES[0].exact + 12 * FIGURES[0].spread / int(DRAWS) ** 0.5)
    monkeypatch.setattr(replay, "FIGURES", (off,))
    monkeypatch.setattr(replay, "INDICES", ())
    done = command("selftest", "--draws", DRAWS)
    done.assert_mistake(3, "selftest: 1 figures differ")
    assert sum(line.rstrip().endswith("DIFF") for line in done.out.splitlines()) == 1


@pytest.mark.skipif(INTERPRETED, reason="65,536 draws of seven studies are too many for an interpreter")
def test_indices_agree_at_the_draws_of_a_usual_run(monkeypatch):
    monkeypatch.setattr(replay, "_replay_figures", lambda *_: iter(()))
    answers = replay.replay_all(MANY)
    assert [answer.draws for answer in answers] == [MANY] * len(INDICES)
    assert [answer.figure for answer in answers if not answer.passes] == []
    assert sum(abs(answer.error) <= 2 for answer in answers) >= 0.8 * len(INDICES)


@pytest.mark.parametrize(("draws", "column"), [(2**13, 0), (2**16, 1)])
def test_an_index_has_the_error_that_was_measured(draws, column):
    figure = INDICES[0]
    assert figure.spread * draws**-figure.rate == pytest.approx((1.16e-2, 2.85e-3)[column])


def test_indices_of_a_linear_output_sum_to_one():
    for statistic in ("first_order", "total_order"):
        parts = [figure.exact for figure in INDICES if figure.problem == 14 and figure.statistic == statistic]
        assert sum(parts) == pytest.approx(1, abs=1e-8)


def test_too_few_draws_are_refused(command):
    command("selftest", "--draws", "10").assert_mistake(2, "--draws: 10: at least 1000")


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_parameter_is_used(name):
    assert any(name in function.__code__.co_varnames for function in functions())


def test_every_quantity_is_compared():
    named = {function.__name__ for function in functions()}
    assert {figure.output for figure in FIGURES} == named - {"initial_log_growth"}
