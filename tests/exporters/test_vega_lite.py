"""The Vega-Lite specification, as JSON; Vega draws it in `heavy`."""

import json
import re

import numpy as np
import pytest

import mcdemand as mc
from mcdemand.errors import InputError
from mcdemand.report.text import literal


def export(result, path, **request):
    written = mc.export(result, path, overwrite=True, **request)
    text = path.read_text(encoding="utf-8")
    assert text.isascii()
    assert "<" not in text
    return json.loads(text, parse_constant=pytest.fail), written.notes


def test_bands_are_quantiles_of_the_draws(result, tmp_path):
    spec, notes = export(result, tmp_path / "a.vl.json", outputs="energy_served")
    rows = spec["data"]["values"]
    assert [row["year"] for row in rows] == list(range(2024, 2036))
    draws = result["prior_predictive"]["energy_served"].values.reshape(-1, 12)
    for key, level in {
        "low_0": 0.05,
        "low_1": 0.1,
        "low_2": 0.25,
        "median": 0.5,
        "high_2": 0.75,
        "high_0": 0.95,
    }.items():
        np.testing.assert_allclose([row[key] for row in rows], np.quantile(draws, level, axis=0), rtol=1e-12)
    assert spec["layer"][0]["encoding"]["y"]["title"] == "TWh"
    assert notes == ("Draws are left out: the chart keeps the quantiles that it shows.",)


def test_bands_follow_the_levels(result, tmp_path):
    request = {"outputs": "energy_served", "probabilities": [0.01, 0.5, 0.99, 0.2]}
    spec, _ = export(result, tmp_path / "a.vl.json", **request)
    assert spec["encoding"]["color"]["scale"]["domain"] == ["98 % interval", "median"]
    spec, _ = export(result, tmp_path / "a.vl.json", outputs="energy_served", bands=[0.6, 0.3])
    assert spec["encoding"]["color"]["scale"]["domain"] == ["60 % interval", "30 % interval", "median"]


@pytest.mark.parametrize(
    ("output", "scale", "found"),
    [
        ("energy_served", "auto", "log"),
        ("energy_served", "linear", "linear"),
        ("tokens_served", "log", "log"),
    ],
)
def test_scales(result, tmp_path, output, scale, found):
    spec, _ = export(result, tmp_path / "a.vl.json", outputs=output, scale=scale)
    assert {layer["encoding"]["y"]["scale"]["type"] for layer in spec["layer"][:4]} == {found}


def test_several_outputs_are_panels(result, tmp_path):
    spec, notes = export(result, tmp_path / "a.vl.json", outputs=["energy_served", "tokens_served", "tokens_2024"])
    assert [panel["title"]["text"] for panel in spec["concat"]] == [
        result["prior_predictive"][name].attrs["long_name"] for name in ("energy_served", "tokens_served")
    ]
    assert "'tokens_2024' has no years and is left out." in notes
    assert spec["usermeta"]["mcdemand"]["seed"] == 11


def test_one_year_and_one_draw_can_be_drawn(result, tmp_path):
    spec, _ = export(result, tmp_path / "a.vl.json", outputs="energy_served", years=2030, draws=4)
    assert len(spec["data"]["values"]) == 1
    assert spec["layer"][0]["mark"]["type"] == "rule"


def test_no_address_but_the_schema(result, tmp_path):
    export(result, tmp_path / "a.vl.json")
    text = (tmp_path / "a.vl.json").read_text(encoding="utf-8")
    assert re.findall(r"\w+://[^\"]*", text) == ["https://vega.github.io/schema/vega-lite/v6.json"]


def test_texts_of_strangers_are_shown_literally(poison, payload, tmp_path):
    tree = poison(payload)
    tree.attrs["design"] = "random"
    spec, _ = export(tree, tmp_path / "a.vl.json")
    shown = literal(payload) or literal(payload.replace("/", "|"))
    assert spec["title"]["text"][:98] == shown[:98]
    assert spec["layer"][0]["encoding"]["y"]["title"][:38] == literal(payload)[:38]
    assert spec["usermeta"]["mcdemand"].get("title", "") == literal(payload)


def test_refusals(result, tmp_path):
    with pytest.raises(InputError, match="none has years"):
        export(result, tmp_path / "a.vl.json", outputs="tokens_2024")
    with pytest.raises(InputError, match="scale: 'cubic': unknown"):
        export(result, tmp_path / "a.vl.json", scale="cubic")
    below = result.copy()
    below["prior_predictive"] = result["prior_predictive"].to_dataset()[["energy_served"]] - 1000.0
    with pytest.raises(InputError, match="use linear"):
        export(below, tmp_path / "a.vl.json", scale="log")
