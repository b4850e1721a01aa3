"""Squiggle's own engine and ours read the same source, and agree on the quantiles.

Needs node and a folder where `npm install @quri/squiggle-lang date-fns` was run, named by MCDEMAND_SQUIGGLE.
Passed with @quri/squiggle-lang 0.10.0 and node 20.20.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

import mcdemand as mc
from mcdemand.prior_set import load_prior_set
from mcdemand.row_builder import prior_quantiles

pytestmark = pytest.mark.heavy

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
RUN = """
import { readFileSync } from "fs";
import { run } from "@quri/squiggle-lang";
const { result } = await run(readFileSync(process.argv[2], "utf8"));
if (!result.ok) throw new Error(result.value.toString());
console.log(JSON.stringify(result.value.result.value.getValues().map((x) => x.value)));
"""
SYMBOLIC = {
    "a": "Sym.normal({p5: -1, p95: 3})",
    "b": "Sym.lognormal({p10: 1, p90: 10})",
    "c": "Sym.lognormal({mean: 5, stdev: 2})",
    "d": "Sym.beta({mean: 0.3, stdev: 0.1})",
    "e": "Sym.gamma(5, 2)",
    "f": "Sym.exponential(2)",
    "g": "Sym.cauchy(1, 2)",
    "h": "Sym.logistic(1, 2)",
    "i": "Sym.triangular(3, 5, 10)",
    "j": "Sym.uniform(1.5k, 3M)",
    "k": "Sym.lognormal(0.5, 8%)",
}
SAMPLED = {
    "a": "2 to 5",
    "b": "mixture([1 to 2, 3 to 4], [0.3, 0.7])",
    "c": "mx(1 to 2, normal(8, 1), [3, 6])",
    "d": "truncate(normal(0, 1), -1, 2)",
    "e": "normal(0, 1) -> truncateLeft(-1)",
    "f": "(1 to 10) -> truncate(2, 5)",
    "g": "mixture(1 to 2, 7, 3 to 4)",
}
# The engine draws 1,000 samples, so quantiles come within some per cent only.
CASES = {"symbolic": (SYMBOLIC, 2e-6), "sampled": (SAMPLED, 0.25)}


@pytest.mark.parametrize("kind", CASES)
def test_both_agree(kind, tmp_path):
    folder = os.environ.get("MCDEMAND_SQUIGGLE", "")
    if not folder or shutil.which("node") is None:
        pytest.skip("needs node, and MCDEMAND_SQUIGGLE: a folder with npm install @quri/squiggle-lang date-fns")
    statements, tolerance = CASES[kind]
    source = "\n".join(f"{name} = {law}" for name, law in statements.items())
    (tmp_path / "x.squiggle").write_text(source)
    priors = load_prior_set(mc.import_priors(tmp_path / "x.squiggle").document()).parameters
    asked = ", ".join(f"quantile({name}, {level})" for name in statements for level in LEVELS)
    (tmp_path / "asked.squiggle").write_text(f"{source}\n[{asked}]")
    script = Path(folder) / "run_imported.mjs"
    script.write_text(RUN)
    done = subprocess.run(
        ["node", script, tmp_path / "asked.squiggle"], cwd=folder, capture_output=True, text=True, check=True
    )
    theirs = json.loads(done.stdout)
    for place, name in enumerate(statements):
        expected = theirs[len(LEVELS) * place : len(LEVELS) * (place + 1)]
        found = prior_quantiles(priors[name], LEVELS)
        scale = max(abs(found[-1] - found[0]), 1e-12) if kind == "sampled" else 0
        assert_allclose(found, expected, rtol=tolerance if kind == "symbolic" else 0, atol=0.1 * scale, err_msg=name)
