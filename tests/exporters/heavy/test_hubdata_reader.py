"""hubdata reads a small hub around the exported file; the hub's configuration is valid by hubverse's own schema.

Needs a Python that has hubdata and jsonschema, named by MCDEMAND_HUBDATA, and hubverse's tasks-schema.json of version 6
named by MCDEMAND_HUB_SCHEMA. Passed with hubdata 0.2.0, pyarrow 26.0.1, schema 6.0.0.
"""

import json
import os
import subprocess

import numpy as np
import pytest

from mcdemand.exporting import export

pytestmark = pytest.mark.heavy

TARGETS = {"energy_served": "TWh", "tokens_served": "T/day"}
YEARS = [2030, 2035]
LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]
THRESHOLDS = [100.0, 1000.0]
RUN = """
import json, sys
from pathlib import Path
import jsonschema
from hubdata import connect_hub
hub = connect_hub(Path(sys.argv[1]))
schema = json.loads(Path(sys.argv[2]).read_text())
jsonschema.validators.validator_for(schema)(schema).validate(hub.tasks)
rows = hub.to_table().to_pylist()
kinds = {name: str(kind) for name, kind in zip(hub.schema.names, hub.schema.types)}
print(json.dumps({"kinds": kinds, "rows": rows}, default=str))
"""


def value_of(kind="double"):
    return {"type": kind}


def tasks(samples):
    dates = [f"{year}-12-31" for year in YEARS]
    ids = {
        "origin_date": {"required": ["2024-12-31"], "optional": None},
        "target": {"required": list(TARGETS), "optional": None},
        "target_date": {"required": dates, "optional": None},
        "scenario_id": {"required": ["consensus"], "optional": None},
    }
    point = {"output_type_id": {"required": None}, "value": value_of(), "is_required": True}
    sample = {"type": "integer", "min_samples_per_task": samples, "max_samples_per_task": samples}
    types = {
        "mean": point,
        "median": point,
        "quantile": {"output_type_id": {"required": LEVELS}, "value": value_of(), "is_required": True},
        "cdf": {
            "output_type_id": {"required": THRESHOLDS},
            "value": {"type": "double", "minimum": 0, "maximum": 1},
            "is_required": True,
        },
        "sample": {
            "output_type_id_params": {**sample, "compound_taskid_set": ["origin_date", "scenario_id"]},
            "value": value_of(),
            "is_required": True,
        },
    }
    about = [
        {
            "target_id": name,
            "target_name": name,
            "target_units": units,
            "target_keys": {"target": name},
            "target_type": "continuous",
            "is_step_ahead": False,
        }
        for name, units in TARGETS.items()
    ]
    round_ = {
        "round_id_from_variable": True,
        "round_id": "origin_date",
        "model_tasks": [{"task_ids": ids, "output_type": types, "target_metadata": about}],
        "submissions_due": {"relative_to": "origin_date", "start": -7, "end": 7},
    }
    address = "https://raw.githubusercontent.com/hubverse-org/schemas/main/v6.0.0/tasks-schema.json"
    return {"schema_version": address, "output_type_id_datatype": "character", "rounds": [round_]}


def read(hub):
    python, schema = os.environ.get("MCDEMAND_HUBDATA", ""), os.environ.get("MCDEMAND_HUB_SCHEMA", "")
    if not python or not schema:
        pytest.skip("needs MCDEMAND_HUBDATA: a Python with hubdata and jsonschema, and MCDEMAND_HUB_SCHEMA")
    done = subprocess.run([python, "-c", RUN, str(hub), schema], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_hub_reads_what_was_exported(result, tmp_path, suffix):
    config = tmp_path / "hub-config"
    folder = tmp_path / "model-output" / "mcdemand-consensus"
    config.mkdir()
    folder.mkdir(parents=True)
    (config / "admin.json").write_text(json.dumps({"file_format": [suffix], "name": "test"}))
    (config / "tasks.json").write_text(json.dumps(tasks(50)))
    path = folder / f"2024-12-31-mcdemand-consensus.{suffix}"
    exported = export(result, path, "hubverse", years=YEARS, samples=50, thresholds=THRESHOLDS)
    assert f"model-output/mcdemand-consensus/{path.name}" in exported.notes[0]
    answer = read(tmp_path)
    assert answer["kinds"]["output_type_id"] == "string"
    assert answer["kinds"]["value"] == "double"
    found = {}
    for row in answer["rows"]:
        assert row["model_id"] == "mcdemand-consensus"
        assert row["origin_date"] == "2024-12-31"
        assert row["scenario_id"] == "consensus"
        key = row["target"], int(row["target_date"][:4]), row["output_type"]
        found.setdefault(key, {})[row["output_type_id"]] = row["value"]
    assert len(answer["rows"]) == len(TARGETS) * len(YEARS) * (2 + 5 + 2 + 50)
    for name in TARGETS:
        for year in YEARS:
            draws = result["prior_predictive"][name].sel(year=year).transpose("draw", "chain").values.reshape(-1)
            np.testing.assert_allclose([*found[name, year, "mean"].values()], [draws.mean()], rtol=1e-13)
            np.testing.assert_allclose([*found[name, year, "median"].values()], [np.median(draws)], rtol=1e-14)
            levels = [found[name, year, "quantile"][str(p)] for p in LEVELS]
            np.testing.assert_allclose(levels, np.quantile(draws, LEVELS), rtol=1e-14)
            shares = [found[name, year, "cdf"][str(x)] for x in THRESHOLDS]
            assert shares == [(draws <= x).mean() for x in THRESHOLDS]
            assert [found[name, year, "sample"][str(k)] for k in range(50)] == draws[:50].tolist()
