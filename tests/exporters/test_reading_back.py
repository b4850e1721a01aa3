"""Formats that keep draws but not the run: `mc.read` returns the same bits, or says in one line why it cannot."""

import numpy as np
import pytest

import mcdemand as mc
from mcdemand.cli import main
from mcdemand.exporting import export
from mcdemand.result_files import read

OUTPUTS, PARAMETERS = ["energy_served", "tokens_served"], ["token_exponent", "tokens_2024"]
WHOLE, SAMPLES = {"outputs": [*OUTPUTS, *PARAMETERS]}, {"outputs": OUTPUTS, "samples": 1000}
CASES = {
    "draws-df position": ("draws-df", "csv", WHOLE),
    "draws-df year": ("draws-df", "csv", WHOLE | {"index": "year"}),
    "excel": ("excel", "xlsx", WHOLE),
    "sipmath2": ("sipmath2", "xlsx", WHOLE),
    "squiggle list": ("squiggle", "squiggle", WHOLE),
    "squiggle text": ("squiggle", "squiggle", WHOLE | {"numbers": "text"}),
    "squigglepy": ("squigglepy", "py", WHOLE),
    "hubverse parquet": ("hubverse", "parquet", SAMPLES),
    "hubverse csv": ("hubverse", "csv", SAMPLES),
    "hubverse double ids": ("hubverse", "parquet", SAMPLES | {"output_types": ["mean", "sample"], "id_type": "double"}),
    "hubverse own ids": ("hubverse", "parquet", SAMPLES | {"output_types": "sample", "joint_targets": False}),
}
SMALL = {
    "draws-df": ("csv", {"draws": 12}),
    "excel": ("xlsx", {"draws": 12}),
    "sipmath2": ("xlsx", {"draws": 12}),
    "squiggle": ("squiggle", {}),
    "squigglepy": ("py", {"rows": 12}),
    "hubverse": ("csv", {"samples": 12}),
    "hubverse-parquet": ("parquet", {"samples": 12}),
}
EVERY = pytest.mark.parametrize("case", CASES)
EVERY_SMALL = pytest.mark.parametrize("case", SMALL)


@pytest.fixture(scope="module")
def two_chains():
    request = {"draws": 1000, "chains": 2, "design": "random", "seed": 3}
    return mc.simulate("consensus", outputs=[*OUTPUTS, *PARAMETERS], years=[2029, 2030], **request)


@pytest.fixture
def small(two_chains, tmp_path, case):
    """Return the path of a small file, and what it has to keep."""
    suffix, options = SMALL[case]
    path = tmp_path / f"small.{suffix}"
    return export(two_chains, path, case.partition("-p")[0], outputs=OUTPUTS, **options).path


def in_turn(array):
    """Return draws of (chain, draw[, year]) as a format lists them that knows no chains."""
    return array.transpose("draw", "chain", ...).values.reshape(array.sizes["chain"] * array.sizes["draw"], -1)


@EVERY
def test_draws_come_back_to_the_last_bit(two_chains, tmp_path, case):
    to, suffix, options = CASES[case]
    found = read(export(two_chains, tmp_path / f"a.{suffix}", to, **options).path)
    names = {str(name) for group in found.children.values() for name in group.data_vars}
    assert names == {*options["outputs"]}
    for group, known in (("prior_predictive", OUTPUTS), ("prior", PARAMETERS)):
        for name in names & {*known}:
            array, wanted = found[group][name], two_chains[group][name]
            assert array.dims == wanted.dims
            assert in_turn(array).tobytes() == in_turn(wanted).tobytes()
            if case != "hubverse csv":
                assert array.sizes == wanted.sizes
                assert array["draw"].values.tolist() == wanted["draw"].values.tolist()
    assert found["prior_predictive"]["year"].values.tolist() == [2029, 2030]


@EVERY
def test_what_is_said_comes_back(two_chains, tmp_path, case):
    to, suffix, options = CASES[case]
    found = read(export(two_chains, tmp_path / f"a.{suffix}", to, **options).path)
    array, wanted = found["prior_predictive"]["energy_served"], two_chains["prior_predictive"]["energy_served"]
    if to == "draws-df" or case == "hubverse csv":
        assert (array.attrs, found.attrs) == ({}, {})
        return
    assert array.attrs["units"] == wanted.attrs["units"]
    if to != "hubverse":
        assert array.attrs["long_name"] == wanted.attrs["long_name"]
    stated = ("title", "source", "prior_set", "model", "design", "seed", "chains", "draws")
    assert {key: found.attrs[key] for key in stated} == {key: two_chains.attrs[key] for key in stated}
    assert found.attrs["result_sha256"] == mc.reading.content_digest(two_chains)
    assert "content_sha256" not in found.attrs


