"""Decisions as files, mappings and functions: payoffs between and beyond levels, and bad rows refused in one line."""

import warnings
from importlib.resources import files
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand as mc
from mcdemand.decision import Decision, load_decision
from mcdemand.errors import FileError, InputError

EXAMPLE = files("mcdemand") / "examples" / "capacity_decision.toml"
STATED: dict[str, Any] = {"output": "demand", "year": 2030, "unit": "GUSD", "levels": [0, 10, 30]}
OPTIONS: dict[str, Any] = {"build": [-5, 5, 15.5], "wait": [0, 1, 2]}
TEXT = """
[decision]
output = "demand"
year = 2030
unit = "GUSD"
levels = [0, 10, 30]
[options]
build = [-5, 5, 15.5]
wait = [0, 1, 2]
"""


def payoffs(decision: Decision, *values: float) -> np.ndarray:
    return decision.payoffs({"demand": np.array(values, dtype=float)}, len(values))


def test_payoffs_are_straight_lines_between_levels_and_beyond() -> None:
    found = load_decision({"decision": STATED, "options": OPTIONS})
    x = np.array([0.0, 2.5, 10.0, 17.0, 30.0])
    expected = [np.interp(x, [0, 10, 30], OPTIONS[name]) for name in ("build", "wait")]
    assert_allclose(payoffs(found, *x), expected, rtol=1e-14)
    assert_allclose(payoffs(found, -1.0, 32.0), [[-6.0, 16.55], [-0.1, 2.1]], rtol=1e-14)


def test_a_file_and_a_mapping_state_the_same(tmp_path: Path) -> None:
    path = tmp_path / "decision.toml"
    path.write_text(TEXT, encoding="utf-8")
    for source in (path, str(path)):
        read = load_decision(source)
        assert (read.options, read.outputs, read.years, read.unit) == (("build", "wait"), ("demand",), 2030, "GUSD")
        assert read.label == str(path)
        assert read.table is not None
        assert_array_equal(read.table.levels, STATED["levels"])
    mapped = load_decision({"decision": STATED, "options": OPTIONS})
    assert_array_equal(payoffs(read, 3.0, 20.0), payoffs(mapped, 3.0, 20.0))
    assert load_decision(mapped) is mapped


def test_numpy_numbers_and_arrays_are_numbers() -> None:
    stated = STATED | {"levels": np.array([0, 10, 30]), "year": np.int64(2030)}
    found = load_decision({"decision": stated, "options": {"build": np.float32([0, 1, 2]), "wait": (0, 1, 2)}})
    assert_array_equal(*payoffs(found, 3.0, 20.0))


