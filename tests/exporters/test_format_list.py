"""What all formats have in common: their options are explained, and levels of quantiles go where some are stated."""

import pytest

import mcdemand as mc
from mcdemand.cli import main
from mcdemand.exporters import exporters
from mcdemand.importers import importers


@pytest.mark.parametrize("one", [*exporters().values(), *importers().values()], ids=lambda one: one.name)
def test_every_option_has_a_meaning(one):
    assert one.meanings.keys() == one.options.keys()
    assert all(0 < len(text) < 100 for text in one.meanings.values())


@pytest.mark.parametrize("one", [one for one in exporters().values() if not one.states_quantiles], ids=lambda x: x.name)
def test_levels_are_refused_where_no_quantile_is_stated(one, result, tmp_path):
    with pytest.raises(mc.InputError, match=f"probabilities: {one.name} files state no quantiles; leave it out"):
        mc.export(result, tmp_path / f"a{one.suffixes[0]}", one.name, probabilities=[0.1, 0.9])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["squiggle", "squigglepy", "json", "pymc", "hubverse"])
def test_levels_are_in_files_that_state_quantiles(name, result, tmp_path):
    one = exporters()[name]
    request = {"outputs": "energy_served", "years": 2030}
    usual, asked = (tmp_path / f"{k}{one.suffixes[0]}" for k in (1, 2))
    mc.export(result, usual, name, **request)
    mc.export(result, asked, name, probabilities=[0.123456, 0.876544], **request)
    texts = [path.read_text() for path in (usual, asked)]
    assert ["12.3456" in text or "0.123456" in text for text in texts] == [False, True]


def listed(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main([*words])
    assert left.value.code == 0
    return capsys.readouterr().out


def test_the_list_tells_what_options_mean(capsys):
    alone = listed(capsys, "export", "--to", "draws-df")
    assert alone.splitlines()[0].split() == ["draws-df", ".csv"]
    assert "--option index=position  position: energy[1] is the first year" in alone
    assert "its draws can be read back" in " ".join(alone.split())
    assert "can be read back" in listed(capsys, "export", "--to", "netcdf")
    assert "read back" not in listed(capsys, "export", "--to", "guesstimate")
    assert alone in listed(capsys, "export")
    assert "--option group=posterior  such as posterior or prior" in listed(capsys, "priors", "import")


def test_every_file_that_keeps_draws_can_be_read():
    kept = {one.name for one in exporters().values() if one.keeps == "joint draws"}
    assert kept == {one.name for one in exporters().values() if one.reader is not None}
    whole = {"arrow", "arviz", "csv", "netcdf", "parquet", "zarr"}
    assert {one.name for one in exporters().values() if one.keeps_whole} == whole
