"""Tables have the same bits whatever code NumPy, BLAS and the C library pick for a processor."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from tuned_functions import ELEMENTARY, LINEAR, OF_MATH

import mcdemand

HERE, PACKAGE = Path(__file__).parent, Path(mcdemand.__file__).parent
DISPATCHED = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
OLDER = {"NPY_DISABLE_CPU_FEATURES": " ".join(DISPATCHED), "OPENBLAS_CORETYPE": "Prescott"}
BANNED = {"np": {*ELEMENTARY, *LINEAR, "linalg", "polynomial", "polyval"}, "math": {*OF_MATH}}
"""What differs by processor in NumPy, and by C library in Python."""
ALLOWED = {
    "distributions/kumaraswamy.py": "oracle",
    "distributions/half_student_t.py": "oracle",
    "distributions/two_piece_lognormal.py": "Oracle",
    "copulas/empirical.py": "spearman",
    "copulas/gaussian.py": "Gaussian",
}
"""Functions and classes that decide no draw: oracles, and correlations that are only shown."""


def digests(*words, **environment):
    path = os.pathsep.join(map(str, (HERE, HERE.parent / "distributions")))
    done = subprocess.run(
        [sys.executable, str(HERE / "tables.py"), *words],
        env={**os.environ, "PYTHONPATH": path, **environment}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def native():
    found = digests()
    assert len(found) > 100
    return found


compiled = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="takes an interpreter minutes")


@compiled
def test_tables_are_the_same_on_an_older_processor(native):
    found = digests(**OLDER)
    assert [name for name in native if found[name] != native[name]] == []


@compiled
def test_tables_do_not_come_from_functions_that_numpy_tunes_to_the_processor(native):
    found = digests("spoilt")
    assert [name for name in native if found[name] != native[name]] == []


def uses(path):
    """Return what a module uses of that which differs, and raises to a power: (name of the top level, words)."""
    for top in ast.parse(path.read_text()).body:
        for node in ast.walk(top):
            name = getattr(top, "name", "")
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.attr in BANNED.get(node.value.id, ()):
                    yield name, f"{node.value.id}.{node.attr}"
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                yield name, "@"
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                is_exact = isinstance(node.right, ast.Constant) and node.right.value == 2
                if not is_exact and any(isinstance(part, ast.Name) for part in ast.walk(node)):
                    yield name, "**"
            elif isinstance(node, ast.ImportFrom) and node.module in ("math", "numpy"):
                yield name, f"from {node.module}"


@pytest.mark.parametrize("folder", ["distributions", "copulas"])
def test_no_module_uses_them(folder):
    found = {
        (f"{folder}/{path.name}", top, what) for path in (PACKAGE / folder).glob("*.py") for top, what in uses(path)
    }
    assert {one for one in found if ALLOWED.get(one[0]) != one[1]} == set()
