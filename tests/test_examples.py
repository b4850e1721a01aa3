"""The examples of the docstrings and of the README run and say what they print."""

import doctest
import importlib
import re
from pathlib import Path

import matplotlib as mpl
import numba
import pytest

INTERPRETED = bool(numba.config.DISABLE_JIT)
README = Path(__file__).resolve().parents[1] / "README.md"
MODULES = [
    "digits", "kernels.tails", "model", "precision", "prior", "prior_pool", "prior_set", "replay", "result",
    "sensitivity_study", "shapley", "summary", "tolerance", "units",
]  # fmt: skip


# Thousands of interpreted draws of the shipped model take minutes.
LARGE = ("precision", "replay", "sensitivity", "simulate_until_precise")


@pytest.mark.parametrize("name", [name for name in MODULES if not (INTERPRETED and any(one in name for one in LARGE))])
def test_docstring_examples(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(f"mcdemand.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("block", re.findall("```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S))
def test_readme_examples(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if INTERPRETED and any(name in block for name in LARGE):
        return
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    scope: dict[str, object] = {"__name__": "readme"}
    exec(compile(re.sub(r"draws=10\*\*6|draws=100_000", "draws=64, chains=1", block), "README.md", "exec"), scope)
    assert "mc" in scope
