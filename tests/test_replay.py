from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import mcdemand as mc
from mcdemand.draw_choice import choose_draw
from mcdemand.prior_pool import pool_prior_sets
from mcdemand.replay import prior_level, replay_draw
from mcdemand.schema import Row

YEARS = [2025, 2026, 2027]
PRIORS = {
    "prior_set": {"name": "own", "years": {"start": 2025, "stop": 2027}},
    "parameters": {
        "start": {"distribution": "lognormal", "mu": 1.0, "sigma": 0.5},
        "growth": {"distribution": "normal", "mu": 0.2, "sigma": 0.1},
        "shape": {"distribution": "categorical", "categories": ["flat", "steep"], "weights": [0.25, 0.75]},
        "price": {"distribution": "constant", "value": 3.0},
        "noise": {"distribution": "normal", "mu": 1.0, "sigma": 0.2, "varies": {"kind": "ar1", "persistence": 0.5}},
        "drift": {"distribution": "normal", "mu": 0.0, "sigma": 1.0, "varies": {"kind": "random_walk", "step": 0.3}},
    },
    "correlations": [{"between": ["start", "growth"], "latent": 0.6}],
}


def initial_stock(start):
    return start


def stock(previous_stock, growth, shape):
    return previous_stock * (1.0 + growth * (1.0 + shape))


def ahead(next_stock, noise, drift):
    return next_stock * noise + drift


def bill(stock, price):
    return stock * price


def model(*functions):
    return mc.Model.from_functions(functions or (initial_stock, stock, ahead, bill), default_outputs=["bill", "ahead"])


@pytest.fixture(scope="module")
def result() -> xr.DataTree:
    return mc.simulate(PRIORS, model=model(), draws=600, chains=2, design="random", seed=3)


@pytest.mark.parametrize("place", [(0, 0), (0, 255), (1, 256), (1, 299)])
def test_every_quantity_of_a_draw_follows_from_its_parameters(result: xr.DataTree, place: tuple[int, int]) -> None:
    chain, draw = place
    one = replay_draw(result, chain=chain, draw=draw, model=model())
    kept = {name: values.values[chain, draw] for name, values in result["prior"].data_vars.items()}
    factor = 1 + kept["growth"] * (1 + kept["shape"])
    stock = kept["start"] * factor ** np.arange(4)
    quantities = one["prior_predictive"]
    assert_allclose(quantities["stock"], stock[:3], rtol=1e-14)
    assert_allclose(quantities["ahead"], stock[1:] * kept["noise"] + kept["drift"], rtol=1e-14)
    assert_allclose(quantities["bill"], 3.0 * stock[:3], rtol=1e-14)
    assert quantities["stock"].dims == ("year",)
    assert quantities["year"].values.tolist() == YEARS
    assert (int(quantities["chain"]), int(quantities["draw"])) == place
    assert_array_equal(one["prior"]["noise"], kept["noise"])


def test_levels_are_the_laws_own_probabilities(result: xr.DataTree) -> None:
    one = replay_draw(result, chain=1, draw=17, model=model())
    prior, level = one["prior"], one["prior_level"]
    assert_allclose(level["start"], stats.lognorm(0.5, scale=np.e).cdf(prior["start"]), rtol=1e-12)
    assert_allclose(level["growth"], stats.norm(0.2, 0.1).cdf(prior["growth"]), rtol=1e-12)
    assert_allclose(level["noise"], stats.norm(1.0, 0.2).cdf(prior["noise"]), rtol=1e-12)
    assert_allclose(level["drift"], [stats.norm().cdf(prior["drift"][0]), np.nan, np.nan], rtol=1e-12)
    assert np.isnan([level["shape"], level["price"]]).all()