BAD_ROWS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"level": [1]}, {}, "decision.'level': unknown key; did you mean 'levels'"),
    ({"output": ""}, {}, "decision.output: '': must be text of at most 200 characters"),
    ({"unit": 3}, {}, "decision.unit: 3: must be text of at most 64 characters"),
    ({"title": ["x"]}, {}, r"decision.title: \['x'\]: must be text of at most 4000 characters"),
    ({"year": "2030"}, {}, "decision.year: '2030': must be a year, such as 2030"),
    ({"year": True}, {}, "decision.year: True: must be a year, such as 2030"),
    ({"levels": 10}, {}, "decision.levels: 10: must be a list of numbers"),
    ({"levels": "0, 10"}, {}, "decision.levels: '0, 10': must be a list of numbers"),
    ({"levels": [10]}, {}, "decision.levels: 1 of them: must be at least two; state where the payoffs bend"),
    ({"levels": [0, 30, 10]}, {}, "decision.levels: 30, then 10: must rise; sort them and the payoffs with them"),
    ({"levels": [0, 10, 10]}, {}, "decision.levels: 10, then 10: must rise"),
    ({"levels": [0, float("nan"), 1]}, {}, r"decision.levels: nan: must be a number, at most 1e\+100 in size"),
    ({"levels": [0, float("inf"), 1]}, {}, "decision.levels: inf: must be a number"),
    ({"levels": [0, True, 2]}, {}, "decision.levels: True: must be a number"),
    ({"levels": [0, "1", 2]}, {}, "decision.levels: '1': must be a number"),
    ({}, {"wait": [0, 1]}, "options.'wait': 2 payoffs for 3 levels; give one for each level"),
    ({}, {"wait": 1}, "options.'wait': 1: must be a list of numbers"),
    ({}, {"wait": [0, 1, float("nan")]}, "options.'wait': nan: must be a number"),
    ({}, {"wait": [0, 1, -(10**101)]}, "options.'wait': -1000.*: must be a number"),
    ({}, {"wait": [0, [1], 2]}, r"options.'wait': \[1\]: must be a number"),
    ({}, {" ": [0, 1, 2]}, "options: ' ': must be text of at most 200 characters"),
    ({}, {"w" * 201: [0, 1, 2]}, "options: 'www.*: must be text of at most 200 characters"),
    ({}, {7: [0, 1, 2]}, "options: 7: must be text of at most 200 characters"),
    ({}, {f"o{k}": [0, 1, 2] for k in range(50)}, "options: 52: must be 2 to 50; state what else could be done"),
]


