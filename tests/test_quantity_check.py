"""Mistakes in a person's function: each is found, and said in a line: problem, remedy, place."""

import random

import numba
import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import mcdemand.math as mm
from mcdemand.compiler import explain_failure
from mcdemand.errors import InputError
from mcdemand.model import Model, installed_models
from mcdemand.quantity_check import explain_in_words, find_fault
from mcdemand.quantity_code import compile_quantity

INTERPRETED = bool(numba.config.DISABLE_JIT)
OUTSIDE = {
    "np": np,
    "mm": mm,
    "random": random,
    "normal": np.random.normal,
    "rng": np.random.default_rng(0),
    "expit": expit,
    "RATES": [0.1, 0.2],
    "SHARES": {"a": 0.5},
    "SERIES": pd.Series([1.0]),
}

FOUND_BEFOREHAND = {
    "raise": ("if x > 5: raise ValueError(x)\n    return x", "raises an error; return a number for every input"),
    "assert": ("assert x > 0\n    return x", "asserts; return a number for every input"),
    "np.where": ("return np.where(x > 1, x, 1)", "write `a if condition else b` (line 2)"),
    "try": (
        "try:\n        return 1 / x\n    except ZeroDivisionError:\n        return 0.0",
        "uses `try`; ask with `if`",
    ),
    "with": ("with open('f') as f:\n        return x", "uses `with`; read files at the top"),
    "import": ("import math\n    return math.exp(x)", "imports; move the import to the top of the file (line 2)"),
    "text": ("return float(f'{x} GW')", "makes text; a quantity computes with numbers alone (line 2)"),
    "plain text": ("return float(f'{x}')", "makes text"),
    "yield": ("yield x", "is no ordinary function"),
    "global": ("global TOTAL\n    TOTAL = x\n    return x", "changes TOTAL, which lies outside"),
    "no value": ("if x > 1:\n        y = x\n    return y", "y may have no value here; give it one before"),
    "no return": ("y = x * 2", "does not return a number in every case; end it, and every branch, with `return`"),
    "return None": ("return None", "does not return a number in every case"),
    "return in one branch": ("if x > 1:\n        return x", "does not return a number in every case"),
    "None in one branch": ("return x if x > 1 else None", "does not return a number in every case"),
    "misspelt argument": (
        "growth = 2.0 * growht\n    return growth * x",
        "growht is not known here; did you mean 'growth'?",
    ),
    "not an argument": ("return x * tokens", "tokens is not known here; a parameter or a quantity must be one of the"),
    "not imported": ("return logistic(x)", "write `from mcdemand.math import logistic` at the top"),
    "module not imported": ("return math.exp(x)", "math is not known here; import it at the top"),
    "misspelt function": ("return mm.logistc(x)", "there is no mm.logistc; did you mean 'logistic'? (line 2)"),
    "misspelt NumPy function": ("return np.expp(x)", "there is no np.expp; did you mean 'exp'?"),
    "np.random": ("return x * np.random.normal()", "np.random.normal draws numbers that no seed repeats; make it an"),
    "random": ("return x * random.random()", "random.random draws numbers that no seed repeats"),
    "imported draw": ("return x * normal()", "normal draws numbers that no seed repeats"),
    "generator": ("return x * rng.normal()", "rng draws numbers that no seed repeats"),
    "print": ("print(x)\n    return x", "calls print; keep what you want to see as an output"),
    "open": ("return len(open('f').read()) * x", "calls open; read the file at the top"),
}

FOUND_BY_THE_COMPILER = {
    "list": ("return RATES[int(x)]", "uses RATES, a list; make it a tuple or a NumPy array (line 2)"),
    "dict": ("return SHARES['a'] * x", "uses SHARES, a dict; give each number its own name"),
    "table": ("return SERIES.mean() * x", "uses SERIES, a Series, which a quantity cannot; write it with + - * /"),
    "SciPy": ("return expit(x)", "uses expit, a function of another library"),
    "attribute": ("return x.real_part()", "'float' object has no attribute 'real_part'; write it with + - * /"),
    "index": ("return x[0]", "'float' object is not subscriptable"),
    "call": ("return x(2)", "'float' object is not callable"),
    "times text": ("return 'x' * x", "can't multiply sequence by non-int of type 'float'"),
    "argument left out": ("return mm.clip(x, 1.0)", "required positional argument: 'upper'; correct the call (line 2)"),
    "list of numbers": ("return np.max([x, 1.0])", "max cannot be used in this way in a quantity; write it with"),
    "NumPy's own": ("return np.emath.sqrt(x)", "numpy.lib.scimath.sqrt cannot be used in a quantity; write it with"),
}  # fmt: skip


