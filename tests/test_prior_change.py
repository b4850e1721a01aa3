import pytest

from mcdemand import load_prior_set
from mcdemand.prior_change import describe_change

NORMAL = {"distribution": "normal", "mu": 0, "sigma": 1}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({**NORMAL, "mu": 2.5}, "mu 0 -> 2.5"),
        ({**NORMAL, "truncation": {"lower": -1}}, "truncation none -> [-1, inf]"),
        ({**NORMAL, "varies": {"kind": "ar1", "persistence": 0.5}}, "varies none -> ar1 0.5"),
        ({"distribution": "constant", "value": 3}, "normal(mu 0, sigma 1) -> constant 3"),
        ({"distribution": "normal", "p5": -1, "p95": 1}, "mu 0 -> none, sigma 1 -> none, p5 none -> -1, p95 none -> 1"),
    ],
)
def test_a_change_in_words(after: dict[str, object], words: str) -> None:
    sets = [load_prior_set({"parameters": {"x": row}}) for row in (NORMAL, after)]
    assert describe_change("x", *sets) == words
    assert len({str(one.parameters["x"].drawn_law) for one in sets}) == 2


def test_what_a_row_says_of_itself_changes_nothing() -> None:
    rows = [{**NORMAL, "source": text, "note": text} for text in ("here", "there")]
    one, other = (load_prior_set({"parameters": {"x": row}}).parameters["x"].drawn_law for row in rows)
    assert one == other
