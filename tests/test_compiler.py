"""The fused kernel against the grammar evaluated by a plain Python loop."""

import inspect
from types import ModuleType

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import mcdemand.math as mm
from mcdemand.compiler import compile_trajectories, explain_failure, kernel_source
from mcdemand.model import Model

BASE_YEAR = 2020
COUNT = 300
"""More than a block of 256 draws, and no multiple of it."""


def parameters_of(model, seed=0):
    """Draws for every parameter, by name."""
    values = np.random.default_rng(seed).uniform(0.5, 2.0, (len(model.parameters), COUNT))
    return dict(zip(model.parameters, values, strict=True))


def run(model, parameters, columns=(0,), outputs=None, offset=0):
    """Run the kernel: {output: (column, draw)}; a parameter of shape (year, draw) varies by year."""
    plan = model.plan(outputs)
    rows = [np.atleast_2d(parameters[name]) for name in plan.parameters]
    first_row = np.cumsum([0, *(len(row) for row in rows)])[:-1].astype(np.int64)
    stride = np.array([int(len(row) > 1) for row in rows], dtype=np.int64)
    tile = np.concatenate([np.empty((0, COUNT)), *rows])
    kept = [column for column in columns if column >= 0]
    series = np.full((len(plan.outputs), len(kept), COUNT + offset), -77.0)
    with np.errstate(all="ignore"):
        yearly = [name for name, row in zip(plan.parameters, rows, strict=True) if len(row) > 1]
        fill_series = compile_trajectories(model, plan, yearly)
        broken = fill_series(tile, COUNT, first_row, stride, float(BASE_YEAR), 1.0, np.array(columns), series, offset)
    assert np.all(series[:, :, :offset] == -77.0)
    return dict(zip(plan.outputs, series[:, :, offset:], strict=True)), broken


def loop(functions, parameters, years):
    """Evaluate the grammar draw by draw: {quantity: (year, draw)}."""
    by_name = {function.__name__: function for function in functions}
    names = [name for name in by_name if not name.startswith("initial_")]
    found = {name: np.empty((years, COUNT)) for name in names}
    for draw in range(COUNT):
        known = {}

        def value(name, t, draw=draw, known=known):
            if name in ("t", "year", "dt"):
                return {"t": float(t), "year": float(BASE_YEAR + t), "dt": 1.0}[name]
            if name.startswith("previous_"):
                return value(name.removeprefix("previous_"), t - 1)
            if name.startswith("next_"):
                return value(name.removeprefix("next_"), t + 1)
            if name not in by_name:
                column = np.atleast_2d(parameters[name])
                return column[t if len(column) > 1 else 0, draw]
            if (name, t) not in known:
                function = by_name.get(f"initial_{name}", by_name[name]) if t == 0 else by_name[name]
                stated = inspect.signature(function).parameters.values()
                known[name, t] = function(**{a.name: value(a.name, t) for a in stated if a.default is a.empty})
            return known[name, t]

        for name in names:
            found[name][:, draw] = [value(name, t) for t in range(years)]
    return found


def users(t, growth, ceiling):
    return mm.minimum(mm.exp(growth * t), ceiling)


def stock(previous_stock, users, dt, decay=0.125):
    return previous_stock * (1.0 - decay * dt) + users if users > 2.0 else previous_stock + 0.5 * users


def initial_stock(first_stock, users):
    return first_stock * users


def age(year, t):
    return year - 2000.0 + 0.0 * t


def plan_ahead(next_users, users, next_age, growth):
    return next_users / users * growth + next_age


def gain(plan_ahead, stock, yearly, t):
    return plan_ahead - stock + yearly * t


QUANTITIES = [users, stock, initial_stock, age]


def test_time_previous_values_and_constants():
    model = Model.from_functions(QUANTITIES)
    parameters = parameters_of(model)
    found, broken = run(model, parameters, range(6))
    assert broken == 0
    for name, expected in loop(QUANTITIES, parameters, 6).items():
        assert_allclose(found[name], expected, rtol=1e-15)


def test_a_second_sweep_reads_the_following_year():
    functions = [*QUANTITIES, plan_ahead, gain]
    model = Model.from_functions(functions)
    parameters = parameters_of(model)
    parameters["yearly"] = np.random.default_rng(1).uniform(1, 2, (7, COUNT))
    found, _ = run(model, parameters, range(6))
    for name, expected in loop(functions, parameters, 6).items():
        assert_allclose(found[name], expected, rtol=1e-14)


def test_a_parameter_that_varies_by_year():
    def cost(yearly, growth):
        return yearly * growth

    def total(previous_total, cost):
        return previous_total + cost

    def initial_total(yearly):
        return 2.0 * yearly

    functions = [cost, total, initial_total]
    model = Model.from_functions(functions)
    parameters = {"growth": np.linspace(1, 2, COUNT), "yearly": np.random.default_rng(2).uniform(1, 2, (4, COUNT))}
    found, _ = run(model, parameters, range(4))
    for name, expected in loop(functions, parameters, 4).items():
        assert_allclose(found[name], expected, rtol=1e-15)


@pytest.mark.parametrize("columns", [(-1, -1, 0, -1, 1), (-1, 1, 0), (0,), (0, 1, 2)], ids=str)
def test_years_that_are_not_kept_are_still_evaluated(columns):
    functions = [*QUANTITIES, plan_ahead]
    model = Model.from_functions(functions)
    parameters = parameters_of(model)
    everything, _ = run(model, parameters, range(6))
    found, _ = run(model, parameters, columns)
    for name, values in found.items():
        for year, column in enumerate(columns):
            if column >= 0:
                assert_array_equal(values[column], everything[name][year])