@pytest.mark.parametrize(
    ("law", "oracle", "values"),
    [
        ({"distribution": "beta", "alpha": 2, "beta": 5}, stats.beta(2, 5), [0.01, 0.3, 0.9]),
        ({"distribution": "uniform", "lower": 1, "upper": 3}, stats.uniform(1, 2), [1.0, 1.5, 3.0]),
        (
            {"distribution": "uniform", "lower": 0, "upper": 4, "truncation": {"lower": 1, "upper": 3}},
            stats.uniform(1, 2),
            [1.0, 1.5, 3.0],
        ),
        (
            {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"upper": -1}},
            stats.truncnorm(-np.inf, -1),
            [-4, -2, -1],
        ),
        (
            {"distribution": "normal", "mu": 0, "sigma": 1, "truncation": {"lower": 2, "upper": 6}},
            stats.truncnorm(2, 6),
            [2, 2.5, 5],
        ),
    ],
)
def test_prior_level_is_the_distribution_function(law: dict, oracle: object, values: list[float]) -> None:
    from mcdemand.prior import read_prior

    prior = read_prior("x", Row.model_validate(law))
    assert_allclose([prior_level(prior, x) for x in values], oracle.cdf(values), rtol=1e-9, atol=1e-13)


def test_the_nearest_draw_is_that_of_the_quantile(result: xr.DataTree) -> None:
    values = result["prior_predictive"]["bill"].sel(year=2026).values
    place = choose_draw(result, near="p95", output="bill", year=2026)
    distances = np.abs(values - np.quantile(values, 0.95))
    assert distances[place.chain, place.draw] == distances.min()
    assert (place.value, place.year) == (values[place.chain, place.draw], 2026)
    assert place.below == np.count_nonzero(values < place.value) / 600
    last = choose_draw(result)
    assert (last.output, last.year, last.near) == ("bill", 2027, "p50")
    median = choose_draw(result, near="median")
    assert (median.chain, median.draw) == (last.chain, last.draw)


def test_the_first_of_equally_near_draws_is_taken(result: xr.DataTree) -> None:
    place = choose_draw(result, near="p50", output="price")
    assert (place.chain, place.draw, place.year, place.value) == (0, 0, None, 3.0)


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube"])
def test_a_shipped_set_replays_from_its_file(design: str, tmp_path: Path) -> None:
    stored = mc.simulate("consensus", draws=32, chains=2, design=design, outputs=["energy"], years=[2026])
    file = mc.write_result(stored, tmp_path / "a.nc")
    one = replay_draw(mc.read_result(file), chain=1, draw=9, output="backlog")
    assert one["prior_predictive"]["year"].values.tolist() == [2024, 2025, 2026]
    assert float(one["prior_predictive"]["energy"].sel(year=2026)) == stored["prior_predictive"]["energy"][1, 9, 0]
    quantities = one["prior_predictive"]
    assert_array_equal(quantities["backlog"], quantities["energy"] - quantities["energy_served"])
    assert float(one["prior_level"]["ai_electricity_2024"]) == pytest.approx(
        _two_piece_cdf(float(one["prior"]["ai_electricity_2024"]), 33, 50, 75)
    )


def _two_piece_cdf(x: float, p5: float, p50: float, p95: float) -> float:
    z = np.log(x / p50) / np.log((p95 if x > p50 else p5) / p50) * np.sign(x - p50) * stats.norm.ppf(0.95)
    return float(stats.norm.cdf(z))


def test_a_draw_of_a_pool_is_judged_by_its_own_set() -> None:
    stored = mc.simulate(pool_prior_sets({"consensus": 0.5, "liftoff": 0.5}), draws=32, chains=1, outputs=["energy"])
    members = stored["prior"]["prior_set"].values[0]
    laws = [mc.load_prior_set(name).parameters["reasoning_multiplier"] for name in ("consensus", "liftoff")]
    for member in (0, 1):
        one = replay_draw(stored, chain=0, draw=int(np.flatnonzero(members == member)[0]))
        p5, p50, p95 = (laws[member].stated[key] for key in ("p5", "p50", "p95"))
        expected = _two_piece_cdf(float(one["prior"]["reasoning_multiplier"]), p5, p50, p95)
        assert float(one["prior_level"]["reasoning_multiplier"]) == pytest.approx(expected)


def changed(result: xr.DataTree, **attributes: object) -> xr.DataTree:
    copy = result.copy(deep=True)
    copy.attrs.update(attributes)
    return copy


