"""Where the peers are installed: an environment beside the project's own, which stays small."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("MCDEMAND_PEERS", ROOT / ".peers"))
PYTHON = FOLDER / "python"
NODE = FOLDER / "node"
REQUIREMENTS = Path(__file__).with_name("peers") / "requirements.txt"
SQUIGGLE = "@quri/squiggle-lang@0.10.0"
UV = ROOT / ".tools" / "bin" / "uv"


def peers_python() -> str:
    """Return the Python that has the peers, or say how to get it."""
    found = PYTHON / "bin" / "python"
    if not found.exists():
        raise SystemExit(f"{found}: not there; python -m benchmarks install puts the peers into it")
    return str(found)


def install_peers() -> None:
    """Install what runs in Python, and Squiggle if there is npm; takes some minutes and 2 GB."""
    _uv("venv", "--allow-existing", "--python", sys.executable, str(PYTHON))
    _uv("pip", "install", "--python", peers_python(), "--requirement", str(REQUIREMENTS))
    npm = shutil.which("npm")
    if npm is None:
        print("npm: not found, so Squiggle is left out")
        return
    NODE.mkdir(parents=True, exist_ok=True)
    subprocess.run([npm, "install", "--prefix", str(NODE), "--no-audit", "--no-fund", SQUIGGLE], check=True)


def _uv(*words: str) -> None:
    # `uv run` tells its own path; README.md puts it into .tools.
    command = os.environ.get("UV") or shutil.which("uv") or str(UV)
    subprocess.run([command, *words], check=True)
