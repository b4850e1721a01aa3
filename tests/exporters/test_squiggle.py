"""Squiggle source, read by a small parser that knows the few kinds of lines that it may have."""

import json
import re

import numba
import numpy as np
import pytest
import xarray as xr

from mcdemand.errors import InputError, IntegrityError
from mcdemand.exporting import export
from mcdemand.report.text import literal
from mcdemand.result_files import read as read_back

LINE_KINDS = (
    r"//[^\r\n]*",
    r'@name\("(?:[^"\\]|\\.)*"\)',
    r'@doc\("(?:[^"\\]|\\.)*"\)',
    r"export [a-z][a-z0-9_]* = SampleSet\.fromList\(\[",
    r"  (?:-?\d(?:\.\d+)?(?:e[+-]\d+)?,? ?)+",
    r"\]\)",
    r"",
)
STATEMENT = re.compile(
    r"@name\(([^\n]*)\)\n@doc\(([^\n]*)\)\nexport (\w+) = SampleSet\.fromList\(\[\n(.*?)\n\]\)", re.S
)


def read(path):
    """Return {name: (title, doc, numbers)}."""
    text = path.read_bytes().decode()
    for line in text.split("\n"):
        assert any(re.fullmatch(kind, line) for kind in LINE_KINDS), line[:200]
    return {
        name: (json.loads(title), json.loads(doc), np.array([float(x) for x in re.findall(r"[^\s,]+", body)]))
        for title, doc, name, body in STATEMENT.findall(text)
    }


def first_rows(array, count=1000):
    """Return rows of a (chain, draw) array, the chains in turn."""
    return array.transpose("draw", "chain").values.reshape(-1)[:count]


@pytest.fixture(scope="module")
def written(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("squiggle") / "out.squiggle"
    outputs = ["energy_served", "tokens_served", "token_exponent"]
    return path, export(result, path, outputs=outputs, years=[2030, 2035])


def test_rows_are_joint_and_exact(result, written):
    found = read(written[0])
    assert list(found) == [
        *(f"{name}_{year}" for name in ("energy_served", "tokens_served") for year in (2030, 2035)),
        "token_exponent",
    ]
    draws = result["prior_predictive"]
    for year in (2030, 2035):
        np.testing.assert_array_equal(
            found[f"energy_served_{year}"][2], first_rows(draws["energy_served"].sel(year=year))
        )
        np.testing.assert_array_equal(
            found[f"tokens_served_{year}"][2], first_rows(draws["tokens_served"].sel(year=year))
        )
    np.testing.assert_array_equal(found["token_exponent"][2], first_rows(result["prior"]["token_exponent"]))


def test_says_what_it_is_and_where_it_comes_from(written):
    path, exported = written
    assert exported.format == "squiggle"
    assert exported.notes == ("1,000 of 1,024 draws: Squiggle keeps no more joint.",)
    text = path.read_text(encoding="utf-8")
    for stated in ("// seed: 11", "// prior_set: consensus", "// design: random", "// result_sha256: "):
        assert stated in text
    title, doc, _ = read(path)["energy_served_2030"]
    assert title == "energy_served 2030 (TWh)"
    assert doc.startswith("AI electricity used in a year, 2030, TWh; of 1,024 draws: p5 ")
    assert "MCSE" in doc


def test_same_bytes_twice(result, written, tmp_path):
    outputs = ["energy_served", "tokens_served", "token_exponent"]
    again = export(result, tmp_path / "again.squiggle", outputs=outputs, years=[2030, 2035])
    assert again.path.read_bytes() == written[0].read_bytes()


def test_numbers_as_text_are_the_same(result, written, tmp_path):
    path = tmp_path / "text.squiggle"
    export(result, path, outputs="energy_served", years=2030, numbers="text")
    (body,) = re.findall(r"^export energy_served_2030 = read_draws\('([^']*)'\)$", path.read_text(), re.M)
    np.testing.assert_array_equal(np.array(body.split(), float), read(written[0])["energy_served_2030"][2])


def test_fewer_than_a_thousand_draws_are_refused(result, tmp_path):
    with pytest.raises(
        InputError, match=r"draws: 512: Squiggle keeps draws joint in lists of 1,000 only; .* at least 1,000"
    ):
        export(result, tmp_path / "few.squiggle", draws=512)
    assert not list(tmp_path.iterdir())


def test_many_lists_note_that_they_are_slow(result, tmp_path):
    exported = export(result, tmp_path / "all.squiggle", outputs="energy_served")
    assert exported.notes[-1].startswith("Squiggle takes about 3 seconds to read 12 lists;")
    with pytest.raises(InputError, match="numbers: 'csv': unknown"):
        export(result, tmp_path / "other.squiggle", numbers="csv")


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="summaries of 73 columns are slow when interpreted")
def test_parameters_are_in_unless_outputs_are_named(result, tmp_path):
    path = export(result, tmp_path / "all.squiggle", years=2030).path
    assert list(read(path))[:3] == ["energy_served_2030", "tokens_served_2030", next(iter(result["prior"].data_vars))]
    assert len(read(path)) == 2 + len(result["prior"].data_vars)


