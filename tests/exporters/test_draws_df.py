"""The CSV for R's posterior, read by pandas; R reads it in `heavy`."""

import re

import numpy as np
import pandas as pd
import pytest

import mcdemand as mc
from mcdemand.errors import InputError


def export(result, path, **request):
    return mc.export(result, path, "draws-df", overwrite=True, **request)


def test_every_draw_is_there(result, tmp_path):
    export(result, tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv")
    assert table.columns[:3].tolist() == [".chain", ".iteration", ".draw"]
    assert table[".draw"].tolist() == list(range(1, 1025))
    for chain in range(4):
        part = table[table[".chain"] == chain + 1]
        assert part[".iteration"].tolist() == list(range(1, 257))
        for k, year in enumerate(result["prior_predictive"]["year"].values, 1):
            assert (part[f"year[{k}]"] == year).all()
            expected = result["prior_predictive"]["energy_served"].sel(year=year, chain=chain).values
            np.testing.assert_array_equal(part[f"energy_served[{k}]"], expected)
        np.testing.assert_array_equal(part["tokens_2024"], result["prior"]["tokens_2024"].sel(chain=chain).values)


def test_years_can_be_labels(result, tmp_path):
    export(result, tmp_path / "a.csv", outputs=["energy_served", "tokens_2024"], years=[2025, 2030], index="year")
    columns = pd.read_csv(tmp_path / "a.csv").columns.tolist()
    assert columns[3:] == ["energy_served[y2025]", "energy_served[y2030]", "tokens_2024"]


def test_draws_can_be_fewer(result, tmp_path):
    export(result, tmp_path / "a.csv", outputs="tokens_2024", draws=8)
    table = pd.read_csv(tmp_path / "a.csv")
    assert table[".chain"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert table[".iteration"].tolist() == [1, 2] * 4
    np.testing.assert_array_equal(table["tokens_2024"], result["prior"]["tokens_2024"].values[:, :2].ravel())


def test_names_of_strangers_become_plain_ones(poison, payload, tmp_path):
    tree = poison(payload)
    written = export(tree, tmp_path / "a.csv")
    header, *rows = (tmp_path / "a.csv").read_text(encoding="ascii").splitlines()
    labels = header.split(",")
    assert all(re.fullmatch(r"[A-Za-z.][A-Za-z0-9_.]*(\[\d+\])?", label) for label in labels)
    assert len(set(labels)) == len(labels)
    assert len(rows) == 128
    assert all(re.fullmatch(r"[0-9.,e+-]+", row) for row in rows)
    assert all(note.isprintable() for note in written.notes)


def test_a_word_of_r_is_no_name(result, tmp_path):
    tree = result.copy()
    tree["prior"] = result["prior"].to_dataset()[["tokens_2024"]].rename(tokens_2024="NA")
    written = export(tree, tmp_path / "a.csv")
    assert "na_" in pd.read_csv(tmp_path / "a.csv").columns
    assert "'NA' is called na_, as R's posterior reads no other characters." in written.notes


def test_refusals(result, tmp_path):
    with pytest.raises(InputError, match=r"index: 'month': unknown"):
        export(result, tmp_path / "a.csv", index="month")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("\n1,1,1,", "\n1,2,1,", "sorted anew or changed"),
        ("\n2,1,3,", "\n2.5,1,3,", "an odd chain or draw"),
        ("\n2,2,4,", "\n2,2,4,7,", "damaged"),
        ("energy_served[1]", "energy_served[1", r"'energy_served\[1' is no name"),
        ("energy_served[1]", "energy_served[3]", r"no column year\[3\] says"),
        ("energy_served[1]", "energy_served[2]", "two columns are called 'energy_served' in 2030"),
        ("energy_served[1]", "energy_served", "not of the same years|cut short"),
        (",2029.0,", ",2028.0,", "a year is not the same in all of its rows"),
        (",2030.0,", ",2030.5,", "a year is not the same in all of its rows"),
        (",2029.0,2030.0,", ",2029.0,2030.0,nan", "damaged|no numbers"),
    ],
)
def test_a_changed_file_is_refused(result, tmp_path, before, after, words):
    path = tmp_path / "a.csv"
    export(result, path, outputs=["energy_served", "tokens_served"], years=[2029, 2030], draws=8)
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(mc.IntegrityError, match=words) as caught:
        mc.read(path)
    assert "\n" not in str(caught.value)


def test_a_whole_chain_less_is_another_sample_and_a_row_less_is_refused(result, tmp_path):
    path = tmp_path / "a.csv"
    export(result, path, outputs="tokens_2024", draws=8)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:7]))
    assert mc.read(path)["prior"].sizes == {"chain": 3, "draw": 2}
    for count, words in ((6, "cut short, or its rows"), (1, "it has no rows of draws")):
        path.write_text("".join(lines[:count]))
        with pytest.raises(mc.IntegrityError, match=words):
            mc.read(path)
    path.write_text("".join(lines).rstrip())
    with pytest.raises(mc.IntegrityError, match="its last line has no end"):
        mc.read(path)


def test_the_header_may_stand_in_quotes(result, tmp_path):
    path = tmp_path / "a.csv"
    export(result, path, outputs="tokens_2024", draws=8)
    header, rest = path.read_text().split("\n", 1)
    path.write_text(",".join(f'"{label}"' for label in header.split(",")) + "\n" + rest)
    assert list(mc.read(path)["prior"].data_vars) == ["tokens_2024"]
