"""Whatever a quantity reaches is changed between two runs: the second result is that of the change.

In one process, where numba freezes what it has compiled, and between processes that share a folder of compiled code.
"""

import numba
import numpy as np
import pytest

import mcdemand as mc

PRIORS = {
    "parameters": {
        "x": {"distribution": "constant", "value": 2.0},
        "y": {"distribution": "normal", "mu": 0, "sigma": 1},
    }
}
DEMAND = "def demand(x, y):\n    return {} + 0 * y\n"
compiled_only = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")

# What a person writes, and what is changed: 10 becomes 12.
MODULE = "import types\nm = types.ModuleType('m')\n"
CHANGES = {
    "global": ("RATE = 5.0\n" + DEMAND.format("RATE * x"), "RATE = 6.0"),
    "global defined later": (DEMAND.format("h(x)") + "def h(x): return 5 * x\n", "def h(x): return 6 * x"),
    "helper two calls away": (
        "RATE = 5.0\ndef far(x): return RATE * x\ndef near(x): return far(x)\n" + DEMAND.format("near(x)"),
        "def far(x): return 6 * x",
    ),
    "global of a helper": (
        "RATE = 5.0\ndef far(x): return RATE * x\ndef near(x): return far(x)\n" + DEMAND.format("near(x)"),
        "RATE = 6.0",
    ),
    "body of a helper": ("def h(x): return 5 * x\n" + DEMAND.format("h(x)"), "def h(x): return 6 * x"),
    "code put into a helper": (
        "def h(x): return 5 * x\ndef g(x): return 6 * x\n" + DEMAND.format("h(x)"),
        "h.__code__ = g.__code__",
    ),
    "default of a helper": ("def h(x, r=5.0): return r * x\n" + DEMAND.format("h(x)"), "h.__defaults__ = (6.0,)"),
    "one of two lambdas": (
        "a = lambda x: 5 * x\nb = lambda x: 6 * x\nc = a\ndef k(x): return c(x)\n"
        + DEMAND.format("k(x) + 0 * a(x) + 0 * b(x)"),
        "c = b",
    ),
    "closure": (
        "def make(r):\n    def demand(x, y): return r * x + 0 * y\n    return demand\ndemand = make(5.0)",
        "demand = make(6.0)",
    ),
    "cell of a closure": (
        "def make():\n    r = 5.0\n    def demand(x, y): return r * x + 0 * y\n"
        "    def change(value):\n        nonlocal r\n        r = value\n    return demand, change\n"
        "demand, change = make()",
        "change(6.0)",
    ),
    "closure over a function": (
        "def make(g):\n    def demand(x, y): return g(x) + 0 * y\n    return demand\ndemand = make(lambda x: 5 * x)",
        "demand = make(lambda x: 6 * x)",
    ),
    "array, in place": ("T = np.array([5.0])\n" + DEMAND.format("T[0] * x"), "T[0] = 6.0"),
    "order of an array": (
        "T = np.array([[5.0, 6.0], [0.0, 0.0]])\n" + DEMAND.format("T[0, 0] * x"),
        "T = np.asfortranarray([[6.0, 5.0], [0.0, 0.0]])",
    ),
    "single precision": ("R = np.float32(5)\n" + DEMAND.format("R * x"), "R = np.float32(6)"),
    "name of a field": (
        "from collections import namedtuple\nQ = namedtuple('Q', 'a b')(5.0, 6.0)\n" + DEMAND.format("Q.a * x"),
        "Q = namedtuple('Q', 'b a')(5.0, 6.0)",
    ),
    "module": (MODULE + "m.RATE = 5.0\n" + DEMAND.format("m.RATE * x"), "m.RATE = 6.0"),
    "built-in that is covered": (
        "globals().pop('max', 0)\ndef demand(x, y):\n    return max(x, 5.0) * x + 0 * y\n",
        "def max(a, b): return 6.0",
    ),
}
# What only compiled code knows.
COMPILED = {
    "helper under njit": (
        "RATE = 5.0\n@numba.njit\ndef h(x): return RATE * x\n" + DEMAND.format("h(x)"),
        "RATE = 6.0",
    ),
    "helper under vectorize": (
        "RATE = 5.0\n@numba.vectorize\ndef h(x): return RATE * x\n" + DEMAND.format("h(x)"),
        "RATE = 6.0",
    ),
    "helper under njit in a module": (
        MODULE + "exec('import numba\\nRATE = 5.0\\n@numba.njit\\ndef h(x): return RATE * x', m.__dict__)\n"
        + DEMAND.format("m.h(x)"),
        "m.RATE = 6.0",
    ),
    "helper in a module": (
        MODULE + "exec('RATE = 5.0\\ndef h(x): return RATE * x', m.__dict__)\n" + DEMAND.format("m.h(x)"),
        "m.RATE = 6.0",
    ),
    "enumeration": (
        "import enum\nclass R(enum.Enum):\n    A = 5.0\n" + DEMAND.format("R.A.value * x"),
        "class R(enum.Enum):\n    A = 6.0\n",
    ),
}  # fmt: skip


def result_of(functions) -> float:
    model = mc.Model.from_functions(functions)
    return float(mc.simulate(PRIORS, model=model, draws=64, chains=1)["prior_predictive"]["demand"].values[0, 0])


def changed(before: str, after: str) -> list[float]:
    """Return the results before and after a change, and after it was taken back, as in the cells of a notebook."""
    scope = {"__name__": "__main__", "np": np, "numba": numba}
    results = []
    for k, source in enumerate((before, after, before)):
        exec(compile(source, f"/tmp/ipykernel_1/{k}.py", "exec"), scope)
        results.append(result_of([scope["demand"]]))
    return results


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_one_process(change):
    assert changed(*CHANGES[change]) == [10.0, 12.0, 10.0]


@compiled_only
@pytest.mark.parametrize("change", COMPILED)
def test_a_change_that_compiled_code_would_not_see(change):
    assert changed(*COMPILED[change]) == [10.0, 12.0, 10.0]


def test_a_built_in_that_somebody_added(monkeypatch):
    import builtins

    monkeypatch.setattr(builtins, "RATE_OF_ALL", 5.0, raising=False)
    scope = {"__name__": "__main__"}
    exec(DEMAND.format("RATE_OF_ALL * x"), scope)
    assert result_of([scope["demand"]]) == 10.0
    builtins.RATE_OF_ALL = 6.0
    assert result_of([scope["demand"]]) == 12.0


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "def make():\n    def demand(x): return g(x)\n    if 0: g = 1\n    return demand\ndemand = make()",
            "g has no value",
        ),
        (
            "@numba.experimental.jitclass([('r', numba.float64)])\nclass C:\n    def __init__(self): self.r = 5.0\n"
            "def demand(x): return C().r * x",
            "made by numba.experimental.jitclass",
        ),
        ("@numba.cfunc('float64(float64)')\ndef h(x): return 5 * x\ndef demand(x): return h(x)", "numba.cfunc"),
    ],
    ids=["empty cell", "jitclass", "cfunc"],
)
@compiled_only
def test_what_cannot_be_compiled_anew_is_refused(source, said):
    scope = {"__name__": "__main__", "numba": numba}
    exec(source, scope)
    with pytest.raises(mc.InputError, match=said):
        result_of([scope["demand"]])