@pytest.mark.parametrize(("change", "rows", "message"), BAD_ROWS)
def test_bad_rows_are_refused_in_one_line(change: dict[str, Any], rows: dict[Any, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}") as caught:
        load_decision({"decision": STATED | change, "options": OPTIONS | rows})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, r"decision: None: must be a table; write \[decision\]"),
        ({"decision": STATED}, r"options: None: must be a table; write \[options\]"),
        ({"decision": [STATED], "options": OPTIONS}, "decision: .*: must be a table"),
        ({"decision": STATED, "options": OPTIONS, "option": {}}, "'option': unknown key; did you mean 'options'"),
        ({"decision": STATED, "options": {"wait": [0, 1, 2]}}, "options: 1: must be 2 to 50"),
        ({"decision": {"output": "a", "unit": "b"}, "options": OPTIONS}, "decision.levels: missing; a decision needs "),
    ],
)
def test_what_is_no_decision_is_refused(content: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        load_decision(content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("levels", "level"), "decision.'level': unknown key"),
        (TEXT.replace("15.5", "nan"), "options.'build': nan: must be a number"),
        (TEXT.replace("15.5]", ""), "not TOML: "),
        (TEXT + "build = [1, 2, 3]\n", "not TOML: "),
        ("x = " + "[" * 5000, "nested deeper than 20; flatten it"),
        ("x = 1" + "0" * 5000, "a key or a number of more than 200 characters; shorten it"),
        ("a." * 5000 + "b = 1", "a key of more than 20 parts; shorten it"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_decision(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_what_is_no_text_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"bytes\.toml: not TOML: "):
        load_decision(path)
    for missing in (tmp_path / "none.toml", tmp_path, "x" * 5000, "a\0b"):
        with pytest.raises(FileError, match="no such file; give the path of a decision's TOML file"):
            load_decision(missing)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "decision: None: is none; give a path, a mapping or a Decision"),
        (3, "decision: 3: is none; give a path"),
        (lambda option: option, "decision: <function .*: is none; wrap a function in Decision.from_function"),
    ],
)
def test_what_states_no_decision_is_refused(source: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_decision(source)


def build(change: dict[str, Any]) -> Decision:
    request = {"options": ["a", "b"], "payoff": lambda *_: 0.0, "unit": "USD", "outputs": "demand"} | change
    return Decision.from_function(request.pop("options"), request.pop("payoff"), **request)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"payoff": 3}, "payoff: 3: must be a function of an option and the draws"),
        ({"options": ["a"]}, "options: 1: must be 2 to 50"),
        ({"options": ["a", "a"]}, "options: two have one name; give each a name of its own"),
        ({"options": "ab"}, "options: 'ab': must be a list that is not empty"),
        ({"options": None}, "options: None: must be a list"),
        ({"unit": ""}, "unit: '': must be text"),
        ({"outputs": []}, r"outputs: \[\]: must be a list that is not empty"),
        ({"outputs": [3]}, "outputs: 3: must be text"),
        ({"years": 2030.5}, "years: 2030.5: must be a year"),
        ({"years": "2030"}, "years: '2030': must be a list that is not empty"),
        ({"years": [2030, None]}, "years: None: must be a year"),
        ({"years": True}, "years: True: must be a year"),
        ({"title": 3}, "title: 3: must be text"),
    ],
)
def test_a_function_is_checked(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        build(change)


@pytest.mark.parametrize(
    ("payoff", "message"),
    [
        (lambda *_: np.zeros(3), r"payoff: 'a': shape \(3,\); must be a number for each of 4 draws"),
        (lambda *_: np.zeros((1, 4)), r"payoff: 'a': shape \(1, 4\); must be a number for each of 4 draws"),
        (lambda *_: [0, 1, np.nan, 3], "payoff: 'a': not finite at some draws; must be a number at every draw"),
        (lambda *_: None, "payoff: 'a': "),
        (lambda *_: "much", "payoff: 'a': no array of numbers: "),
        (lambda *_: 1j, "payoff: 'a': no array of numbers: "),
    ],
)
def test_what_a_function_returns_is_checked(payoff: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        build({"payoff": payoff}).payoffs({"demand": np.zeros(4)}, 4)


def test_a_function_may_return_a_number_or_an_array() -> None:
    found = build({"payoff": lambda option, draws: 2 * draws["demand"] if option == "a" else 3})
    assert_array_equal(payoffs(found, 1.0, 2.0), [[2.0, 4.0], [3.0, 3.0]])
    assert found.table is None
    assert [build({"years": years}).years for years in (None, 2030, [2030], range(2030, 2032))] == [
        None,
        2030,
        (2030,),
        (2030, 2031),
    ]


def test_numbers_at_the_limits_raise_no_warnings() -> None:
    stated = STATED | {"levels": [-1e100, 0, 1e-300]}
    table = load_decision({"decision": stated, "options": {"a": [1e100, -1e100, 1e100], "b": [0, 0, 0]}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(table.payoff("b", {"demand": np.array([-1e100, 0.0, 1.0])}), 0.0)
        with pytest.raises(InputError, match="payoff: 'a': not finite at some draws"):
            payoffs(table, 1.0)


def test_the_shipped_decision_pays_what_its_comment_says() -> None:
    decision = load_decision(Path(str(EXAMPLE)))
    x = np.array([10.0, 33.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 1000.0, 3000.0])
    for option, built in zip(decision.options, (0, 50, 100, 200), strict=True):
        used, idle, missing = np.minimum(x, built), np.maximum(built - x, 0), np.maximum(np.minimum(x, 400) - built, 0)
        found = decision.payoff(option, {"capacity_needed": x})
        assert_allclose(found, 20 * used - 28 * idle + 6 * missing, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="simulates the shipped model too often")
def test_the_shipped_decision_fits_the_shipped_priors() -> None:
    result = mc.simulate("consensus", years=[2030], draws=4096)
    found = mc.value_of_information(result, str(EXAMPLE))
    decision = load_decision(str(EXAMPLE))
    assert decision.table is not None
    needed = result["prior_predictive"]["capacity_needed"].values
    low, high = np.quantile(needed, [0.01, 0.99])
    assert decision.table.levels[0] <= low < high <= decision.table.levels[-1]
    assert found.attrs["best_option"] not in {decision.options[0], decision.options[-1]}
    assert 0 < found["evppi"].values[0] < found["evpi"]
    assert np.all(found["probability_best"] > 0.05)
