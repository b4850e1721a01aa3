"""`mcdemand run --stream`, `--plan` and `--resume` as a person types them."""

import re

import numpy as np
import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.cli import main
from mcdemand.commands import streamed

SMALL = ["--draws", "4096", "--outputs", "capacity", "--years", "2030,2035"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function of arguments of `mcdemand run` that gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(["run", *arguments])
        printed = capsys.readouterr()
        return caught.value.code or 0, " ".join(printed.out.split()), printed.err

    return call


def test_it_prints_writes_and_draws(run, tmp_path):
    code, out, err = run(*SMALL, "--stream", "--probabilities", "0.05,0.999", "--above", "capacity=300")
    assert (code, err) == (0, "")
    assert "Plan: 4,096 draws in" in out
    assert "Quantiles and interval ends are those of all draws, to the last bit." in out
    assert "Written: consensus_streamed.nc, consensus_streamed.png" in out
    result = mc.read_result(tmp_path / "consensus_streamed.nc")
    stored = mc.simulate("consensus", draws=4096, outputs=["capacity"], years=[2030, 2035])
    draws = stored["prior_predictive"]["capacity"].sel(year=2035).values
    found = result["summary"]["quantiles"].sel(output="capacity", year=2035)
    assert found.sel(quantile=0.999).item() == np.quantile(draws, 0.999)
    assert f"{np.quantile(draws, 0.5):.1f}" in out
    assert re.search(r"P\(capacity > 300 GW\)", out)
    assert (tmp_path / "consensus_streamed.png").stat().st_size > 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["consensus_streamed.nc", "consensus_streamed.png"]


def test_one_pass_says_how_far_off_it_can_be(run, tmp_path):
    code, out, _ = run(*SMALL, "--stream", "--one-pass")
    assert code == 0
    assert "1 pass," in out
    share = float(re.search(r"to within ([\d.]+) % at worst", out)[1])
    assert 0 < share < 0.25
    assert "bound_quantiles" in mc.read_result(tmp_path / "consensus_streamed.nc")["summary"]


@pytest.mark.parametrize("kind", [["--stream"], []])
def test_a_plan_runs_nothing(run, tmp_path, kind):
    code, out, _ = run(*SMALL, *kind, "--plan")
    assert code == 0
    assert re.fullmatch(r"Plan: 4,096 draws in .* tiles? of .*; at most .* of memory.*; about \d+ .*\.", out)
    assert [*tmp_path.iterdir()] == []


def test_a_run_grows_from_its_folder(run, tmp_path):
    assert run(*SMALL, "--stream", "--checkpoint", "kept")[0] == 0
    code, out, _ = run("--resume", "kept", "--draws", "16384", "--overwrite")
    assert code == 0
    assert "16,384 draws" in out
    whole = mc.stream("consensus", draws=16_384, outputs="capacity", years=[2030, 2035], probabilities=[0.5])
    grown = mc.read_result(tmp_path / "consensus_streamed.nc")
    xr.testing.assert_identical(grown["summary"].to_dataset(), whole["summary"].to_dataset())


def test_a_long_run_keeps_its_progress_by_itself(run, tmp_path, monkeypatch):
    monkeypatch.setattr(streamed, "LONG_SECONDS", 0.0)

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mcdemand.streamed_run.label_answer", stop, raising=False)
        patch.setattr("mcdemand.simulation.label_answer", stop)
        code, _, err = run(*SMALL, "--stream")
    assert code == 130
    assert "go on with: mcdemand run --resume consensus_progress" in err
    assert (tmp_path / "consensus_progress").is_dir()
    assert run("--resume", "consensus_progress")[0] == 0
    assert (tmp_path / "consensus_streamed.nc").exists()


def test_progress_that_nobody_asked_for_is_removed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(streamed, "LONG_SECONDS", 0.0)
    assert run(*SMALL, "--stream")[0] == 0
    assert not (tmp_path / "consensus_progress").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--one-pass"], "--one-pass: belongs to a streamed run; add --stream"),
        (["--cluster", "local:2"], "--cluster: belongs to a streamed run; add --stream"),
        (["--probabilities", "0.5"], "--probabilities: belongs to a streamed run; add --stream"),
        (["--stream", "--ci-kind", "hdi"], "--ci-kind: shortest intervals need all draws; leave out --stream"),
        (["--stream", "--precision", "1%"], "--precision: doubles the draws that are kept; leave out --stream"),
        (["--stream", "--probabilities", "95"], "--probabilities: 95: must lie between 0 and 1"),
        (["--stream", "-o", "a.parquet"], "a.parquet: what a streamed run comes to is written as .nc"),
        (["--resume", "x", "--seed", "1"], "--resume: a run goes on as it was begun, so leave out --seed"),
        (["--resume", "x", "--one-pass"], "--resume: a run goes on as it was begun, so leave out --one-pass"),
        (["seed", "--resume", "x"], "--resume: a run goes on as it was begun, so leave out the set, seed"),
    ],
)
def test_what_does_not_go_together_is_refused(run, tmp_path, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert [*tmp_path.iterdir()] == []


def test_resuming_nothing_is_refused(run):
    code, _, err = run("--resume", "nowhere")
    assert code == 4
    assert "nowhere: holds no run to go on with" in err


def test_what_keeps_no_draws_is_neither_repeated_nor_exported(run, capsys):
    run(*SMALL, "--stream", "-o", "s.nc")
    for words in (["run", "--from", "s.nc"], ["export", "s.nc", "-o", "s.csv"], ["sensitivity", "s.nc"]):
        with pytest.raises(SystemExit) as left:
            main(words)
        assert left.value.code == 2
        assert "s.nc: of a streamed run, keeps a summary and no draws" in capsys.readouterr().err