@pytest.fixture
def poisoned(poison, payload):
    """Return a poisoned result of a design that exists: what a summary's errors rest on must be known."""
    tree = poison(payload)
    tree.attrs["design"] = "random"
    return tree


def test_strangers_texts_are_shown_and_do_not_run(poisoned, payload, tmp_path):
    tree = poisoned.map_over_datasets(lambda one: xr.concat([one] * 8, "draw") if one.data_vars else one)
    path = export(tree, tmp_path / "poison.squiggle", years=2030).path
    found = read(path)
    assert len(found) == 2
    titles = [title for title, _, _ in found.values()]
    assert any(literal(payload.replace("/", "|")).strip() in title for title in titles)
    docs = [re.sub(r"\\(.)", r"\1", doc) for _, doc, _ in found.values()]
    assert all(literal(payload) in doc for doc in docs)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\u202e]", path.read_bytes().decode())


@pytest.mark.parametrize(
    "name", ["mean", "true1", "falsehood", "if", "to", "2030", "Normal", "SampleSet", "read_draws"]
)
def test_names_do_not_hide_words_of_the_language(result, name, tmp_path):
    parameter = next(iter(result["prior"].data_vars))
    dataset = result["prior"].to_dataset()[[parameter]].rename({parameter: name})
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=dict(result.attrs)), "prior": dataset})
    (found,) = read(export(tree, tmp_path / "one.squiggle").path)
    assert found not in {"mean", "if", "to", "normal", "read_draws"}
    assert re.fullmatch("(?!true|false)[a-z][a-z0-9_]*", found)


def test_names_units_and_years_come_back(result, tmp_path):
    tree = result.copy()
    dataset = result["prior"].to_dataset()[["request_growth", "token_exponent"]].copy()
    dataset["request_growth"].attrs = {"units": "a (b), c*d", "long_name": "x, 2030, *y*; of 5 draws: p5"}
    dataset["token_exponent"].attrs = {}
    tree["prior"] = dataset.rename(request_growth="true growth", token_exponent="share_2024")
    path = export(tree, tmp_path / "a.squiggle", outputs=["true growth", "share_2024", "energy_served"]).path
    found = read_back(path)
    assert list(found["prior"].data_vars) == ["true growth", "share_2024"]
    assert found["prior"]["true growth"].attrs == {"units": "a (b), c*d", "long_name": "x, 2030, *y*; of 5 draws: p5"}
    assert found["prior"]["share_2024"].attrs == {"units": ""}
    wanted = first_rows(result["prior"]["request_growth"])
    np.testing.assert_array_equal(first_rows(found["prior"]["true growth"]), wanted)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("])\n", "])\ny = 3 + 4\n", "expected"),
        ("])\n", "])\ny = normal(1, 2)\n", "2 lists, and 1 labels"),
        ("SampleSet.fromList([", "List.map([", "line 1[0-9]: is no list of draws"),
        ("SampleSet.fromList([", "SampleSet.fromList([to(1, 2), ", "is no list of draws"),
        ("SampleSet.fromList([", "SampleSet.fromList([1e400, ", "too large"),
        ("SampleSet.fromList([", "SampleSet.fromList([1], [", "is no list of draws"),
        ("// energy_served_2030: ", "", "cut short or damaged"),
        ("export ", "export f(x) = x\nexport ", "expected"),
    ],
)
def test_nothing_but_lists_is_read(result, tmp_path, before, after, words):
    path = export(result, tmp_path / "a.squiggle", outputs="energy_served", years=2030).path
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    if before.startswith("//"):
        path.write_text(text.replace("of 1,024 draws", "of no draws"), encoding="utf-8")
        assert list(read_back(path)["prior_predictive"].data_vars) == ["energy_served"]
        return
    with pytest.raises(IntegrityError, match=words) as caught:
        read_back(path)
    assert "\n" not in str(caught.value)


def test_lists_of_others_are_called_as_they_are(tmp_path):
    path = tmp_path / "a.squiggle"
    path.write_text("power_2029 = SampleSet.fromList([1, 2.5])\r\npower_2030 = SampleSet.fromList([-3, 4e-5])\r\n")
    assert read_back(path)["prior_predictive"]["power"].values.tolist() == [[[1.0, -3.0], [2.5, 4e-5]]]
    path.write_text("a = SampleSet.fromList([1, 2])\nb = SampleSet.fromList([1])\n")
    with pytest.raises(IntegrityError, match="not of the same number of draws"):
        read_back(path)
    path.write_text("a = SampleSet.fromList([])\n")
    with pytest.raises(IntegrityError, match="not of the same number of draws"):
        read_back(path)
    path.write_text("a = read_draws('1 2 x')\n")
    with pytest.raises(IntegrityError, match="'x' is no number"):
        read_back(path)
