"""Squiggle's own engine runs the exported source.

Needs node and a folder where `npm install @quri/squiggle-lang date-fns` was run, named by MCDEMAND_SQUIGGLE.
Passed with @quri/squiggle-lang 0.10.0 and node 20.20.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from mcdemand.exporting import export
from mcdemand.report.text import literal

pytestmark = pytest.mark.heavy

RUN = """
import { readFileSync } from "fs";
import { run } from "@quri/squiggle-lang";
const answers = [];
for (const [path, more] of JSON.parse(process.argv[2])) {
  const { result } = await run(readFileSync(path, "utf8") + "\\n" + more);
  if (!result.ok) { answers.push({ error: result.value.toString() }); continue; }
  const names = Object.fromEntries(result.value.bindings.entries().map(([key, value]) =>
    [key, { name: value.tags.name() ?? null, doc: value.tags.doc() ?? null }]));
  const found = result.value.result;
  answers.push({ names, numbers: found.tag === "Array" ? found.value.getValues().map((x) => x.value) : null });
}
console.log(JSON.stringify(answers));
"""


@pytest.fixture(scope="module")
def squiggle():
    """Run sources with more lines after each, and return what the engine made of them."""
    folder = os.environ.get("MCDEMAND_SQUIGGLE", "")
    if not folder or shutil.which("node") is None:
        pytest.skip("needs node, and MCDEMAND_SQUIGGLE: a folder with npm install @quri/squiggle-lang date-fns")
    script = Path(folder) / "run_exported.mjs"
    script.write_text(RUN)

    def runs(sources):
        argument = json.dumps([[str(path), more] for path, more in sources])
        done = subprocess.run(["node", script, argument], cwd=folder, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return runs


LEVELS = [0.05, 0.5, 0.95]


def levels_of(expression):
    return ", ".join(f"quantile({expression}, {level})" for level in LEVELS)


@pytest.mark.parametrize("numbers", ["list", "text"])
def test_engine_agrees_on_an_output_and_on_a_ratio(squiggle, result, tmp_path, numbers):
    path = tmp_path / "out.squiggle"
    export(result, path, outputs=["energy_served", "tokens_served"], years=2030, numbers=numbers)
    ratio = "energy_served_2030 / tokens_served_2030"
    more = f"[{levels_of('energy_served_2030')}, {levels_of(ratio)}, mean({ratio}), SampleSet.toList({ratio})[7]]"
    (answer,) = squiggle([(path, more)])
    draws = result["prior_predictive"]
    energy, tokens = (
        draws[name].sel(year=2030).transpose("draw", "chain").values.reshape(-1)[:1000]
        for name in ("energy_served", "tokens_served")
    )
    both = energy / tokens
    expected = [*np.quantile(energy, LEVELS), *np.quantile(both, LEVELS), both.mean(), both[7]]
    np.testing.assert_allclose(answer["numbers"], expected, rtol=1e-12)
    # Independent rows would give another ratio: the test would see it.
    shuffled = np.quantile(energy / np.roll(tokens, 1), LEVELS)
    assert np.abs(shuffled / np.quantile(both, LEVELS) - 1).max() > 0.1


def test_engine_reads_every_column(squiggle, result, tmp_path):
    path = export(result, tmp_path / "all.squiggle", numbers="text").path
    (answer,) = squiggle([(path, "1")])
    expected = 24 + len(result["prior"].data_vars)
    assert len([name for name in answer["names"] if name != "read_draws"]) == expected
    assert answer["names"]["energy_served_2030"]["name"] == "energy_served 2030 (TWh)"


def test_engine_shows_strangers_texts(squiggle, poison, tmp_path):
    from tests.exporters.conftest import HOSTILE

    sources = []
    for k, text in enumerate(HOSTILE):
        tree = poison(text)
        tree.attrs["design"] = "random"
        tree = tree.map_over_datasets(lambda one: xr.concat([one] * 8, "draw") if one.data_vars else one)
        path = export(tree, tmp_path / f"{k}.squiggle", years=2030, numbers="text").path
        sources.append((path, "1"))
    for text, answer in zip(HOSTILE, squiggle(sources), strict=True):
        assert "error" not in answer, (text, answer)
        found = [one for name, one in answer["names"].items() if name != "read_draws"]
        assert len(found) == 2
        assert any(literal(text.replace("/", "|")).strip() in one["name"] for one in found)


@pytest.mark.parametrize("name", ["mean", "true1", "falsehood", "if", "to", "2030", "Normal", "SampleSet"])
def test_engine_takes_every_name(squiggle, result, tmp_path, name):
    parameter = next(iter(result["prior"].data_vars))
    dataset = result["prior"].to_dataset()[[parameter]].rename({parameter: name})
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=dict(result.attrs)), "prior": dataset})
    path = export(tree, tmp_path / "one.squiggle").path
    (found,) = [line.split()[1] for line in path.read_text().splitlines() if line.startswith("export ")]
    (answer,) = squiggle([(path, f"[mean({found}), quantile({found}, 0.5)]")])
    draws = dataset[name].transpose("draw", "chain").values.reshape(-1)[:1000]
    np.testing.assert_allclose(answer["numbers"], [draws.mean(), np.median(draws)], rtol=1e-12)
