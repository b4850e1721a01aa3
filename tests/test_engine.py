"""Requests that are refused, draws that are counted, runs that are stopped."""

import numpy as np
import pytest

import mcdemand as mc
from mcdemand.model import load_model
from mcdemand.units import GW, Ratio, TWh, Years

NORMAL = {"distribution": "normal", "mu": 1.0, "sigma": 1.0}
YEARS = {"years": {"start": 2024, "stop": 2028}}


def double(x):
    return 2 * x


def growing(x, t):
    return x + t


def times(x, y):
    return x * y


def own_model(*functions, **options):
    return mc.Model.from_functions(functions, **options)


def simulate(functions=(double,), parameters=("x",), header=None, **options):
    rows = {name: NORMAL for name in parameters} if not isinstance(parameters, dict) else parameters
    priors = {"parameters": rows, "prior_set": header or {}}
    model = functions if isinstance(functions, mc.Model) else own_model(*functions)
    return mc.simulate(priors, model=model, **{"draws": 8, "chains": 1, "design": "random", **options})


class TestNumbersOfDraws:
    @pytest.mark.parametrize(
        ("draws", "chains", "shape"), [(1, 16, (1, 1)), (100, 16, (16, 7)), (32, 4, (4, 8)), (7, 7, (7, 1))]
    )
    def test_whole_chains(self, draws, chains, shape):
        result = simulate(draws=draws, chains=chains)
        assert result["prior_predictive"]["double"].shape == shape
        assert result.attrs["draws"] == shape[0] * shape[1]

    def test_rounding_up_is_said(self):
        assert "draws: 100 rounded up to 112, whole chains" in simulate(draws=100, chains=16).attrs["notices"]
        assert "rounded" not in simulate(draws=96, chains=16).attrs["notices"]

    @pytest.mark.parametrize(
        ("draws", "chains", "shape"), [(1, 16, (1, 1)), (100, 16, (16, 8)), (48, 3, (3, 16)), (33, 2, (2, 32))]
    )
    def test_sobol_takes_a_power_of_two_in_each_chain_and_says_so(self, draws, chains, shape):
        result = simulate(draws=draws, chains=chains, design="sobol")
        assert result["prior_predictive"]["double"].shape == shape
        rounded = f"draws: {draws} rounded up to {shape[0] * shape[1]}, whole chains of a power of two of draws"
        assert (rounded in result.attrs["notices"]) == (draws != shape[0] * shape[1])

    @pytest.mark.parametrize("draws", [0, -5, True, 1.5, "64", None, 2**41])
    def test_bad_draws_are_refused(self, draws):
        with pytest.raises(mc.InputError, match=r"draws: .*whole number"):
            simulate(draws=draws)

    @pytest.mark.parametrize("name", ["chains", "threads"])
    @pytest.mark.parametrize("value", [0, -1, True, 2.0, 10**6])
    def test_bad_chains_and_threads_are_refused(self, name, value):
        with pytest.raises(mc.InputError, match=f"{name}: .*whole number"):
            simulate(**{name: value})

    @pytest.mark.parametrize("seed", [-1, 2**64, True, 1.5, "0", None])
    def test_bad_seeds_are_refused(self, seed):
        with pytest.raises(mc.InputError, match=r"seed: .*whole number"):
            simulate(seed=seed)

    def test_seeds_differ_and_repeat(self):
        def draws(seed):
            return simulate(seed=seed)["prior"]["x"].values.tolist()

        assert draws(0) == draws(np.int64(0))
        assert len({str(draws(seed)) for seed in (0, 1, 2**32, 2**63 - 1)}) == 4

    def test_more_memory_than_there_is_is_refused_at_once(self):
        with pytest.raises(mc.InputError, match=r"draws: 10+: needs .* TB .*, this machine has .*; ask for fewer"):
            simulate(draws=10**12, chains=16)

    @pytest.mark.parametrize("design", [None, 3, ["sobol"]])
    def test_a_design_that_is_no_name_is_refused(self, design):
        with pytest.raises(
            mc.InputError, match=r"design: .*: unknown; (known: latin_hypercube, random|did you mean .sobol.)"
        ):
            simulate(design=design)

    def test_an_unknown_design_is_refused(self):
        with pytest.raises(mc.InputError, match=r"design: 'halton': unknown; known: .*random"):
            simulate(design="halton")


