"""SIPmath 3.0: read by a small reader of our own, written from the format's description with NumPy and SciPy only."""

import json
import re

import jsonschema
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose
from scipy.stats import norm, spearmanr

from mcdemand.errors import InputError
from mcdemand.exporting import export
from mcdemand.report.text import literal

TRIALS = 2**15
NAMES = {"type": "array", "items": {"type": "string"}}
SCHEMA = {
    "type": "object",
    "required": ["name", "objectType", "libraryType", "dateCreated", "provenance", "version", "U01", "sips"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "objectType": {"const": "sipModel"},
        "libraryType": {"const": "SIPmath_3_0"},
        "dateCreated": {"type": "string", "pattern": "^[0-1][0-9]-[0-3][0-9]-[0-9]{4}$"},
        "provenance": {"type": "string"},
        "version": {"type": "string"},
        "globalVariables": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "value"],
                "properties": {
                    "name": {"type": "string"},
                    "value": {
                        "type": "object",
                        "required": ["columns", "rows", "matrix"],
                        "properties": {
                            "columns": NAMES,
                            "rows": NAMES,
                            "matrix": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["row", "col", "value"],
                                    "properties": {"value": {"type": "number", "minimum": -1, "maximum": 1}},
                                },
                            },
                        },
                    },
                },
            },
        },
        "U01": {
            "type": "object",
            "required": ["rng"],
            "properties": {
                "rng": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "function", "arguments"],
                        "properties": {
                            "name": {"type": "string"},
                            "function": {"const": "HDR_2_0"},
                            "arguments": {
                                "type": "object",
                                "required": ["counter", "entity", "varId", "seed3", "seed4"],
                                "properties": {
                                    "counter": {"const": "PM_Index"},
                                    "varId": {"type": "integer", "minimum": 1, "maximum": 10_000_000},
                                },
                                "additionalProperties": {"type": "integer"},
                            },
                        },
                    },
                },
                "copula": {
                    "type": "array",
                    "items": {"type": "object", "required": ["name", "function", "arguments", "copulaLayer"]},
                },
            },
        },
        "sips": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "ref", "function", "arguments", "metadata"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
                    "ref": {"type": "object", "required": ["source", "name"]},
                    "function": {"const": "Metalog_1_0"},
                    "arguments": {
                        "type": "object",
                        "required": ["aCoefficients"],
                        "properties": {
                            "aCoefficients": {"type": "array", "items": {"type": "number"}, "minItems": 2},
                        },
                        "additionalProperties": {"type": "number"},
                    },
                    "metadata": {
                        "type": "object",
                        "required": ["density", "units", "mean", "std"],
                        "properties": {
                            "density": {"type": "array", "items": {"type": "number"}, "minItems": 25, "maxItems": 25}
                        },
                        "additionalProperties": {"type": ["number", "string"]},
                    },
                },
            },
        },
    },
}


def hdr(trials, entity, var, seed3, seed4):
    """Uniform numbers of the HDR generator (Hubbard 2019), version 2.0."""
    k = np.arange(1, trials + 1, dtype=np.int64)
    first = (k * 2499997 + var * 1800451 + entity * 2000371 + seed3 * 1796777 + seed4 * 2299603) % 7450589
    second = (k * 2246527 + var * 2399993 + entity * 2100869 + seed3 * 1918303 + seed4 * 1624729) % 7450987
    high = 999999999999989 % (first * 4658 + 7450581) * 383 % 99991
    low = 999999999999989 % (second * 7580 + 7560584) * 17669 % 7440893
    return ((high * 7440893 + low) * 1343 % 2**32 + 0.5) / 2**32


def metalog(u, arguments):
    """A quantile function: Keelin 2016, with the bounds that the arguments have."""
    logit, terms = np.log(u / (1 - u)), [np.ones_like(u)]
    for k in range(1, len(arguments["aCoefficients"])):
        power = {1: 0, 2: 1, 3: 1}.get(k, k // 2)
        has_logit = {1: True, 2: True, 3: False}.get(k, k % 2 == 1)
        terms.append((u - 0.5) ** power * (logit if has_logit else 1))
    m = np.tensordot(arguments["aCoefficients"], terms, axes=1)
    lower, upper = arguments.get("lowerBound"), arguments.get("upperBound")
    if lower is not None and upper is not None:
        return lower + (upper - lower) / (1 + np.exp(-m))
    return m if lower is None else lower + np.exp(m)


def read_trials(library, trials):
    """Every SIP's trials, by name."""
    uniforms = {}
    for one in library["U01"]["rng"]:
        a = one["arguments"]
        uniforms["rng", one["name"]] = hdr(trials, a["entity"], a["varId"], a["seed3"], a["seed4"])
    for copula in library["U01"].get("copula", []):
        variable = copula["arguments"]["correlationMatrix"]["value"]
        value = next(one["value"] for one in library["globalVariables"] if one["name"] == variable)
        rows = value["rows"]
        matrix = np.zeros((len(rows), len(rows)))
        for entry in value["matrix"]:
            i, j = rows.index(entry["row"]), rows.index(entry["col"])
            assert j <= i
            matrix[i, j] = matrix[j, i] = entry["value"]
        assert_allclose(np.diag(matrix), 1, rtol=0)
        scores = norm.ppf([uniforms["rng", name] for name in copula["arguments"]["rng"]])
        for layer, row in zip(copula["copulaLayer"], np.linalg.cholesky(matrix) @ scores, strict=True):
            uniforms["copula", layer] = norm.cdf(row)
    return {
        sip["name"]: metalog(
            uniforms[sip["ref"]["source"], sip["ref"].get("copulaLayer", sip["ref"]["name"])], sip["arguments"]
        )
        for sip in library["sips"]
    }


def tree(columns, chains=2):
    """A result of some columns without years."""
    values = {name: (("chain", "draw"), np.reshape(x, (chains, -1)), {"units": "MW"}) for name, x in columns.items()}
    group = xr.Dataset(values)
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs={"prior_set": "own", "seed": 1}), "/prior_predictive": group})


