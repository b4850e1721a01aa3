"""SIPmath libraries of ours and of strangers as prior sets."""

import copy
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr

import mcdemand as mc
from mcdemand.errors import FileError, InputError
from mcdemand.exporting import export
from mcdemand.importers import importers
from mcdemand.law_statement import law_quantile, read_law
from mcdemand.prior_set import load_prior_set
from mcdemand.schema import LawRow
from tests.exporters.conftest import HOSTILE

NAMES, YEARS = ["energy_served", "tokens_served"], [2026, 2030]
LEVELS = (1e-6, 0.01, 0.05, 0.3, 0.5, 0.9, 0.99, 1 - 1e-6)


def stream(name, number):
    arguments = {"counter": "PM_Index", "entity": 1, "varId": number, "seed3": 0, "seed4": 0}
    return {"name": name, "function": "HDR_2_0", "arguments": arguments}


def sip(name, layer, coefficients, **bounds):
    ref = {"source": "copula", "name": "Gaussian", "copulaLayer": layer}
    arguments = {**bounds, "aCoefficients": coefficients}
    return {"name": name, "ref": ref, "function": "Metalog_1_0", "arguments": arguments}


def entry(row, col, value):
    return {"row": row, "col": col, "value": value}


# In the manner of the libraries of others: upper triangle, zeros stated, a number of terms each.
LIBRARY = {
    "name": "Theirs",
    "provenance": "somebody",
    "globalVariables": [
        {
            "name": "m",
            "value": {
                "columns": ["a", "b", "c"],
                "rows": ["a", "b", "c"],
                "matrix": [
                    entry("a", "a", 1),
                    entry("a", "b", 0),
                    entry("a", "c", 0.5),
                    entry("b", "b", 1.0),
                    entry("b", "c", -0.25),
                    entry("c", "c", 1),
                ],
            },
        }
    ],
    "U01": {
        "rng": [*(stream(f"h{k}", k) for k in range(1, 6)), {"name": "index", "function": "Index", "arguments": {}}],
        "copula": [
            {
                "name": "Gaussian",
                "function": "GaussianCopula",
                "arguments": {
                    "correlationMatrix": {"type": "globalVariables", "value": "m"},
                    "rng": ["h1", "h2", "h3"],
                },
                "copulaLayer": ["c1", "c2", "c3"],
            }
        ],
    },
    "sips": [
        sip("Growth rate", "c1", [0.2, 0.05, 0.01]),
        sip("Share", "c2", [0.1, 0.4, -0.1, 0.2, 0.3], lowerBound=1, upperBound=5),
        sip("Cap", "c3", [0.5, 0.2], upperBound=100),
        {
            "name": "Trials",
            "ref": {"source": "rng", "name": "index"},
            "function": "SIP_Array",
            "arguments": {"type": "array", "value": [3, 1.5, 2]},
            "metadata": {"units": "TWh"},
        },
    ],
}


def changed(**paths):
    """The library with another value at each path, such as `sips__0__function`."""
    found = copy.deepcopy(LIBRARY)
    for path, value in paths.items():
        *parts, last = [int(part) if part.isdigit() else part for part in path.split("__")]
        place = found
        for part in parts:
            place = place[part]
        place[last] = value
    return found


@pytest.fixture
def read(tmp_path):
    def reading(content):
        path = tmp_path / "theirs.SIPmath"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return importers()["sipmath"].read(path)

    return reading


def quantiles(row):
    law = read_law(LawRow.model_validate({k: v for k, v in row.items() if k not in ("unit", "source", "note")}))
    return np.array([law_quantile(law.family, law.values, p) for p in LEVELS])


def logit(p):
    return np.log(p / (1 - p))


