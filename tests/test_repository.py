"""What must hold of the files themselves."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SET_UP = "python3 -m venv .tools && .tools/bin/pip install -q uv && .tools/bin/uv run "
# Written so that they do not match themselves.
REGISTRY_HOSTS = re.compile("py[p]i[.]org|python[h]osted|registry[.]n[p]mjs|deb[.]d[e]bian")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(w[o]rk|r[o]ot|h[o]me)/")
BINARY = {".png", ".nc"}
HEAVY = ("numpy", "numba", "scipy", "xarray", "arviz", "pandas", "matplotlib", "pydantic")


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("command", ["--no-dev mcdemand run", "pytest -n auto"])
def test_the_readme_states_the_command_that_sets_everything_up(command: str) -> None:
    assert SET_UP + command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


def test_ci_takes_its_test_command_from_the_readme() -> None:
    assert "readme_command 'pytest -n auto'" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("pattern", [REGISTRY_HOSTS, MACHINE_PATHS])
def test_no_tracked_file_names_a_registry_or_this_machine(pattern: re.Pattern[str]) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in tracked_files() if path.suffix not in BINARY}
    assert texts
    assert [str(path) for path, text in texts.items() if pattern.search(text)] == []


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = f"import sys, mcdemand; print([name for name in {HEAVY} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_public_names_all_load() -> None:
    import mcdemand

    assert [name for name in mcdemand.__all__ if not callable(getattr(mcdemand, name))] == []
    with pytest.raises(AttributeError, match="no_such_name"):
        mcdemand.no_such_name  # noqa: B018


def test_the_readme_table_is_what_the_program_prints(tmp_path: Path) -> None:
    shown = re.search("<!-- table -->\n```text\n(.*?)\n```\n", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert shown is not None
    command = [sys.executable, "-m", "mcdemand", "run", "--output", "a.nc", "--plot", "a.png"]
    compiled = {**os.environ, "NUMBA_DISABLE_JIT": "0"}
    printed = subprocess.run(command, cwd=tmp_path, env=compiled, capture_output=True, text=True, check=True).stdout
    assert shown[1] in "\n".join(line.rstrip() for line in printed.splitlines())