@pytest.fixture(scope="module")
def exported(result, tmp_path_factory):
    """The file's path, its content, and the draws of each column."""
    path = tmp_path_factory.mktemp("sipmath") / "Forecast.SIPmath"
    outputs = ["energy_served", "tokens_served"]
    written = export(result, path, outputs=outputs, years=[2025, 2030, 2035])
    draws = {
        f"{name}_{year}": result["prior_predictive"][name].sel(year=year).values.ravel()
        for name in outputs
        for year in (2025, 2030, 2035)
    }
    return written, json.loads(path.read_text()), draws


def library_of(columns, tmp_path, **options):
    written = export(tree(columns), tmp_path / "a.sipmath", overwrite=True, **options)
    return json.loads(written.path.read_text()), written.notes


class TestContent:
    def test_is_a_library_by_its_schema(self, exported):
        written, library, draws = exported
        assert written.format == "sipmath"
        jsonschema.validate(library, SCHEMA)
        assert [sip["name"] for sip in library["sips"]] == list(draws)
        assert library["mcdemand"]["seed"] == 11
        assert library["mcdemand"]["prior_set"] == "consensus"
        assert "seed: 11" in library["provenance"]

    def test_trials_of_another_reader_have_the_quantiles_of_the_draws(self, exported):
        # Shares of 2^15 trials below a quantile of the draws err by less than 5 standard errors, 0.014 in the middle;
        # the metalogs themselves lie within 0.015 of the distribution of 1,024 draws.
        _, library, draws = exported
        trials = read_trials(library, TRIALS)
        for name, values in draws.items():
            for p in (0.05, 0.25, 0.5, 0.75, 0.95):
                share = np.mean(trials[name] <= np.quantile(values, p))
                assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / TRIALS) + 0.015, (name, p)

    def test_trials_have_the_rank_correlations_of_the_draws(self, exported):
        _, library, draws = exported
        trials = read_trials(library, TRIALS)
        found = spearmanr(np.array(list(trials.values())).T).statistic
        expected = spearmanr(np.array(list(draws.values())).T).statistic
        # The standard error of a rank correlation is at most 1 / sqrt(n) about.
        assert_allclose(found, expected, rtol=0, atol=5 / np.sqrt(TRIALS))

    def test_metalogs_rise_from_0(self, exported):
        _, library, _ = exported
        levels = np.concatenate([np.logspace(-12, -3, 2000), np.linspace(0.001, 0.999, 20_000)[1:-1]])
        for sip in library["sips"]:
            assert sip["arguments"]["lowerBound"] == 0
            values = metalog(levels, sip["arguments"])
            assert (np.diff(values) > 0).all()
            assert (values > 0).all()

    def test_misfit_is_what_it_says(self, exported):
        _, library, draws = exported
        for sip in library["sips"]:
            values = draws[sip["name"]]
            for p in (1, 5, 50, 95, 99):
                aim = np.quantile(values, p / 100)
                off = metalog(np.array([p / 100]), sip["arguments"])[0] / aim - 1
                assert_allclose(sip["metadata"][f"misfit_P{p}"], off, rtol=0, atol=1e-9)
                assert abs(off) < 0.15

    def test_metadata_are_of_the_draws(self, exported, result):
        _, library, draws = exported
        for sip in library["sips"]:
            about, values = sip["metadata"], draws[sip["name"]]
            assert about["count"] == values.size
            assert_allclose(about["mean"], np.mean(values), rtol=1e-12)
            assert_allclose(about["std"], np.std(values, ddof=1), rtol=1e-12)
            assert_allclose(about["P95"], np.quantile(values, 0.95), rtol=1e-12)
            # Independent draws.
            assert_allclose(about["mcse_mean"], np.std(values, ddof=1) / np.sqrt(values.size), rtol=0.5)
            assert about["units"] == result["prior_predictive"][about["variable"]].attrs["units"]
            assert about["year"] in (2025, 2030, 2035)

    def test_density_is_the_slope_of_the_distribution_function(self, exported):
        _, library, _ = exported
        levels = np.linspace(0.001, 0.999, 50_001)
        for sip in library["sips"]:
            values = metalog(levels, sip["arguments"])
            places = np.linspace(values[0], values[-1], 25)[1:-1]
            expected = np.interp(places, values, np.gradient(levels, values))
            assert_allclose(sip["metadata"]["density"][1:-1], expected, rtol=1e-3)

    def test_notes_say_what_is_lost(self, exported):
        notes = " ".join(exported[0].notes)
        assert "rank correlations" in notes
        assert "metalogs miss" in notes
        assert "1970-01-01" in notes

    def test_is_the_same_file_again(self, exported, result, tmp_path):
        again = export(
            result, tmp_path / "b.sipmath.json", outputs=["energy_served", "tokens_served"], years=[2025, 2030, 2035]
        )
        assert again.path.read_bytes() == exported[0].path.read_bytes()