class TestStrangersLibrary:
    def test_metalogs_keep_their_quantiles(self, read):
        found, p = read(LIBRARY), np.array(LEVELS)
        assert list(found.rows) == ["Growth_rate", "Share", "Cap", "Trials"]
        assert_allclose(
            quantiles(found.rows["Growth_rate"]), 0.2 + 0.05 * logit(p) + 0.01 * (p - 0.5) * logit(p), rtol=1e-9
        )
        half = p - 0.5
        m = 0.1 + 0.4 * logit(p) - 0.1 * half * logit(p) + 0.2 * half + 0.3 * half**2
        assert_allclose(quantiles(found.rows["Share"]), 1 + 4 / (1 + np.exp(-m)), rtol=1e-9)
        assert_allclose(quantiles(found.rows["Cap"]), 100 - np.exp(-0.5 - 0.2 * logit(p)), rtol=1e-9)
        assert found.rows["Trials"]["samples"] == [3, 1.5, 2]
        assert found.rows["Trials"]["unit"] == "TWh"
        assert found.rows["Cap"]["source"] == "SIPmath library Theirs; somebody"

    def test_the_copula_becomes_a_group(self, read):
        found = read(LIBRARY)
        assert found.groups == (
            {
                "family": "gaussian",
                "members": ["Growth_rate", "Share", "Cap"],
                "correlations": [
                    {"between": ["Growth_rate", "Cap"], "latent": 0.5},
                    {"between": ["Share", "Cap"], "latent": -0.25},
                ],
            },
        )
        assert load_prior_set(found.document(name="theirs")).groups[0].names == ("Cap", "Growth_rate", "Share")
        assert "'Growth rate' is Growth_rate" in " ".join(found.notes)

    def test_sips_of_one_stream_move_together(self, read):
        ref = {"source": "rng", "name": "h4"}
        content = changed(sips__0__ref=ref, sips__1__ref={**ref, "name": "h5"}, U01__rng__4=stream("h5", 4))
        found = read(content)
        (group,) = found.groups
        assert group["members"] == ["Growth_rate", "Share"]
        assert 0.999 < group["correlations"][0]["latent"] < 1
        load_prior_set(found.document())

    def test_correlations_that_cannot_be_are_moved(self, read):
        matrix = [entry("a", "b", 0.9), entry("a", "c", 0.9), entry("b", "c", -0.9)]
        found = read(changed(globalVariables__0__value__matrix=matrix))
        assert any("nearest" in note for note in found.notes)
        load_prior_set(found.document())

    def test_a_metalog_that_falls_is_kept_as_its_values(self, read):
        found = read(changed(sips__0__arguments={"aCoefficients": [1, 0.1, 0, -3]}))
        assert "falls" in " ".join(found.notes)
        p = (np.arange(1000) + 0.5) / 1000
        expected = np.sort(1 + 0.1 * logit(p) - 3 * (p - 0.5))
        assert_allclose(found.rows["Growth_rate"]["samples"], expected, rtol=1e-9, atol=1e-12)

    def test_a_constant_is_in_no_group(self, read):
        found = read(changed(sips__2__arguments={"aCoefficients": [4.5, 0, 0]}))
        assert found.rows["Cap"]["value"] == 4.5
        assert found.groups == ()
        load_prior_set(found.document())

    def test_what_is_for_one_program_is_left_out(self, read):
        other = {**sip("Cap", "c3", []), "environment": "ExcelFrontline", "function": "PsiNormal"}
        found = read({**LIBRARY, "sips": [*LIBRARY["sips"], other]})
        assert list(found.rows) == ["Growth_rate", "Share", "Cap", "Trials"]
        assert "1 SIPs for certain programs" in found.notes[0]

    def test_rounding_is_said(self, read):
        assert "rounded" in read(changed(sips__0__rounding="nearest")).notes[0]