def test_outputs_are_the_same_whatever_else_is_kept():
    model = Model.from_functions(QUANTITIES)
    parameters = parameters_of(model)
    everything, _ = run(model, parameters, range(4))
    for name, values in everything.items():
        found, _ = run(model, parameters, range(4), outputs=[name])
        assert_array_equal(found[name], values)


def test_an_offset_places_the_draws():
    model = Model.from_functions([age])
    found, _ = run(model, {}, range(2), offset=512)
    assert_array_equal(found["age"], np.broadcast_to([[20.0], [21.0]], (2, COUNT)))


def test_values_that_are_not_finite_are_counted():
    def ratio(x, y):
        return x / y

    x, y = np.ones(COUNT), np.ones(COUNT)
    y[[3, 257, 299]] = 0.0
    x[299] = 0.0
    found, broken = run(Model.from_functions([ratio]), {"x": x, "y": y})
    assert broken == 3
    assert_array_equal(np.flatnonzero(~np.isfinite(found["ratio"][0])), [3, 257, 299])


def test_hidden_infinities_that_reach_no_output_do_not_count():
    def hidden(x):
        return x / 0.0

    def shown(hidden):
        return 1.0 / hidden

    found, broken = run(Model.from_functions([hidden, shown]), {"x": np.ones(COUNT)}, outputs=["shown"])
    assert broken == 0
    assert_array_equal(found["shown"][0], np.zeros(COUNT))


LOCALS = ["count", "i", "tile", "series", "step", "begin", "start", "offset", "last", "broken", "columns", "stride"]
NAMES = [
    *LOCALS,
    "scratch",
    "size",
    "np",
    "is_first",
    "base_year",
    "load_parameters",
    "fetch_row",
    "varies",
    "f_total",
    "q_total",
    "range",
    "min",
]
"""What the generated kernel, or its scope, calls its own."""


def test_any_name_may_be_a_parameter_or_a_quantity():
    half = len(NAMES) // 2
    functions = [define(f"def {name}(x_{name}):\n    return 3.0 * x_{name}", name) for name in NAMES[:half]]
    functions.append(define(f"def total({', '.join(NAMES)}):\n    return {' + '.join(NAMES)}", "total"))
    model = Model.from_functions(functions)
    assert set(model.parameters) == {*NAMES[half:], *(f"x_{name}" for name in NAMES[:half])}
    parameters = parameters_of(model)
    found, _ = run(model, parameters, outputs=["total"])
    expected = sum((1.0 if name in NAMES else 3.0) * values for name, values in parameters.items())
    assert_allclose(found["total"][0], expected, rtol=1e-14)


def define(source, name="f", **scope):
    exec(source, scope)
    return scope[name]


def value_of(function, **parameters):
    found, _ = run(
        Model.from_functions([function]), {name: np.full(COUNT, value) for name, value in parameters.items()}
    )
    return found[function.__name__][0, 0]


def test_a_changed_global_changes_the_result():
    scope = {"RATE": 5.0}
    exec("def f(x):\n    return RATE * x", scope)
    assert value_of(scope["f"], x=2.0) == 10.0
    scope["RATE"] = 6.0
    assert value_of(scope["f"], x=2.0) == 12.0


def test_a_changed_helper_changes_the_result():
    scope = {}
    exec("def helper(x):\n    return 5.0 * x\ndef f(x):\n    return helper(x)", scope)
    assert value_of(scope["f"], x=2.0) == 10.0
    exec("def helper(x):\n    return 6.0 * x", scope)
    assert value_of(scope["f"], x=2.0) == 12.0


def test_a_changed_closure_changes_the_result():
    def make():
        rate = 5.0

        def f(x):
            return rate * x

        def change(value):
            nonlocal rate
            rate = value

        return f, change

    f, change = make()
    assert value_of(f, x=2.0) == 10.0
    change(6.0)
    assert value_of(f, x=2.0) == 12.0


def test_a_changed_attribute_of_a_module_changes_the_result():
    settings, inner = ModuleType("settings"), ModuleType("settings.inner")
    settings.inner, inner.RATE = inner, 5.0
    function = define("def f(x):\n    return settings.inner.RATE * x", settings=settings)
    assert value_of(function, x=2.0) == 10.0
    inner.RATE = 6.0
    assert value_of(function, x=2.0) == 12.0


def test_the_same_source_in_two_namespaces_is_two_functions():
    for rate in (5.0, 6.0):
        assert value_of(define("def f(x):\n    return RATE * x", RATE=rate), x=2.0) == 2.0 * rate


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def f(x):\n    return x.real_part()", "quantity f: fails when its arguments are numbers: 'float' object has"),
        ("def f(x):\n    pass", "quantity f: does not return a number in every case"),
        ("def f(x):\n    return (x, x)", "quantity f: returns more than one number; it must return one number"),
        ("def f(x):\n    return [x]", "quantity f: returns a list; it must return one number"),
        ("def f(x):\n    return 'text'", "quantity f: returns text; it must return one number"),
        ("def f(x):\n    return x * 1j", "quantity f: returns a complex number; it must return one number"),
    ],
)
def test_a_failure_names_the_quantity(source, problem):
    model = Model.from_functions([age, define(source)])
    message = explain_failure(model, model.plan())
    assert problem in message
    assert "\n" not in message


def test_the_source_is_python_made_of_names():
    model = Model.from_functions([*QUANTITIES, plan_ahead])
    source = kernel_source(model, model.plan())
    compile(source, "<kernel>", "exec")
    assert source == kernel_source(model, model.plan())
    assert "decay=0.125" in source
