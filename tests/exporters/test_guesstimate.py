"""The paste list, read by the rules of Guesstimate's own parser."""

import math
import re

import numpy as np
import pytest

from mcdemand.errors import InputError
from mcdemand.exporters.guesstimate import power_of_thousand
from mcdemand.exporting import export


def format_data(text):
    """Return what a cell makes of a text: `formatData` of guesstimate-app, in Python."""
    numbers = []
    for part in re.split(r"[\n\s,]+", re.sub(r"[\[\]]", "", text)):
        try:
            numbers.append(float(part))
        except ValueError:
            continue
    return np.array([one for one in numbers if math.isfinite(one)][:10_000])


def scaled(result, factor):
    """Return a result with an output in another unit."""
    tree = result.copy(deep=True)
    tree["prior_predictive"]["energy_served"].values[:] *= factor
    return tree


def test_numbers_come_back(result, tmp_path):
    path = tmp_path / "list.txt"
    exported = export(result, path, "guesstimate", outputs="energy_served", years=2030)
    text = path.read_text(encoding="ascii")
    assert "=" not in text
    assert len(re.findall(r"[\n\s,]", text)) > 3
    draws = result["prior_predictive"]["energy_served"].sel(year=2030).transpose("draw", "chain").values.reshape(-1)
    np.testing.assert_array_equal(format_data(text), draws)
    assert (
        exported.notes[0]
        == "AI electricity used in a year, 2030, TWh: the numbers are in that unit; say so in the cell."
    )


@pytest.mark.parametrize(("factor", "power"), [(1e27, 27), (1e-18, -18)])
def test_no_number_needs_an_exponent(result, tmp_path, factor, power):
    tree = scaled(result, factor)
    exported = export(tree, tmp_path / "list.txt", "guesstimate", outputs="energy_served", years=2024)
    text = exported.path.read_text()
    assert re.fullmatch(r"(?:-?\d+(?:\.\d+)?\n)+", text)
    draws = tree["prior_predictive"]["energy_served"].sel(year=2024).transpose("draw", "chain").values.reshape(-1)
    np.testing.assert_allclose(format_data(text), draws / float(f"1e{power}"), rtol=1e-15)
    assert f"10^{power} times the unit" in exported.notes[0]


def test_powers_leave_one_to_three_digits():
    for exponent in range(-30, 31):
        shown = 4.4 * 10.0**exponent / 10.0 ** power_of_thousand(4.4 * 10.0**exponent)
        assert 1 <= shown < 1000


def test_rows_are_limited_and_the_rest_is_said(result, tmp_path):
    exported = export(result, tmp_path / "list.txt", "guesstimate", outputs="energy_served", years=2030, rows=100)
    assert len(exported.path.read_text().split()) == 100
    assert any(note.startswith("100 of 1,024 draws") for note in exported.notes)
    for rows in (4, 10_001, True, 2.5):
        with pytest.raises(InputError, match=r"rows: .*: must be a whole number from 5 to 10000"):
            export(result, tmp_path / "no.txt", "guesstimate", outputs="energy_served", years=2030, rows=rows)


def test_more_columns_are_refused_with_a_remedy(result, tmp_path):
    with pytest.raises(InputError, match=r"24 columns; name one, such as outputs='energy_served' and years=2035"):
        export(result, tmp_path / "list.txt", "guesstimate")
    assert not list(tmp_path.iterdir())


def test_nothing_of_strangers_is_in_the_list(poison, payload, tmp_path):
    exported = export(poison(payload), tmp_path / "list.txt", "guesstimate", years=2030)
    assert re.fullmatch(r"(?:-?\d+(?:\.\d+)?\n){128}", exported.path.read_text())
    assert all("\n" not in note and "\x1b" not in note for note in exported.notes)