@EVERY
def test_what_is_read_is_a_result(two_chains, tmp_path, case):
    to, suffix, options = CASES[case]
    found = read(export(two_chains, tmp_path / f"a.{suffix}", to, **options).path)
    assert float(mc.summarize(found)["mean"][0, 0]) > 0
    again = read(export(found, tmp_path / "b.csv").path)
    for name in OUTPUTS:
        np.testing.assert_array_equal(again["prior_predictive"][name], found["prior_predictive"][name])


def test_the_rest_of_an_uneven_cut_is_of_one_chain(two_chains, tmp_path):
    for name, options in (("a.py", {"rows": 333}), ("a.parquet", {"samples": 333})):
        to = "squigglepy" if name == "a.py" else "hubverse"
        found = read(export(two_chains, tmp_path / name, to, outputs=OUTPUTS, **options).path)
        array = found["prior_predictive"]["energy_served"]
        assert (array.sizes["chain"], array.sizes["draw"]) == (1, 333)
        np.testing.assert_array_equal(in_turn(array), in_turn(two_chains["prior_predictive"]["energy_served"])[:333])
        assert (found.attrs["draws"], found.attrs["draws_kept"]) == (1000, 333)
        assert "chains" not in found.attrs


@EVERY_SMALL
def test_a_cut_is_found(two_chains, small, case):
    whole = small.read_bytes()
    generator = np.random.default_rng(5)
    refused = 0
    for length in [*generator.integers(0, len(whole), 60), *range(len(whole) - 12, len(whole))]:
        small.write_bytes(whole[:length])
        found, said = outcome(small)
        assert said.count("\n") == 0
        refused += bool(said)
        if found is not None:
            assert_part(found, two_chains)
    # What squigglepy's file has behind its draws, and whole lists of Squiggle, can be missed.
    assert refused > (40 if case in ("squiggle", "squigglepy") else 69)


@EVERY_SMALL
def test_a_flipped_bit_is_found_or_is_in_no_number_or_is_a_digit(two_chains, small, case):
    whole = small.read_bytes()
    generator = np.random.default_rng(7)
    for place in generator.integers(0, len(whole), 100):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(generator.integers(8))
        small.write_bytes(broken)
        found, said = outcome(small)
        assert said.count("\n") == 0
        if found is not None and case in ("excel", "sipmath2", "hubverse-parquet"):
            assert_part(found, two_chains)


@pytest.mark.parametrize("to", ["draws-df", "excel", "sipmath2", "squigglepy", "hubverse"])
def test_strangers_texts_come_back_as_texts(poison, payload, tmp_path, to):
    tree = poison(payload)
    tree.attrs["design"] = "random"
    suffix = {"hubverse": "csv", "draws-df": "csv", "squigglepy": "py"}.get(to, "xlsx")
    path = export(tree, tmp_path / f"a.{suffix}", to, years=[2030, 2031]).path
    found = read(path)
    array = next(iter(found["prior_predictive"].data_vars.values()))
    wanted = next(iter(tree["prior_predictive"].data_vars.values())).sel(year=[2030, 2031])
    np.testing.assert_array_equal(in_turn(array), in_turn(wanted)[: in_turn(array).shape[0]])
    assert str(array.name).isprintable()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_strangers_texts_come_back_from_squiggle(two_chains, payload, tmp_path):
    name = payload.replace("/", "|")
    tree = two_chains.copy()
    dataset = two_chains["prior_predictive"].to_dataset()[OUTPUTS[:1]].copy()
    dataset[OUTPUTS[0]].attrs = {"units": payload, "long_name": payload}
    tree["prior_predictive"] = dataset.rename({OUTPUTS[0]: name})
    tree.attrs |= {"title": payload, "notices": payload}
    found = read(export(tree, tmp_path / "a.squiggle", outputs=name).path)
    array = next(iter(found["prior_predictive"].data_vars.values()))
    np.testing.assert_array_equal(array, two_chains["prior_predictive"][OUTPUTS[0]])
    assert str(array.name).isprintable()