class TestOutputs:
    def test_an_unknown_output_names_the_nearest(self):
        with pytest.raises(mc.InputError, match=r"outputs: 'dubble': .*did you mean 'double'\?"):
            simulate(outputs=["dubble"])

    def test_none_is_refused(self):
        with pytest.raises(mc.InputError, match="outputs: empty"):
            simulate(outputs=[])

    def test_one_name_is_a_list_of_one(self):
        assert list(simulate(outputs="double")["prior_predictive"]) == ["double"]

    def test_without_outputs_parameters_are_kept(self):
        result = simulate((times,), ("x", "y"))
        assert (list(result["prior"]), list(result["prior_predictive"])) == (["x", "y"], ["times"])

    def test_parameters_can_be_left_out(self):
        result = simulate((times,), ("x", "y"), outputs=["y", "times"])
        assert (list(result["prior"]), list(result["prior_predictive"])) == (["y"], ["times"])

    def test_parameters_alone(self):
        result = simulate((times,), ("x", "y"), outputs=["y"])
        assert (list(result["prior"]), list(result["prior_predictive"])) == (["y"], [])

    @pytest.mark.parametrize("extra", ["a", "m", "z"])
    def test_keeping_a_parameter_that_the_outputs_do_not_need(self, extra):
        result = simulate((times,), ("x", "y", extra), outputs=["times", "x", "y", extra])
        x, y = (result["prior"][name].values for name in ("x", "y"))
        np.testing.assert_array_equal(result["prior_predictive"]["times"].values, x * y)

    def test_priors_that_nothing_uses_are_listed(self):
        result = simulate(parameters=("x", "zeta", "alpha"))
        assert "priors that no requested output uses: alpha, zeta" in result.attrs["notices"]


class TestPriorsAgainstTheModel:
    def test_a_missing_prior(self):
        with pytest.raises(mc.InputError, match=r"parameters\.y: no prior, but times needs it; did you mean 'yy'\?"):
            simulate((times,), ("x", "yy"))

    def test_only_what_the_outputs_need_must_have_a_prior(self):
        result = simulate((times, double), ("x",), outputs=["double"])
        assert result["prior_predictive"]["double"].size == 8

    def test_another_unit(self):
        def energy(x: TWh) -> TWh:
            return 2 * x

        with pytest.raises(mc.InputError, match=r"parameters\.x\.unit: 'GW': the model takes 'TWh'"):
            simulate((energy,), {"x": {**NORMAL, "unit": "GW"}})

    def test_two_units_of_one_name_in_the_model(self):
        def first(x: TWh) -> TWh:
            return 2 * x

        def second(x: GW) -> GW:
            return 2 * x

        with pytest.raises(mc.InputError, match="second: x: unit 'GW', but first has 'TWh'"):
            own_model(first, second)

    @pytest.mark.parametrize("change", [["logistic", "gompertz", "bass", "exponential"], ["gompertz", "logistic"]])
    def test_categories_in_another_order(self, change):
        weights = [1 / len(change)] * len(change)
        row = {"distribution": "categorical", "categories": change, "weights": weights, "unit": "category"}
        with pytest.raises(mc.InputError, match=r"parameters\.growth_shape\.categories: .*gompertz.*in this order"):
            mc.simulate("consensus", set={"growth_shape": row}, draws=8, outputs=["requests_unrebounded"])


class TestYears:
    def test_time_needs_years(self):
        with pytest.raises(mc.InputError, match=r"prior_set\.years: missing, but growing changes from year to year"):
            simulate((growing,))

    @pytest.mark.parametrize(("header", "base_year"), [(YEARS, 2024), ({}, 2026)])
    def test_the_base_year_is_the_first_of_the_set_or_of_the_request(self, header, base_year):
        result = simulate((growing,), header=header, years=[2030, 2026])
        assert result.attrs["base_year"] == base_year
        added = result["prior_predictive"]["growing"].values - result["prior"]["x"].values[..., None]
        np.testing.assert_allclose(
            added, np.broadcast_to([2026 - base_year, 2030 - base_year], added.shape), atol=1e-14
        )

    def test_a_model_can_state_its_base_year(self):
        result = simulate(own_model(growing, base_year=2020), header=YEARS, years=[2023])
        added = result["prior_predictive"]["growing"].values[..., 0] - result["prior"]["x"].values
        np.testing.assert_allclose(added, 3.0, rtol=1e-12)

    def test_years_before_the_base_year_are_refused(self):
        with pytest.raises(mc.InputError, match="years: 2023: the model starts in 2024"):
            mc.simulate("consensus", draws=8, years=[2023, 2030])

    def test_a_single_year_may_be_named_alone(self):
        result = simulate(own_model(growing, base_year=2020), header=YEARS, years=2023)
        assert result["prior_predictive"]["year"].values.tolist() == [2023]

    @pytest.mark.parametrize("years", [[2025.5, 2030], ["2030"], [True], [10**6]])
    def test_bad_years_are_refused(self, years):
        with pytest.raises(mc.InputError, match=r"years: .*whole number"):
            simulate((growing,), header=YEARS, years=years)

    def test_repeated_years_are_kept_once(self):
        result = simulate((growing,), header=YEARS, years=[2025, 2024, 2025])
        assert result["prior_predictive"]["year"].values.tolist() == [2024, 2025]

    def test_what_is_kept_does_not_move_the_start(self):
        def initial_total():
            return 0.0

        def total(previous_total, x):
            return previous_total + x

        model = own_model(initial_total, total, base_year=2024)
        result = simulate(model, header=YEARS, years=[2027])
        found = result["prior_predictive"]["total"].values[..., 0]
        np.testing.assert_allclose(found, 3 * result["prior"]["x"].values, rtol=1e-15)


