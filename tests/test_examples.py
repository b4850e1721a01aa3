"""The examples of the docstrings and of the README run and say what they print."""

import doctest
import importlib
import re
from pathlib import Path

import matplotlib as mpl
import pytest

README = Path(__file__).resolve().parents[1] / "README.md"
MODULES = ["mcdemand.model", "mcdemand.prior_set", "mcdemand.result", "mcdemand.summary", "mcdemand.units"]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0


@pytest.mark.parametrize("block", re.findall("```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S))
def test_readme_examples(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    scope: dict[str, object] = {"__name__": "readme"}
    exec(compile(re.sub(r"draws=10\*\*6|draws=100_000", "draws=64, chains=1", block), "README.md", "exec"), scope)
    assert "mc" in scope
