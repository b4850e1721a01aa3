import re

from hand_made_sensitivity import LONG, analysis, flowing, printed, shares, three

from mcdemand.report.sensitivity_words import WORDS
from mcdemand.sensitivity import methods


def test_shares_are_sorted_by_value_and_signed_numbers_by_size() -> None:
    values = three([0.5, -0.015, 0.012, 0.3])
    text = printed(analysis({"first_order": values}, errors={"first_order": three([0.001] * 4)}, years=(2030,)))
    assert [line.split()[0] for line in text.splitlines() if line.startswith("p")][1:] == ["p0", "p3", "p2", "p1"]
    assert "A share below 0 is noise within its error" in text
    signed = printed(analysis({"src": three([0.1, -0.4])}, what="coefficient", years=(2030,)))
    assert [line.split()[0] for line in signed.splitlines() if line.startswith("p")][1:] == ["p1", "p0"]
    assert "below 0" not in signed


def test_every_index_of_four_has_its_error() -> None:
    names = ("full_first_order", "full_total_order", "independent_first_order", "independent_total_order")
    found = analysis({name: shares(3) for name in names}, names=LONG[:3], years=(2023, 2024, 2025))
    text = printed(found)
    assert sum(line.count("MCSE") for line in text.splitlines() if line.startswith("parameter")) == 4
    assert len(re.findall(f"^{LONG[0]} ", text, re.MULTILINE)) == 3, "two tables, and that by year"
    for name in names:
        assert f"{name}: {WORDS[name].meaning}." in flowing(text)


def test_what_the_logarithm_means_is_said_once() -> None:
    found = analysis({"shapley_effect": shares(3, outputs=2)}, outputs=("one", "two"), scale="log")
    text = flowing(printed(found, ["one", "two"]))
    assert text.count("On the logarithm of the output: shares of its relative spread, not of its spread in TWh.") == 1
    assert "relative spread" not in flowing(printed(analysis({"shapley_effect": shares(3)})))
    moves = analysis({"mu_star": shares(3)}, what="effect", scale="log", index_unit="output")
    assert "moves are relative, 0.1 is about 10 %, and not in TWh" in flowing(printed(moves))


def test_a_screening_counts_its_runs_only() -> None:
    text = printed(analysis({"mu_star": shares(3)}, what="effect", method="morris", evaluations=1280))
    assert "Prior set mine: 1,280 runs of the model, seed 7." in text
    assert "draws" not in text


def test_every_index_has_words() -> None:
    known = {name for method in methods().values() for name in method.indices}
    assert known == {*WORDS}
    for words in WORDS.values():
        assert words.label
        assert not words.meaning.endswith(".")