class TestBrokenNumbers:
    """1 / x where x is 1 or, in one draw of eight, 0."""

    ROW = {"distribution": "categorical", "categories": ["zero", "one"], "weights": [0.125, 0.875]}  # noqa: RUF012

    def broken_place(self, chains):
        def category(x):
            return x

        found = simulate((category,), {"x": self.ROW}, draws=64, chains=chains)["prior_predictive"]["category"].values
        return next((chain, draw) for chain, draw in np.argwhere(found == 0.0).tolist())

    @pytest.mark.parametrize("chains", [1, 2])
    def test_the_place_is_named(self, chains):
        def inverse(x):
            return 1.0 / x

        chain, draw = self.broken_place(chains)
        with pytest.raises(mc.NumericalError, match=rf"inverse: inf: .* chain {chain}, draw {draw}, seed 0"):
            simulate((inverse,), {"x": self.ROW}, draws=64, chains=chains, threads=1)

    def test_the_year_is_named(self):
        def late(x, t):
            return (x - 1.0) / (t - 2.0)

        row = {"distribution": "constant", "value": 1.0}
        with pytest.raises(mc.NumericalError, match=r"late: nan: .* chain 0, draw 0, year 2026, seed 3"):
            simulate((late,), {"x": row}, header=YEARS, seed=3)

    def test_what_is_not_kept_may_break(self):
        def inverse(x):
            return 1.0 / x

        def used(inverse):
            return 1.0 if inverse > 0.5 else 0.0

        result = simulate((inverse, used), {"x": {"distribution": "constant", "value": 0.0}}, outputs=["used"])
        assert np.all(result["prior_predictive"]["used"].values == 1.0)

    def test_overflow_is_said_and_not_warned_about(self):
        def huge(x):
            return x * 1e308 * 10.0

        with pytest.raises(mc.NumericalError, match=r"huge: -?inf"):
            simulate((huge,))


class TestProgress:
    def test_it_rises_to_the_total(self):
        seen = []
        simulate(draws=5_000, chains=5, progress=lambda done, total: seen.append((done, total)))
        counts = [done for done, _ in seen]
        assert counts == sorted(set(counts))
        assert counts[-1] == 5_000
        assert {total for _, total in seen} == {5_000}

    def test_an_interrupt_stops_the_run(self):
        def interrupt(done, total):
            seen.append(done / total)
            raise KeyboardInterrupt

        seen = []
        with pytest.raises(KeyboardInterrupt):
            simulate(draws=20_000_000, chains=2, threads=2, progress=interrupt)
        assert len(seen) == 1
        assert seen[0] < 1


def test_an_unknown_model_is_refused():
    with pytest.raises(mc.InputError, match=r"model: 'ai_computer': unknown; did you mean 'ai_compute'\?"):
        mc.simulate("consensus", model="ai_computer", draws=8)


def test_a_set_that_names_no_model_needs_one():
    with pytest.raises(mc.InputError, match="model: none given"):
        mc.simulate({"parameters": {"x": NORMAL}}, draws=8)


def test_the_shipped_model_runs_with_its_default_outputs():
    result = mc.simulate("consensus", draws=16, chains=2, years=[2030])
    assert tuple(result["prior_predictive"]) == load_model("ai_compute").default_outputs
    assert dict(result["prior_predictive"].sizes) == {"chain": 2, "draw": 8, "year": 1}


def test_annotated_units_reach_the_result():
    def supply(x: GW, share: Ratio, life: Years) -> GW:
        return x * share / life

    rows = {"x": {**NORMAL, "unit": "GW"}, "share": NORMAL, "life": {**NORMAL, "mu": 9.0, "unit": "yr"}}
    result = simulate((supply,), rows)
    assert result["prior_predictive"]["supply"].attrs["units"] == "GW"
    assert {name: v.attrs["units"] for name, v in result["prior"].data_vars.items()} == {
        "life": "yr",
        "share": "1",
        "x": "GW",
    }
