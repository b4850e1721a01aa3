import io
import math

import pytest
from rich.console import Console
from scipy import stats

from mcdemand import load_prior_set
from mcdemand.prior import Prior
from mcdemand.report.family_listing import print_families
from mcdemand.report.prior_listing import describe, histogram, print_priors, print_sets
from mcdemand.report.text import BLOCKS


def prior(**row: object) -> Prior:
    return load_prior_set({"parameters": {"x": row}}).parameters["x"]


def printed(show: object, *arguments: object) -> str:
    file = io.StringIO()
    show(Console(file=file, width=80, markup=False, highlight=False), *arguments)
    return file.getvalue()


def test_shipped_sets_are_listed_with_what_they_extend() -> None:
    lines = printed(print_sets).splitlines()
    assert any(line.split()[:3] == ["seed-low", "1", "seed"] for line in lines)
    assert any(line.split()[:3] == ["consensus", "54", "-"] for line in lines)


def test_stated_and_resulting_quantiles_of_a_truncated_law() -> None:
    lines = list(describe(prior(distribution="normal", mu=0, sigma=1, truncation={"lower": 0})))
    # Above 0 the standard normal's quantile at p is the whole law's at (1 + p) / 2.
    expected = [f"p{100 * p:g} {stats.norm.ppf((1 + p) / 2):.4g}" for p in (0.05, 0.5, 0.95)]
    assert all(part in lines[0] for part in expected)
    assert "truncated to [0, inf]" in lines[1]


def test_a_truncation_that_moves_stated_quantiles_is_said() -> None:
    row = {"distribution": "lognormal", "p5": 1, "p95": 9, "truncation": {"upper": 9}}
    (line,) = [line for line in describe(prior(**row)) if line.startswith("resulting")]
    sigma = math.log(9) / (2 * stats.norm.ppf(0.95))
    law = stats.lognorm(sigma, scale=3)
    assert line == f"resulting: p5 {law.ppf(0.05 * 0.95):.6g}, not 1; p95 {law.ppf(0.95 * 0.95):.6g}, not 9 as stated"
    assert not any(line.startswith("resulting") for line in describe(prior(distribution="lognormal", p5=1, p95=9)))


@pytest.mark.parametrize(
    ("row", "rises"),
    [
        ({"distribution": "triangular", "lower": 0, "mode": 1, "upper": 1}, True),
        ({"distribution": "triangular", "lower": 0, "mode": 0, "upper": 1}, False),
    ],
)
def test_histogram_has_the_shape_of_the_density(row: dict[str, object], rises: bool) -> None:
    heights = [BLOCKS.index(block) for block in histogram(prior(**row))]
    assert heights == sorted(heights, reverse=not rises)
    assert (heights[0], heights[-1]) == ((0, 7) if rises else (7, 0))


def test_uniform_is_flat_and_categories_are_weights() -> None:
    assert set(histogram(prior(distribution="uniform", lower=0, upper=1))) == {BLOCKS[-1]}
    weights = prior(distribution="categorical", categories=["a", "b", "c"], weights=[0.5, 0.5, 0.0])
    assert histogram(weights) == BLOCKS[-1] * 2 + BLOCKS[0]
    assert "p50" not in next(describe(weights))


def test_every_parameter_stands_in_the_order_of_the_file_with_unit_and_source() -> None:
    priors = load_prior_set("seed")
    text = printed(print_priors, priors)
    places = [text.index(f"\n{name} [{priors.parameters[name].unit}]") for name in priors.document["parameters"]]
    assert places == sorted(places)
    assert text.count("source: ") >= len(priors.parameters)
    assert text.rstrip().endswith("No correlations.")
    assert "request_growth and request_ceiling: rank 0.3 (latent 0.3129)" in printed(
        print_priors, load_prior_set("consensus")
    )


def test_families_say_what_states_them() -> None:
    file = io.StringIO()
    print_families(Console(file=file, width=200))
    lines = {line.split()[0]: " ".join(line.split()) for line in file.getvalue().splitlines() if line.strip()}
    assert "scipy:gamma: a, [loc], [scale]" in lines["scipy:NAME"]
    assert "one of theta, kendall, rank; [survival] " in lines["clayton"]
    assert "members only" in lines["independence"]
    assert "degrees_of_freedom; one of correlations, rank, kendall, latent " in file.getvalue()
    assert "hazard, [add], [multiply], [switch]" in lines["event"]
