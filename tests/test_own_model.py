"""A model of one's own: what a person may get wrong in the file, the arguments and the call, and what is then said."""

import numba
import numpy as np
import pytest

import mcdemand as mc
import mcdemand.math as mm
from mcdemand.errors import InputError
from mcdemand.model import Model, load_model
from mcdemand.own_model import read_model

GROWTH = {"parameters": {"growth": {"distribution": "lognormal", "mu": 0.3, "sigma": 0.4}}}


@pytest.mark.parametrize(
    ("argument", "remedy"),
    [
        ("usres", "demand needs it; did you mean 'users'?"),
        ("growht", "demand needs it; did you mean 'growth'?"),
        ("yaer", "demand needs it; did you mean 'year'?"),
    ],
)
def test_a_misspelt_argument_is_taken_for_the_nearest_parameter_quantity_or_time(argument, remedy):
    scope = {}
    exec(f"def users(t, growth):\n    return t * growth\ndef demand({argument}):\n    return {argument}", scope)
    model = Model.from_functions([scope["users"], scope["demand"]])
    assert model.explain_missing(argument, ["growth"]) == remedy


def test_a_helper_that_is_taken_for_a_quantity_is_recognised():
    def double(x):
        return 2.0 * x

    def demand(growth):
        return double(growth)

    remedy = Model.from_functions([double, demand]).explain_missing("x", ["growth"])
    assert remedy == "double needs it; demand calls double: if that is a helper, no quantity, name it _double"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"functions": len}, "pass a list of functions, such as"),
        ({"functions": [len]}, "quantity len: must be a plain Python function"),
        ({"functions": ["demand"]}, "quantity of type str: must be a plain Python function"),
        ({"functions": [lambda x: x]}, "quantity <lambda>: must be a plain Python function with a name"),
        ({"functions": [], "base_year": "2025"}, "base_year: '2025': must be a whole number"),
    ],
)
def test_what_is_no_list_of_functions_is_refused(arguments, said):
    with pytest.raises(InputError) as error:
        Model.from_functions(**arguments)
    assert said in str(error.value)


def test_functions_are_not_a_model():
    with pytest.raises(InputError, match=r"pass mc\.Model\.from_functions"):
        load_model([len])


def test_one_default_output_may_be_named_alone():
    def demand(growth):
        return growth

    assert Model.from_functions([demand], default_outputs="demand").default_outputs == ("demand",)


FILES = {
    "syntax": ("def demand(x)\n    return x\n", "line 1: SyntaxError: expected ':'; correct the line, or the one"),
    "misspelt import": ("from mcdemand.math import logistc\n", "line 1: ImportError: ", "; did you mean 'logistic'?"),
    "unknown module": ("import no_such_module\n", "line 1: ModuleNotFoundError: ", "; install it beside mcdemand"),
    "unit not imported": ("def demand(x) -> TWh:\n    return x\n", "write `from mcdemand.units import TWh` above"),
    "function not imported": ("X = exp(1.0)\n", "line 1: NameError: ", "write `from mcdemand.math import exp` above"),
    "unknown name": ("X = 1.0\nY = x0 + X\n", "line 2: NameError: name 'x0' is not defined"),
    "end of program": ("import sys\nsys.exit(3)\n", "line 2: ends the program; take that line out"),
    "own error": ("raise KeyError('on import')\n", "line 1: KeyError: 'on import'"),
    "no function": ("class Demand:\n    pass\n", "has no public function; write one for each quantity"),
    "wrapped": ("import functools\n@functools.cache\ndef demand(x):\n    return x\n", "without a decorator"),
    "base year": ("BASE_YEAR = 2024.5\ndef demand(x):\n    return x\n", "base_year: 2024.5: must be a whole number"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", FILES)
def test_a_mistake_in_the_file_of_a_model(mistake, tmp_path):
    content, *said = FILES[mistake]
    (tmp_path / "own.py").write_text(content)
    with pytest.raises(InputError) as error:
        read_model(tmp_path / "own.py")
    message = str(error.value)
    assert "\n" not in message
    assert "site-packages" not in message
    assert "math.py" not in message
    for part in said:
        assert part in message


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_an_instruction_that_the_compiler_does_not_know_is_an_input_error():
    def demand(growth):
        shares = [growth]
        del shares[0]
        match growth:
            case float(x):
                return x
        return growth

    with pytest.raises(InputError, match=r"^quantity demand: "):
        mc.simulate(GROWTH, model=Model.from_functions([demand]), draws=64)


BEYOND = "reads a place that is not there; keep it inside, as in values[int(clip(t, 0, 4))]"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("TUPLE[int(growth) + 2]", f"quantity demand: {BEYOND}"),
        ("ARRAY[int(growth) + 2]", f"quantity demand: {BEYOND}"),
        ("[growth, 1.0][int(growth) + 2]", f"quantity demand: {BEYOND}"),
        ("min([growth for _ in range(int(0.0 * growth))])", "quantity demand: fails in some draw: "),
    ],
)
def test_an_error_in_the_middle_of_a_run_is_an_input_error(body, said):
    """An array read beyond its end would give a wrong number in silence, were it not checked."""
    scope = {"TUPLE": (1.0, 2.0), "ARRAY": np.array([1.0, 2.0])}
    exec(f"def demand(growth):\n    return growth * {body}", scope)
    with pytest.raises(InputError) as error:
        mc.simulate(GROWTH, model=Model.from_functions([scope["demand"]]), draws=64)
    assert str(error.value).startswith(said)


def test_a_table_by_year_is_read_at_its_places():
    scope = {"SHARES": np.array([0.5, 0.25]), "clip": mm.clip}
    exec("def demand(t, growth):\n    return SHARES[int(clip(t, 0, 1))] + 0.0 * growth", scope)
    priors = {**GROWTH, "prior_set": {"years": {"start": 2025, "stop": 2027}}}
    result = mc.simulate(priors, model=Model.from_functions([scope["demand"]]), draws=64)
    assert (result["prior_predictive"]["demand"].values == [0.5, 0.25, 0.25]).all()


def test_a_prior_for_what_the_model_computes_is_refused():
    def growth(ceiling):
        return ceiling

    priors = {"parameters": {**GROWTH["parameters"], "ceiling": {"distribution": "constant", "value": 1.0}}}
    with pytest.raises(InputError, match=r"parameters\.growth: has a prior, but the model computes growth; rename"):
        mc.simulate(priors, model=Model.from_functions([growth]), draws=64)


def test_a_number_that_is_not_finite_is_said_with_what_it_was_computed_from():
    def users(t, growth):
        return growth * t

    def demand(users, growth):
        return growth / users

    priors = {**GROWTH, "prior_set": {"years": {"start": 2025, "stop": 2027}}}
    with pytest.raises(mc.NumericalError) as error:
        mc.simulate(priors, model=Model.from_functions([users, demand]), draws=64)
    growth = mc.simulate(GROWTH, model=Model.from_functions([lone]), draws=64)["prior"]["growth"].values[0, 0]
    place = "not a finite number in chain 0, draw 0, year 2025, seed 0"
    assert str(error.value).startswith(f"demand: inf: {place}, where growth = {growth:.4g}, users = 0; keep what")


def lone(growth):
    return growth