def test_a_number_that_was_changed_is_found(result: xr.DataTree) -> None:
    copy = changed(result)
    copy["prior_predictive"]["ahead"].values[0, 5, 1] += 1e-9
    replay_draw(copy, chain=0, draw=4, model=model())
    with pytest.raises(mc.IntegrityError, match=r"result: ahead, year 2026, chain 0, draw 5: \S+ stored, \S+ replayed"):
        replay_draw(copy, chain=0, draw=5, model=model())


def test_another_model_is_found(result: xr.DataTree) -> None:
    def bill(stock, price):
        return stock * price * 1.5

    other = model(initial_stock, stock, ahead, bill)
    with pytest.raises(mc.IntegrityError, match="result: bill, year 2025"):
        replay_draw(result, chain=0, draw=5, model=other)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"chain": 2, "draw": 0}, "chain: 2: this result has chains 0 to 1"),
        ({"chain": 0, "draw": 300}, "draw: 300: this result has draws 0 to 299"),
        ({"chain": 0}, "draw: missing; name both"),
        ({"draw": 0}, "chain: missing; name both"),
        ({"chain": 0, "draw": 0, "near": "p5"}, "keep one of them"),
        ({"near": "p0"}, "near: 'p0': must be a quantile"),
        ({"near": "95"}, "near: '95': must be a quantile"),
        ({"near": 95}, "near: 95: must be text, such as 'p95'"),
        ({"near": 0.95}, "near: 0.95: must be text, such as 'p95'"),
        ({"chain": "a", "draw": 0}, "chain: 'a': must be a whole number"),
        ({"chain": True, "draw": 0}, "chain: True: must be a whole number"),
        ({"chain": 1.5, "draw": 0}, "chain: 1.5: must be a whole number"),
        ({"output": "bill", "year": "2026"}, "year: '2026': must be a whole number"),
        ({"output": ["bill"]}, r"output: \['bill'\]: must be text"),
        ({"output": "bil"}, "output: 'bil': not kept in this result; did you mean 'bill'"),
        ({"output": "stock"}, "output: 'stock': not kept"),
        ({"output": "bill", "year": 2030}, "year: 2030: bill has the years 2025 to 2027"),
        ({"output": "start", "year": 2025}, "year: 2025: start has no years here"),
        ({"chain": 0, "draw": 0, "output": "stok"}, "output: 'stok': no quantity of the model; did you mean 'stock'"),
    ],
)
def test_mistakes_say_the_rule(result: xr.DataTree, words: dict, said: str) -> None:
    with pytest.raises(mc.InputError, match=said):
        replay_draw(result, **words, model=model())


def test_a_model_of_ones_own_must_be_passed(result: xr.DataTree) -> None:
    with pytest.raises(mc.InputError, match=r"model: 'own': not installed, .* pass --model FILE\.py"):
        replay_draw(result)


def test_a_part_of_a_result_is_refused(result: xr.DataTree) -> None:
    part = xr.DataTree.from_dict({"/": xr.Dataset(attrs=result.attrs), "/prior": result["prior"].isel(draw=slice(9))})
    with pytest.raises(mc.IntegrityError, match="take the whole result, not a part"):
        replay_draw(part, chain=0, draw=0, model=model())
    with pytest.raises(mc.InputError, match="must be what simulate or read_result returned"):
        replay_draw(xr.Dataset(), chain=0, draw=0)


def test_a_model_without_years_or_quantities_kept() -> None:
    def area(width, height):
        return width * height

    rectangle = mc.Model.from_functions([area])
    laws = {name: {"distribution": "uniform", "lower": 1, "upper": 2} for name in ("width", "height")}
    stored = mc.simulate({"parameters": laws}, model=rectangle, draws=8, chains=2, design="random")
    one = replay_draw(stored, near="p95", model=rectangle)
    assert float(one["prior_predictive"]["area"]) == float(one["prior"]["width"]) * float(one["prior"]["height"])
    bare = mc.simulate({"parameters": laws}, model=rectangle, draws=8, chains=2, outputs=["width"], design="random")
    assert list(replay_draw(bare, model=rectangle)["prior"].data_vars) == ["width"]
