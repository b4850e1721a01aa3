"""The examples of the docstrings and of the README run and say what they print."""

import doctest
import importlib
import re
import tomllib
from pathlib import Path

import matplotlib as mpl
import numba
import pytest

import mcdemand
from mcdemand.copulas import copulas
from mcdemand.distributions import distributions
from mcdemand.evidence._observations import OBSERVATIONS, load_observations
from mcdemand.variations import variations

INTERPRETED = bool(numba.config.DISABLE_JIT)
README = Path(__file__).resolve().parents[1] / "README.md"
PACKAGE = Path(mcdemand.__file__).parent
MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)

# Thousands of interpreted draws of the shipped model take minutes.
LARGE = (
    "attribution", "comparison", "figures", "hsic", "precision", "replay", "reweight", "sensitivity(",
    "sensitivity_study", "simulate_until_precise", "value_of_information",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in MODULES if not (INTERPRETED and any(one in name for one in LARGE))])
def test_docstring_examples(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("block", re.findall("```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.S))
def test_readme_rows_load(block: str) -> None:
    content = tomllib.loads(block)
    if OBSERVATIONS in content:
        assert len(load_observations(content)) == len(content[OBSERVATIONS])
        return
    assert set(mcdemand.load_prior_set(content).parameters) == set(content["parameters"])


@pytest.mark.parametrize("name", [*distributions(), *copulas(), *variations()])
def test_every_member_is_told_of(name: str) -> None:
    told = (README.parent / "priors" / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"[`\" ,]{'scipy:NAME' if name == 'scipy' else name}[`\",\n]", told)


@pytest.mark.parametrize("block", re.findall("```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S))
def test_readme_examples(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if INTERPRETED and any(name in block for name in LARGE):
        return
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    scope: dict[str, object] = {"__name__": "readme"}
    exec(compile(re.sub(r"draws=10\*\*6|draws=100_000", "draws=64, chains=1", block), "README.md", "exec"), scope)
    assert "mc" in scope