REFUSED = {
    "sips.0.name": changed(sips__0__name=3),
    "function 'PsiNormal': unknown": changed(sips__0__function="PsiNormal"),
    "function \"__import__('os')": changed(sips__0__function="__import__('os').system('true')"),
    "aCoefficients.1": changed(sips__0__arguments={"aCoefficients": [1, "2"]}),
    "aCoefficients: List should have at most 20": changed(sips__0__arguments={"aCoefficients": [0.1] * 21}),
    "aCoefficients: Field required": changed(sips__0__arguments={}),
    "not finite": changed(sips__0__arguments={"aCoefficients": [1e6, 0], "lowerBound": 0}),
    "upperBound": changed(sips__1__arguments={"aCoefficients": [1, 1], "lowerBound": 5, "upperBound": 5}),
    "not fetched": changed(sips__3__arguments={"type": "csv", "url": "x.csv", "value": "Demand"}),
    "arguments: type": changed(sips__3__arguments={"type": "dist", "value": ["<dist>"]}),
    "value: List should have at least 1": changed(sips__3__arguments={"type": "array", "value": []}),
    "source": changed(sips__0__ref={"source": "net", "name": "x"}),
    "copula 'Other'": changed(sips__0__ref={"source": "copula", "name": "Other", "copulaLayer": "c1"}),
    "copulaLayer 'c9'": changed(sips__0__ref={"source": "copula", "name": "Gaussian", "copulaLayer": "c9"}),
    "function 'TCopula'": changed(U01__copula__0__function="TCopula"),
    "as many layers": changed(U01__copula__0__copulaLayer=["c1", "c2"]),
    "less than or equal to 1": changed(globalVariables__0__value__matrix=[entry("a", "b", 1.5)]),
    "contradicts": changed(globalVariables__0__value__matrix=[entry("a", "b", 0.5), entry("b", "a", 0.4)]),
    "not among": changed(globalVariables__0__value__matrix=[entry("a", "z", 0.5)]),
    "globalVariables: 'm'": changed(globalVariables__0__name="n"),
    "only": changed(sips__0__environment="ExcelPalisade"),
    "sips: List should have at least 1": changed(sips=[]),
    "sips: List should have at most": {**LIBRARY, "sips": LIBRARY["sips"] * 300},
    "NaN is no number": json.dumps(LIBRARY).replace("0.05", "NaN"),
    "aCoefficients.1: Input should be a finite": json.dumps(LIBRARY).replace("0.05", "1e999"),
    "library: Input should be": "[]",
    "not JSON": "{",
    "not JSON: maximum recursion": "[" * 200_000,
}


@pytest.mark.parametrize("problem", REFUSED)
def test_refusals_are_one_line(problem, read):
    with pytest.raises(InputError) as caught:
        read(REFUSED[problem])
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        importers()["sipmath"].read(tmp_path / "no.sipmath")
    (tmp_path / "a.sipmath").write_bytes(b"\xff\xfe{")
    with pytest.raises(InputError, match="UTF-8"):
        importers()["sipmath"].read(tmp_path / "a.sipmath")


def test_texts_from_strangers(read):
    content = copy.deepcopy(LIBRARY)
    trials = content["sips"][3]
    content["sips"] = [{**trials, "name": text, "metadata": {"units": text, "long_name": text}} for text in HOSTILE]
    content |= {"name": HOSTILE[0], "provenance": "\n".join(HOSTILE)}
    found = read(content)
    assert len(found.rows) == len(HOSTILE)
    load_prior_set({**found.document(), "parameters": {name: dict(row) for name, row in found.rows.items()}})
    for row in found.rows.values():
        assert all(text.isprintable() for text in (row["source"], row.get("note", ""), row["unit"]))


@pytest.fixture(scope="module")
def result():
    """1,024 independent draws of a shipped set."""
    return mc.simulate("consensus", draws=1024, chains=4, design="random", seed=11, outputs=NAMES, years=YEARS)


def test_a_forecast_comes_back(result, tmp_path):
    path = export(result, tmp_path / "a.SIPmath").path
    found = importers()["sipmath"].read(path)

    def total(energy_served_2026, energy_served_2030, tokens_served_2026, tokens_served_2030):
        return energy_served_2026 + energy_served_2030 + tokens_served_2026 + tokens_served_2030

    model = mc.Model.from_functions([total])
    document = found.document(name="back")
    assert {row["unit"] for row in found.rows.values()} == {
        result["prior_predictive"][name].attrs["units"] for name in NAMES
    }
    for row in document["parameters"].values():
        row["unit"] = "1"
    again = mc.simulate(document, model=model, draws=2**14, chains=4, design="random", seed=2)["prior"]
    before, after = [], []
    for name in NAMES:
        for year in YEARS:
            drawn = result["prior_predictive"][name].sel(year=year).values.ravel()
            back = again[f"{name}_{year}"].values.ravel()
            before.append(drawn)
            after.append(back)
            for p in (0.05, 0.5, 0.95):
                share = np.mean(back <= np.quantile(drawn, p))
                # 5 standard errors of 2^14 draws, and what a metalog misses of 1,024.
                assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / 2**14) + 0.015
    expected, got = (spearmanr(np.array(rows).T).statistic for rows in (before, after))
    assert_allclose(got, expected, rtol=0, atol=5 / 2**7)
