import pytest

from mcdemand import InputError
from mcdemand.commands import arguments


@pytest.mark.parametrize(("text", "count"), [("1e6", 10**6), ("1_000_000", 10**6), ("16384", 16384), ("2.5e3", 2500)])
def test_counts(text: str, count: int) -> None:
    assert arguments.parse_count("--draws", text) == count


@pytest.mark.parametrize("text", ["1.5", "many", "inf", "nan", "", "1e-3", "0x10"])
def test_no_counts(text: str) -> None:
    with pytest.raises(InputError, match="--draws"):
        arguments.parse_count("--draws", text)


def test_years_names_and_overrides() -> None:
    assert arguments.parse_years("2025, 2030") == (2025, 2030)
    assert arguments.parse_years("2025:2028,2035") == (2025, 2026, 2027, 2028, 2035)
    assert arguments.parse_names(["a,b", "c", "a"]) == ("a", "b", "c")
    assert arguments.parse_names(None) is None
    assert arguments.parse_overrides(["a.b=[1, 2]", "c='x=y'", "d=1e3"]) == {"a.b": [1, 2], "c": "x=y", "d": 1000.0}
    assert arguments.parse_thresholds(["CAP=3", "cap=4", "e=-1e3"], ["cap", "e"]) == {"cap": [3, 4], "e": [-1000]}


@pytest.mark.parametrize("text", ["a=1\nb=2", "a", "=3", "a=", "a=ten", "a=" + "[" * 10_000])
def test_overrides_are_one_value(text: str) -> None:
    with pytest.raises(InputError, match="--set"):
        arguments.parse_overrides([text])


def test_weights_of_a_pool() -> None:
    assert arguments.parse_weights(["consensus=0.5, liftoff=.3", "a=b.toml=0.2"]) == {
        "consensus": 0.5, "liftoff": 0.3, "a=b.toml": 0.2,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["consensus", "=0.5", "consensus=", "consensus=half", "consensus=nan", "a=0.5,a=0.5"])
def test_weights_are_numbers_by_set(text: str) -> None:
    with pytest.raises(InputError, match="--pool"):
        arguments.parse_weights([text])


def test_a_precision_for_all_or_by_output() -> None:
    assert arguments.parse_precision(["1%"]) == "1%"
    assert arguments.parse_precision(["energy=1%,capacity=5", "capex = 2 %"]) == {
        "energy": "1%", "capacity": "5", "capex": "2 %",
    }  # fmt: skip


@pytest.mark.parametrize("texts", [["1%", "2%"], ["a=1%", "2%"], ["a=1%", "a=2%"], ["a="]])
def test_precisions_that_contradict_each_other(texts: list[str]) -> None:
    with pytest.raises(InputError, match="--precision"):
        arguments.parse_precision(texts)


@pytest.mark.parametrize(
    ("texts", "budget"),
    [
        (["60s"], {"seconds": 60.0}),
        (["1.5 min"], {"seconds": 90.0}),
        (["2h", "1e7"], {"seconds": 7200.0, "draws": 10**7}),
        ([], {}),
    ],
)
def test_budgets(texts: list[str], budget: dict[str, float]) -> None:
    assert arguments.parse_budget(texts) == budget


@pytest.mark.parametrize("text", ["soon", "1.2.3s", "5 days", "0.5"])
def test_no_budgets(text: str) -> None:
    with pytest.raises(InputError, match="--budget"):
        arguments.parse_budget([text])