def define(body):
    scope = dict(OUTSIDE)
    exec(f"def demand(x):\n    {body}\n", scope)
    return scope["demand"]


def assert_helps(message, said):
    assert message.startswith("quantity demand: ")
    assert said in message
    assert "\n" not in message
    assert " at 0x" not in message


@pytest.mark.parametrize("mistake", FOUND_BEFOREHAND)
def test_what_no_quantity_may_do_is_found_before_anything_is_compiled(mistake):
    body, said = FOUND_BEFOREHAND[mistake]
    with pytest.raises(InputError) as error:
        compile_quantity(define(body))
    assert_helps(str(error.value), said)


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
@pytest.mark.parametrize("mistake", FOUND_BY_THE_COMPILER)
def test_what_the_compiler_refuses_is_said_in_other_words_than_its_own(mistake):
    body, said = FOUND_BY_THE_COMPILER[mistake]
    model = Model.from_functions([define(body)])
    assert_helps(explain_failure(model, model.plan()), said)


SAID_BY_NUMBA = """Failed in nopython mode pipeline (step: nopython frontend)
{reason}
There are 2 candidate implementations:
File "own.py", line 2:
"""


@pytest.mark.parametrize("mistake", FOUND_BY_THE_COMPILER)
def test_a_failure_is_explained_from_the_function_itself_where_it_can_be(mistake):
    body, said = FOUND_BY_THE_COMPILER[mistake]
    reasons = {
        "list of numbers": "No implementation of function Function(<function max at 0x7f0f1e757a60>) found for",
        "NumPy's own": "Unknown attribute 'sqrt' of type Module(<module 'numpy.lib.scimath' from '/lib/scimath.py'>)",
    }
    error = Exception(SAID_BY_NUMBA.format(reason=reasons.get(mistake, "Cannot type it.")))
    assert_helps(f"quantity demand: {explain_in_words(define(body), error)}", said)


def test_what_else_the_compiler_says_is_passed_on_without_addresses():
    error = Exception(SAID_BY_NUMBA.format(reason="Cannot unify <object at 0x7f0f1e757a60> and none."))
    assert explain_in_words(define("return x"), error) == (
        "cannot be compiled: Cannot unify <object> and none.; write it with + - * /, if/else and mcdemand.math (line 2)"
    )


@pytest.mark.parametrize(
    "body",
    [
        "return x * sum([k * x for k in range(3)])",
        "y = 0.0\n    for k in range(3):\n        y += k * x\n    return y",
        "while x < 3.0:\n        x = x + 1.0\n    return x",
        "return max(x, abs(-x), np.maximum(x, 1.0), mm.maximum(x, 2.0))",
        "def twice(y):\n        return 2.0 * y * x\n    return twice(x)",
    ],
)
def test_ordinary_python_is_left_alone(body):
    assert find_fault(define(body)) is None


def test_no_shipped_quantity_is_found_at_fault():
    quantities = installed_models()["ai_compute"].quantities.values()
    assert [q.name for q in quantities if find_fault(q.function) is not None] == []


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
def test_the_fault_of_a_helper_is_said_with_the_quantity_that_uses_it():
    scope = dict(OUTSIDE)
    exec("def rate(x):\n    return mm.exq(x)\ndef demand(x):\n    return rate(x)\n", scope)
    model = Model.from_functions([scope["demand"]])
    assert explain_failure(model, model.plan()) == (
        "quantity demand: its helper rate: there is no mm.exq; did you mean 'exp'? (line 2)"
    )
