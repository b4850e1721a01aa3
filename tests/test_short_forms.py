"""Short forms of rows: what they mean, where they are wrong, and that no text can do more than be refused."""

import math
import random
import time

import pytest

from mcdemand.errors import InputError, PriorSetError
from mcdemand.model import Model
from mcdemand.prior_set import load_prior_set
from mcdemand.row_writing import shorten_row, write_short_form
from mcdemand.short_forms import LONGEST, read_number, read_short_form
from mcdemand.simulation import simulate

SEED = 20261129
STRINGS, SECONDS = 10_000, 3.0
ALPHABET = [
    "60",
    "to",
    "/",
    "(",
    ")",
    "[",
    "]",
    "%",
    "normal",
    "beta",
    "=",
    ",",
    ".",
    "-",
    "+",
    "e",
    "_",
    "k",
    "M",
    " ",
]
STRANGE = [
    '"',
    "'",
    "\\",
    "\x00",
    "\n",
    "\u202e",
    "é",
    "٣",
    "__import__",
    "${",
    "{",
    "}",
    ":",
    ";",
    "#",
    "inf",
    "nan",
    "1e9",
]


def law(text):
    row = read_short_form(text)
    assert row.pop("unit") == "unstated"
    return row.pop("distribution"), row


@pytest.mark.parametrize(
    ("text", "family", "keys"),
    [
        ("60 to 300", "lognormal", {"p5": 60, "p95": 300}),
        ("-1 to 5", "normal", {"p5": -1, "p95": 5}),
        ("0 to 5", "normal", {"p5": 0, "p95": 5}),
        ("0.4 to 0.9 (80 %)", "lognormal", {"p10": 0.4, "p90": 0.9}),
        ("0.4 to 0.9 (0.95)", "lognormal", {"p2.5": 0.4, "p97.5": 0.9}),
        ("1 to 2 (99.9%)", "lognormal", {"p0.05": 1, "p99.95": 2}),
        ("60 / 120 / 300", "two_piece_lognormal", {"p5": 60, "p50": 120, "p95": 300}),
        ("60/120/300 (50 %)", "two_piece_lognormal", {"p25": 60, "p50": 120, "p75": 300}),
        ("-60 / 0 / 300", "metalog", {"p5": -60, "p50": 0, "p95": 300}),
        ("normal(0.9, 0.35)", "normal", {"mu": 0.9, "sigma": 0.35}),
        ("normal (sigma = 0.35, mu = -1)", "normal", {"sigma": 0.35, "mu": -1}),
        ("beta(2, 5, lower=0, upper=3)", "beta", {"alpha": 2, "beta": 5, "lower": 0, "upper": 3}),
        ("beta(2, 5, -1, 3)", "beta", {"alpha": 2, "beta": 5, "lower": -1, "upper": 3}),
        ("lognormal(p5=1, p95=3)", "lognormal", {"p5": 1, "p95": 3}),
        ("two_piece_lognormal(7, 1, 2)", "two_piece_lognormal", {"median": 7, "sigma_lower": 1, "sigma_upper": 2}),
        ("categorical([a, 'b c'], [0.2, 0.8])", "categorical", {"categories": ["a", "b c"], "weights": [0.2, 0.8]}),
        ("4", "constant", {"value": 4}),
        ("  - 4e-3 ", "constant", {"value": -0.004}),
        ("5 % to 20 %", "lognormal", {"p5": 0.05, "p95": 0.2}),
        ("2k to 3M", "lognormal", {"p5": 2e3, "p95": 3e6}),
        ("1.5B to 2T", "lognormal", {"p5": 1.5e9, "p95": 2e12}),
        ("1_000 to 20_000.5", "lognormal", {"p5": 1000, "p95": 20000.5}),
        (".5to.7", "lognormal", {"p5": 0.5, "p95": 0.7}),
    ],
)
def test_what_a_form_means(text, family, keys):
    assert law(text) == (family, keys)


