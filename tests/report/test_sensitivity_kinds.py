from hand_made_sensitivity import cells, decision, flowing, printed, reweighted, walked

from mcdemand.report.decision_report import print_decision
from mcdemand.report.waterfall_report import print_waterfall
from mcdemand.report.weighted_report import print_weighted


def test_a_decision_shows_options_and_what_knowing_is_worth() -> None:
    text = printed(decision(), show=print_decision)
    assert "Best now, by expected payoff: wait. Payoffs and values are in GUSD." in text
    assert cells(text, "build ") == ["build", "5.0", "0.1", "4.8–5.2", "30", "10"]
    assert "EVPI, to know everything before choosing: 10.0 GUSD (MCSE 0.1, interval 9.8–10.2)." in flowing(text)
    assert cells(text, "a ")[:2] == ["a", "6.0"]
    assert cells(text, "a ")[-2:] == ["±", "5%"]
    assert "Exactly 0: c." in text
    assert "nan" not in text
    assert text.splitlines()[-1] == "Note: careful"
    assert max(map(len, text.splitlines())) <= 80


def test_a_reweighting_shows_both_intervals_and_what_the_weights_are_worth() -> None:
    text = printed(reweighted(), show=print_weighted)
    assert "Reweighted, without a new run: a p50 8 -> 9." in text
    assert "Weights: Pareto k 0.25, worth 80 of 100 draws; NOT reliable." in text
    row = cells(text, "2035 ")
    assert row == ["2035", "200", "100–400", "240", "120–480", "40", "1", "20,", "80"]
    assert "not reliable: few" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_waterfall_is_told_as_an_attribution_and_by_year() -> None:
    text = printed(walked(), show=print_waterfall)
    assert "From a, 10.0 TWh, to b, 24.0 TWh: a move of 14.0 TWh." in flowing(text)
    assert "--permutations" not in printed(walked(5), show=print_waterfall)
    assert "--option permutations=N lessens" in flowing(printed(walked(5), show=print_waterfall))
    assert cells(text, "row0 ")[:5] == ["row0", "8.0", "0.1", "57.1", "%"]
    assert "over all orders (6)" in flowing(text), "three rows have six orders"
    assert "demand: contribution [TWh] by year" in text
    assert "over sampled orders (16)" in flowing(printed(walked(5), show=print_waterfall))
