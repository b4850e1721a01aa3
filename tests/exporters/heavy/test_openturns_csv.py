"""The CSV table in OpenTURNS: `uv run --with openturns pytest -m heavy tests/exporters/heavy/test_openturns_csv.py`."""

import numpy as np
import pytest

from mcdemand.exporting import export

openturns = pytest.importorskip("openturns", reason="needs openturns: uv run --with openturns pytest -m heavy ...")


@pytest.mark.heavy
@pytest.mark.parametrize("layout", ["wide", "tidy"])
def test_a_sample_of_openturns(result, tmp_path, layout):
    years = [2030, 2031]
    path = export(
        result, tmp_path / "a.csv", outputs=["energy_served", "growth_shape"], years=years, layout=layout
    ).path
    sample = openturns.Sample.ImportFromTextFile(str(path), ",")
    names = [str(name).strip('" ') for name in sample.getDescription()]
    wanted = result["prior_predictive"]["energy_served"]
    if layout == "wide":
        assert names == ["chain", "draw", "energy_served_2030", "energy_served_2031", "growth_shape"]
        found = np.asarray(sample)[:, 2:4]
        assert found.tobytes() == np.ascontiguousarray(wanted.sel(year=years).values.reshape(-1, 2)).tobytes()
    else:
        assert names == ["chain", "draw", "year", "energy_served", "growth_shape"]
        rows = np.asarray(sample)
        assert np.array_equal(rows[rows[:, 2] == 2031, 3], wanted.sel(year=2031).values.ravel())