NORMAL, OTHER = np.random.default_rng(5).normal(size=(2, 400))
OWN = {
    "loss": NORMAL,
    "share": 1 / (1 + np.exp(-2 * NORMAL - OTHER)),
    "fixed": np.full(400, 7.5),
    "AI2030": np.exp(NORMAL),
}


class TestColumns:
    def test_signs_shares_and_constants(self, tmp_path):
        library, notes = library_of(OWN, tmp_path)
        jsonschema.validate(library, SCHEMA)
        trials = read_trials(library, 4000)
        assert min(trials["loss"]) < 0
        assert 0 < min(trials["share"]) < max(trials["share"]) < 1
        assert set(trials["fixed"]) == {7.5}
        assert any("'AI2030' is x_ai2030" in note for note in notes)
        assert abs(spearmanr(trials["loss"], trials["x_ai2030"]).statistic - 1) < 1e-3

    def test_one_column_takes_its_own_stream(self, tmp_path):
        library, _ = library_of({"loss": NORMAL}, tmp_path, date="2026-01-31")
        assert library["dateCreated"] == "01-31-2026"
        assert library["globalVariables"] == []
        assert "copula" not in library["U01"]
        both, _ = library_of(OWN, tmp_path)
        assert both["U01"]["rng"][0]["arguments"] == library["U01"]["rng"][0]["arguments"]

    def test_single_draws_two_values_and_ties(self, tmp_path):
        ties = {"event": np.repeat([0.0, 1.0], 200), "zeros": np.maximum(NORMAL, 0)}
        library, notes = library_of(ties, tmp_path)
        jsonschema.validate(library, SCHEMA)
        assert any("2 of 2 metalogs miss" in note for note in notes)
        jsonschema.validate(library_of({"one": [3.0, 3.0]}, tmp_path)[0], SCHEMA)
        jsonschema.validate(library_of({"two": [3.0, 4.0]}, tmp_path)[0], SCHEMA)

    def test_huge_and_tiny_numbers(self, tmp_path):
        library, _ = library_of({"big": np.exp(NORMAL + 690), "small": np.exp(NORMAL - 690)}, tmp_path)
        trials = read_trials(library, 1000)
        assert_allclose(np.log(np.median(trials["big"])), 690, atol=0.3)
        assert_allclose(np.log(np.median(trials["small"])), -690, atol=0.3)

    def test_too_many_columns(self, tmp_path):
        with pytest.raises(InputError, match=r"201 columns: .*at most 200.*--outputs or --years"):
            export(tree({f"x{k}": [1.0, 2.0] for k in range(201)}), tmp_path / "a.sipmath")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        "options",
        [{"terms": 2}, {"terms": 17}, {"terms": 3.5}, {"date": "31-01-2026"}, {"date": 5}, {"seed": 1}],
        ids=str,
    )
    def test_unsound_options(self, options, tmp_path):
        with pytest.raises(InputError, match=next(iter(options))):
            export(tree({"x": [1.0, 2.0]}), tmp_path / "a.sipmath", **options)


def test_a_text_from_a_stranger_is_shown_literally(payload, poison, tmp_path):
    poisoned = poison(payload)
    # What a summary's errors rest on must be known.
    poisoned.attrs["design"] = "random"
    written = export(poisoned, tmp_path / "a.sipmath", outputs=list(poisoned["prior_predictive"].data_vars), years=2030)
    text = written.path.read_bytes()
    assert re.fullmatch(rb"[\n -~]*", text)
    library = json.loads(text)
    jsonschema.validate(library, SCHEMA)
    about = library["sips"][0]["metadata"]
    assert about["units"] == about["long_name"] == literal(payload)
    assert library["name"] == (literal(payload) or "mcdemand")
    assert library["mcdemand"].get("title", "") == literal(payload)
    assert all(line == literal(line) for line in written.notes)