@pytest.mark.parametrize(("text", "value"), [("0.1 %", 0.001), ("7 %", 0.07), ("4.35k", 4350.0), ("1.1M", 1.1e6)])
def test_percent_and_suffixes_give_the_nearest_double(text, value):
    assert read_number(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("60 too 300", "\"60 too 300\": after '60' expected 'to', '/' or the end"),
        ("", '"": expected a number or the name of a family'),
        ("60 to", "after '60 to' expected the upper end"),
        ("60 / 120", "after '60 / 120' expected '/' and the upper quantile"),
        ("60 to 300 TWh", "after '60 to 300' expected a unit in brackets, such as [TWh], or the end"),
        ("60 to 300TWh", "a unit in brackets"),
        ("60 to 300 [TWh] x", "after '60 to 300 [TWh]' expected the end"),
        ("60 to 300 [TWh", "expected a unit between [ and ]"),
        ("60 to 300 []", "a unit has 1 to 64 characters"),
        ("60-300", "after '60' expected 'to'"),
        ("2 k to 3 k", "join k to the number"),
        ("1,5 to 3", "write a decimal point"),
        ("1e3k", "after '1e3' expected"),
        ("5 to 20 %", "write all numbers in per cent, or none"),
        ("300 to 60", "the numbers must rise"),
        ("1 / 1 / 2", "the numbers must rise"),
        ("1 to 2 (80)", "(80): write 80 % or 0.8"),
        ("1 to 2 (100 %)", "between 0 and 100 %"),
        ("1 to 2 (-5 %)", "between 0 and 100 %"),
        ("1 to 2 (99.99999999 %)", "must leave something outside"),
        ("1e400", "too large"),
        ("1e99999", "after '1' expected"),
        ("inf", "expected a number"),
        ("nrmal(0, 1)", "'nrmal': unknown; did you mean 'normal'?"),
        ("normal(0, 1", "after 'normal(0, 1' expected ',' or ')'"),
        ("normal(0 1)", "after 'normal(0' expected ',' or ')'"),
        ("normal(0, 1, 2)", "a parameter of normal by its key"),
        ("normal(sigma=1, 2)", "a parameter of normal by its key"),
        ("normal(mu=1, mu=2)", "mu: stated twice"),
        ("normal(0, 1, unit=3)", "unit: is no parameter"),
        ("normal(__import__('os'), 1)", "expected ',' or ')'"),
        ("1 to 2 to 3", "after '1 to 2' expected"),
        ("a\x1b[31m", '"a\\x1b[31m": expected'),
        ("9" * (LONGEST + 1), f"at most {LONGEST} characters"),
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_is_wrong_is_shown_at_its_place(text, message):
    with pytest.raises(InputError) as error:
        read_short_form(text)
    assert message in str(error.value)
    assert str(error.value).isprintable()


def test_a_set_of_short_forms_has_the_laws_of_its_tables():
    short = {
        "a": "60 to 300",
        "b": "normal(0.9, 0.35) [TWh]",
        "c": 4,
        "d": {"short": "1/2/7", "unit": "GW", "note": "n"},
    }
    tables = {
        "a": {"distribution": "lognormal", "p5": 60, "p95": 300},
        "b": {"distribution": "normal", "mu": 0.9, "sigma": 0.35},
        "c": {"distribution": "constant", "value": 4},
        "d": {"distribution": "two_piece_lognormal", "p5": 1, "p50": 2, "p95": 7},
    }
    one, other = (load_prior_set({"parameters": rows}).parameters for rows in (short, tables))
    assert {name: prior.drawn_law for name, prior in one.items()} == {n: p.drawn_law for n, p in other.items()}
    assert [one[name].unit for name in "abcd"] == ["unstated", "TWh", "unstated", "GW"]
    assert one["d"].note == "n"


def test_every_wrong_form_has_a_line_with_its_parameter():
    with pytest.raises(PriorSetError) as error:
        load_prior_set({"parameters": {"a": "60 too 300", "b": "1 to 2", "c": "", "d": {"short": "1", "value": 2}}})
    assert [line.split(": ")[:2] for line in error.value.problems] == [["mapping", f"parameters.{n}"] for n in "acd"]
    assert error.value.problems[0] == "mapping: parameters.a: \"60 too 300\": after '60' expected 'to', '/' or the end"


def test_an_override_may_be_a_short_form():
    rows = {"a": {"distribution": "constant", "value": 1, "unit": "TWh", "source": "s"}}
    changed = load_prior_set({"parameters": rows}, set={"a": "2 to 3"}).parameters["a"]
    assert (changed.stated, changed.unit, changed.source) == ({"p5": 2.0, "p95": 3.0}, "TWh", "s")
    assert load_prior_set({"parameters": rows}, set={"a": "2 to 3 [GW]"}).parameters["a"].unit == "GW"
    with pytest.raises(InputError, match=r"set: parameters\.a: .*after '2'"):
        load_prior_set({"parameters": rows}, set={"a": "2 too 3"})


def test_an_unstated_unit_is_the_models_and_a_stated_one_is_checked():
    from mcdemand.units import TWh

    def demand(energy: TWh) -> TWh:
        return energy * 2

    model = Model.from_functions([demand])
    result = simulate({"parameters": {"energy": "50 to 60"}}, model=model, draws=16, chains=1)
    assert result["prior"]["energy"].attrs["units"] == "TWh"
    with pytest.raises(InputError, match=r"parameters\.energy\.unit: 'GW': the model takes 'TWh'"):
        simulate({"parameters": {"energy": "50 to 60 [GW]"}}, model=model, draws=16, chains=1)


@pytest.mark.parametrize(
    "text",
    [
        "60 to 300 [TWh]",
        "0.4 to 0.9 (80 %)",
        "60 / 120 / 300 [1]",
        "beta(2, 5, lower=0.5, upper=3) [1]",
        "lognormal(p1=1, p95=3)",
        "categorical([a, b], [0.25, 0.75])",
        "1e-05 [1/yr]",
        "123456789.125",
    ],
)
def test_a_written_form_reads_back(text):
    row = read_short_form(text)
    written = write_short_form(row)
    assert written is not None
    assert read_short_form(written) == row


def test_what_a_short_form_cannot_hold_stays_in_the_table():
    row = {"distribution": "normal", "mu": 0.5, "sigma": 1, "unit": "1"}
    assert shorten_row(row) == "normal(0.5, 1) [1]"
    more = {"source": "s", "truncation": {"lower": 0}, "varies": {"kind": "independent"}}
    assert shorten_row({**row, **more}) == {"short": "normal(0.5, 1) [1]", **more}
    nested = {"distribution": "mixture", "weights": [0.5, 0.5], "components": [{"distribution": "normal"}], "unit": "1"}
    assert shorten_row(nested) == nested
    assert shorten_row({**row, "unit": "a]"}) == {**row, "unit": "a]"}


def test_random_text_is_read_or_refused_quickly():
    dice = random.Random(SEED)
    texts = ["".join(dice.choices(ALPHABET + STRANGE, k=dice.randint(0, 12))) for _ in range(STRINGS)]
    texts += [
        piece * (LONGEST // len(piece)) for piece in (*ALPHABET, *STRANGE, "1_", "[1", "normal(", "(80 %)", "1 to ")
    ]
    start = time.process_time()
    found = [outcome(text) for text in texts]
    assert time.process_time() - start < SECONDS
    rows = [row for row in found if isinstance(row, dict)]
    assert all("\n" not in refused for refused in found if isinstance(refused, str))
    assert all(math.isfinite(value) for row in rows for value in row.values() if isinstance(value, float))
    assert len(rows) > STRINGS / 200


def outcome(text):
    """Return the row of a text, or why it is refused."""
    try:
        return read_short_form(text)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("60 TO 300", "60 to 300"),
        ("60 To 300", "60 to 300"),
        ("\u22125 to 5", "-5 to 5"),
        ("1e\u22123 to 5", "1e-3 to 5"),
        ("normal(\u22121, 2)", "normal(-1, 2)"),
    ],
)
def test_case_and_a_typeset_minus_do_not_matter(text, same):
    assert read_short_form(text) == read_short_form(same)


@pytest.mark.parametrize("text", ["\uff15 to 9", "5 to \u0669", "60 to 300 (\uff18\uff10 %)", "1_\uff10 to 20"])
def test_digits_of_other_scripts_are_refused(text):
    with pytest.raises(InputError, match="expected"):
        read_short_form(text)
