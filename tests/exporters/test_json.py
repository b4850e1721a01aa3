"""Quantile JSON, read by Python's json and checked against its schema by jsonschema."""

import copy
import json

import numpy as np
import pytest
from jsonschema import Draft202012Validator, ValidationError

import mcdemand as mc
from mcdemand.errors import InputError
from mcdemand.exporters.json import schema
from mcdemand.report.text import literal


@pytest.fixture
def write(tmp_path):
    def written(result, **request):
        path = tmp_path / "one.json"
        mc.export(result, path, overwrite=True, **request)
        text = path.read_text(encoding="utf-8")
        assert text.isascii()
        assert "<" not in text
        document = json.loads(text, parse_constant=pytest.fail)
        Draft202012Validator(schema()).validate(document)
        return document

    return written


def test_the_schema_is_one_and_names_no_host():
    Draft202012Validator.check_schema(schema())
    assert schema()["$id"] == "urn:mcdemand:quantiles:1"


def test_numbers_are_those_of_the_draws(result, write):
    document = write(result, probabilities=[0.1, 0.5])
    assert document["levels"] == [0.1, 0.5]
    for output in document["outputs"]:
        draws = result["prior_predictive"][output["name"]].values.reshape(-1, len(output["years"]))
        assert output["years"] == result["prior_predictive"]["year"].values.tolist()
        np.testing.assert_allclose(output["values"], np.quantile(draws, [0.1, 0.5], axis=0), rtol=1e-13)
        np.testing.assert_allclose(output["mean"], draws.mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(output["sd"], draws.std(axis=0, ddof=1), rtol=1e-12)
        np.testing.assert_allclose(output["mcse_mean"], draws.std(axis=0, ddof=1) / 32, rtol=1e-12)
        for interval in output["intervals"]:
            tail = (1 - interval["probability"]) / 2
            bounds = np.quantile(draws, [tail, 1 - tail], axis=0)
            np.testing.assert_allclose([interval["lower"], interval["upper"]], bounds, rtol=1e-12)
    assert [output["units"] for output in document["outputs"]] == ["TWh", "T/day"]


def test_the_default_format_of_json_states_where_it_comes_from(result, write):
    document = write(result)
    assert document["provenance"]["seed"] == 11
    assert document["provenance"]["prior_set"] == "consensus"
    assert document["model"] == "ai_compute"


def test_parameters_have_no_years(result, write):
    (output,) = write(result, outputs="tokens_2024")["outputs"]
    assert output["role"] == "parameter"
    assert output["years"] is None
    expected = np.quantile(result["prior"]["tokens_2024"].values, 0.5)
    assert output["values"][2] == [pytest.approx(expected, rel=1e-13)]


def test_what_is_no_number_is_null_with_a_status(result, write):
    document = write(result, draws=4, outputs="energy_served", years=2030, probabilities=[0.5, 0.999])
    (output,) = document["outputs"]
    assert document["levels_beyond_sample"] == [0.5, 0.999]
    assert output["mcse_values"][1] == [None]
    assert output["status"]["mcse_values"].startswith("null: ")


def test_texts_of_strangers_are_shown_literally(poison, payload, write):
    tree = poison(payload)
    tree.attrs["design"] = "random"
    document = write(tree)
    (output,) = document["outputs"]
    assert output["name"] == literal(payload.replace("/", "|"))
    assert output["units"] == output["long_name"] == literal(payload)
    assert document["provenance"].get("title", "") == literal(payload)


def _broken(document):
    """Yield documents with one thing wrong each."""

    def changed(change):
        one = copy.deepcopy(document)
        change(one, one["outputs"][0])
        return one

    yield changed(lambda top, _: top.update(schema="urn:mcdemand:quantiles:2"))
    yield changed(lambda top, _: top.pop("provenance"))
    yield changed(lambda top, _: top.update(extra=1))
    yield changed(lambda top, _: top["levels"].append(1.0))
    yield changed(lambda top, _: top["provenance"].update(result_sha256="0"))
    yield changed(lambda _, output: output.pop("units"))
    yield changed(lambda _, output: output.update(years=["2030"]))
    yield changed(lambda _, output: output["mean"].__setitem__(0, None))
    yield changed(lambda _, output: output["values"][0].__setitem__(0, None))
    yield changed(lambda _, output: output["intervals"][0]["lower"].__setitem__(0, None))
    yield changed(lambda _, output: output["values"][0].__setitem__(0, "1"))
    yield changed(lambda _, output: output["status"].update(mean="fine"))


def test_the_schema_refuses_what_is_wrong(result, write):
    document = write(result)
    for one in _broken(document):
        with pytest.raises(ValidationError):
            Draft202012Validator(schema()).validate(one)


def test_the_same_result_gives_the_same_bytes(result, tmp_path):
    for name in ("a.json", "b.json"):
        mc.export(result, tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_refusals(result, tmp_path):
    with pytest.raises(InputError, match="ci_prob"):
        mc.export(result, tmp_path / "a.json", intervals=[1.5])
    with pytest.raises(InputError, match="no option of json"):
        mc.export(result, tmp_path / "a.json", indent=2)
    assert list(tmp_path.iterdir()) == []