def test_content_tells_which_of_several_formats_it_is(two_chains, tmp_path):
    for to, suffix in (
        ("csv", "csv"),
        ("draws-df", "csv"),
        ("hubverse", "csv"),
        ("excel", "xlsx"),
        ("sipmath2", "xlsx"),
    ):
        path = export(two_chains, tmp_path / f"a.{suffix}", to, outputs=OUTPUTS, overwrite=True).path
        kept = read(path)["prior_predictive"]["energy_served"].sizes
        assert kept["chain"] * kept["draw"] == (100 if to == "hubverse" else 1000)
    for to in ("parquet", "hubverse"):
        path = export(two_chains, tmp_path / "a.parquet", to, outputs=OUTPUTS, overwrite=True).path
        assert read(path)["prior_predictive"]["energy_served"].sizes["year"] == 2
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(mc.IntegrityError, match="is no result in CSV: its columns must begin with chain,draw"):
        read(tmp_path / "a.csv")
    (tmp_path / "a.parquet").write_bytes(b"PAR1PAR1")
    with pytest.raises(mc.IntegrityError, match="cut short or damaged"):
        read(tmp_path / "a.parquet")


def test_reading_a_workbook_needs_no_library(two_chains, tmp_path, monkeypatch):
    path = export(two_chains, tmp_path / "a.xlsx", outputs=OUTPUTS).path
    hub = export(two_chains, tmp_path / "a.parquet", "hubverse", outputs=OUTPUTS).path
    monkeypatch.setattr("mcdemand.exporters._exporter.find_spec", lambda _: None)
    assert read(path)["prior_predictive"].sizes["draw"] == 500
    with pytest.raises(mc.InputError, match="parquet: needs pyarrow, which is not installed"):
        read(hub)


def test_what_is_no_such_file_is_told(tmp_path):
    for name in ("a.csv", "a.xlsx", "a.squiggle", "a.py", "a.parquet"):
        with pytest.raises(mc.FileError, match="no such file or folder"):
            read(tmp_path / name)
        (tmp_path / name).mkdir()
        with pytest.raises(mc.FileError, match="Is a directory"):
            read(tmp_path / name)
        (tmp_path / name).rmdir()
        for content in (b"", b"\x00\xff" * 40, b"one,two\n", b"PK\x03\x04"):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(mc.IntegrityError) as caught:
                read(tmp_path / name)
            assert "\n" not in str(caught.value)
        (tmp_path / name).unlink()


def command(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return left.value.code


def test_commands_take_them_and_runs_do_not(two_chains, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    export(two_chains, "a.xlsx", outputs=OUTPUTS)
    assert command("export", "a.xlsx", "-o", "b.squiggle", "--quiet") == 0
    assert command("export", "b.squiggle", "-o", "c.csv", "--quiet") == 0
    np.testing.assert_array_equal(
        read("c.csv")["prior_predictive"]["energy_served"], two_chains["prior_predictive"]["energy_served"]
    )
    for words in (("run", "--from", "a.xlsx"), ("verify", "a.xlsx")):
        assert command(*words) == 2
        assert "holds draws but not the prior set" in capsys.readouterr().err
    for name, said in (
        ("x.xlsx", "; excel files do not keep one"),
        ("x.squiggle", "; squiggle files do"),
        ("x.py", ""),
    ):
        assert command("run", "seed", "--draws", "64", "-o", name) == 2
        refused = " ".join(capsys.readouterr().err.split())
        assert "a result file ends in .arrow, .arviz.nc, .csv, .feather, .nc, .parquet, .zarr" in refused
        assert said in refused
    (tmp_path / "d.xlsx").write_bytes((tmp_path / "a.xlsx").read_bytes()[:-40])
    assert command("export", "d.xlsx", "-o", "d.csv") == 5
    assert "d.xlsx: cut short or damaged" in capsys.readouterr().err
    assert not (tmp_path / "d.csv").exists()


def outcome(path):
    """Return what is read, or what is said."""
    try:
        return read(path), ""
    except (mc.IntegrityError, mc.FileError) as error:
        return None, str(error)


def assert_part(found, whole):
    """Raise unless all draws are those of the result, in their places."""
    for group in found.children:
        for name, array in found[group].data_vars.items():
            wanted = whole[group][name]
            if "year" in array.dims:
                wanted = wanted.sel(year=array["year"].values)
            np.testing.assert_array_equal(in_turn(array), in_turn(wanted)[: in_turn(array).shape[0]])
