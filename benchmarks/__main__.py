"""`python -m benchmarks NAME`, see README.md: `run` compares with peers, the others measure one thing each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.cases._references import write_references
from benchmarks.cluster import print_cluster
from benchmarks.commands import time_commands
from benchmarks.comparison import check_programs, run
from benchmarks.convergence import print_slopes, print_variance_saved
from benchmarks.coverage import print_coverage
from benchmarks.equal_error import print_equal_error
from benchmarks.faulty_disk import print_faults
from benchmarks.generation import print_generation
from benchmarks.given_data import print_given_data
from benchmarks.install import install_peers
from benchmarks.instructions import print_instructions
from benchmarks.kills import print_kills
from benchmarks.reference import write_reference
from benchmarks.roofline import print_roofline
from benchmarks.sensitivity_coverage import print_sensitivity_coverage
from benchmarks.stopping import print_stopping
from benchmarks.streaming import print_streaming
from benchmarks.tables import write_tables

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "benchmarks" / "figures" / "consensus.png"
START, END = "<!-- table -->\n", "<!-- end of table -->\n"


def readme_table() -> str:
    """Return the beginning of what `mcdemand run` prints: the header and the first pair of tables."""
    command = [sys.executable, "-m", "mcdemand", "run", "--overwrite", "--plot", str(PICTURE)]
    command += ["--output", str(PICTURE.with_suffix(".nc"))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    PICTURE.with_suffix(".nc").unlink()
    tables = printed.split("\n\n")
    return "\n".join(line.rstrip() for line in "\n\n".join(tables[:2]).splitlines())


def draw_sensitivity() -> None:
    """Draw the README's picture of sensitivity."""
    command = [sys.executable, "-m", "mcdemand", "sensitivity", "--quiet", "--overwrite", "--plot"]
    subprocess.run([*command, str(PICTURE.with_name("sensitivity.png"))], check=True)


def write_readme() -> None:
    """Put the table between the README's marks, and draw the pictures."""
    draw_sensitivity()
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    path.write_text(f"{before}{START}```text\n{readme_table()}\n```\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    parts = {
        "run": lambda: run(sys.argv[2:]),
        "smoke": check_programs,
        "install": install_peers,
        "references": write_references,
        "tables": write_tables,
        "roofline": lambda: print_roofline(write="--write" in sys.argv),
        "instructions": lambda: print_instructions(sys.argv[2:]),
        "readme": write_readme,
        "given_data": print_given_data,
        "kills": lambda: print_kills(sys.argv[2:]),
        "cluster": lambda: print_cluster(sys.argv[2:]),
        "commands": time_commands,
        "faulty_disk": lambda: print_faults(sys.argv[2:]),
        "reference": write_reference,
        "coverage": print_coverage,
        "sensitivity_coverage": lambda: print_sensitivity_coverage(sys.argv[2:]),
        "slopes": print_slopes,
        "variance": print_variance_saved,
        "equal_error": lambda: print_equal_error(write="--write" in sys.argv),
        "generation": print_generation,
        "stopping": print_stopping,
        "streaming": lambda: print_streaming(*sys.argv[2:]),
    }
    parts[sys.argv[1]]()
