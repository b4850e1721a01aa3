"""Functions wired by argument name: order, what a request needs, and what is refused."""

import functools
import math
from typing import Annotated

import numpy as np
import pytest

from mcdemand.errors import InputError
from mcdemand.model import Model, installed_models, load_model
from mcdemand.units import GW, TWh, Unit

ALIKE = "; annotate both alike, with a unit of mcdemand.units"


def users(t, growth):
    """Users of the service.

    More is said here.
    """
    return 1.0 + growth * t


def tokens(users, tokens_per_user):
    return users * tokens_per_user


def stock(previous_stock, tokens, decay=0.1):
    return previous_stock * (1.0 - decay) + tokens


def initial_stock(first_stock):
    return first_stock


def price(next_tokens, margin):
    return next_tokens * margin


FUNCTIONS = [price, stock, tokens, initial_stock, users]


def model_of(*functions, **options):
    return Model.from_functions(functions, **options)


def define(source, name="f"):
    scope = {}
    exec(source, scope)
    return scope[name]


def refusal(*functions, **options):
    with pytest.raises(InputError) as error:
        model_of(*functions, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_model_reads_its_functions():
    model = Model.from_functions(FUNCTIONS, name="toy", base_year=2024)
    assert set(model.quantities) == {"users", "tokens", "stock", "price"}
    assert list(model.parameters) == ["first_stock", "growth", "margin", "tokens_per_user"]
    assert model.quantities["stock"].constants == {"decay": 0.1}
    assert model.quantities["stock"].initial.function is initial_stock
    assert model.quantities["users"].long_name == "Users of the service"
    assert model.quantities["tokens"].long_name == "tokens"
    assert (model.name, model.base_year) == ("toy", 2024)
    assert model.default_outputs == ("price", "stock", "tokens", "users")


def test_a_plan_puts_everything_after_what_it_reads():
    plan = Model.from_functions(FUNCTIONS).plan()
    order = plan.first_sweep
    assert order.index("users") < order.index("tokens") < order.index("stock")
    assert plan.second_sweep == ("price",)
    assert plan.outputs == ("price", "stock", "tokens", "users")


@pytest.mark.parametrize(
    ("outputs", "first", "second", "parameters"),
    [
        (["users"], {"users"}, set(), {"growth"}),
        (["tokens"], {"users", "tokens"}, set(), {"growth", "tokens_per_user"}),
        (["stock"], {"users", "tokens", "stock"}, set(), {"growth", "tokens_per_user", "first_stock"}),
        (["price"], {"users", "tokens"}, {"price"}, {"growth", "tokens_per_user", "margin"}),
        ([], set(), set(), set()),
    ],
    ids=["users", "tokens", "stock", "price", "nothing"],
)
def test_a_plan_holds_only_what_its_outputs_need(outputs, first, second, parameters):
    plan = Model.from_functions(FUNCTIONS).plan(outputs)
    assert (set(plan.first_sweep), set(plan.second_sweep), set(plan.parameters)) == (first, second, parameters)


def test_what_reads_a_late_quantity_is_late_too():
    model = model_of(*FUNCTIONS, define("def f(price, users):\n    return price / users"))
    plan = model.plan(["f"])
    assert plan.second_sweep == ("price", "f")
    assert plan.first_sweep == ("users", "tokens")


def test_outputs_keep_their_order_and_come_once():
    assert Model.from_functions(FUNCTIONS).plan(["tokens", "users", "tokens"]).outputs == ("tokens", "users")


def test_an_unknown_output_brings_the_nearest_name():
    with pytest.raises(InputError, match="outputs: 'token': unknown; did you mean 'tokens'"):
        Model.from_functions(FUNCTIONS).plan(["token"])
    assert "did you mean 'users'" in refusal(*FUNCTIONS, default_outputs=["user"])


def test_what_changes_from_year_to_year():
    constant = define("def constant(first_stock):\n    return first_stock", "constant")
    model = model_of(*FUNCTIONS, constant)
    plan = model.plan(["tokens", "stock", "price", "constant"])
    assert model.timed(plan) == {"users", "tokens", "stock", "price"}
    assert model.timed(plan, yearly=["first_stock"]) == {"users", "tokens", "stock", "price", "constant"}


def test_a_previous_value_is_no_circle():
    first = define("def a(previous_b):\n    return previous_b", "a")
    second = define("def b(a):\n    return a + 1.0", "b")
    start = define("def initial_a():\n    return 1.0", "initial_a")
    assert model_of(first, second, start).plan().first_sweep == ("a", "b")


def test_circles_are_named():
    functions = [
        define(f"def {name}({argument}):\n    return {argument}", name) for name, argument in ("ab", "bc", "ca", "da")
    ]
    assert refusal(*functions) == "quantities go round in a circle: a -> b -> c -> a"
    assert refusal(define("def f(f):\n    return f")) == "quantities go round in a circle: f -> f"


def test_a_long_chain_of_quantities_is_no_circle():
    chain = [define("def a0(x):\n    return x", "a0")]
    chain += [define(f"def a{k}(a{k - 1}):\n    return a{k - 1}", f"a{k}") for k in range(1, 300)]
    assert model_of(*reversed(chain)).plan(["a299"]).first_sweep == tuple(f"a{k}" for k in range(300))


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        (["def f(previous_g):\n    return previous_g"], "quantity f: previous_g: no quantity g"),
        (["def f(next_ff):\n    return next_ff"], "quantity f: next_ff: no quantity ff; did you mean 'f'?"),
        (
            ["def f(previous_f):\n    return previous_f"],
            "quantity f: previous_f: has no value in the base year; write initial_f",
        ),
        (["def f(x):\n    return x", "def initial_g(x):\n    return x"], "quantity initial_g: there is no g"),
        (
            ["def f(previous_f):\n    return previous_f", "def initial_f(previous_f):\n    return previous_f"],
            "quantity initial_f: the base year has no year before and no year after",
        ),
        (["def f(x):\n    return x", "def f(y):\n    return y"], "quantity f: the name is taken"),
        (["def t(x):\n    return x"], "quantity t: the name is taken"),
        (["def f(*x):\n    return x"], "quantity f: x: must be an ordinary argument"),
        (["def f(**x):\n    return x"], "quantity f: x: must be an ordinary argument"),
        (["def f(x, /):\n    return x"], "quantity f: x: must be an ordinary argument"),
        (["def f(*, x):\n    return x"], "quantity f: x: must be an ordinary argument"),
        (["def f(x, c=None):\n    return x"], "quantity f: c: default None: must be a finite number"),
        (["def f(x, c='1'):\n    return x"], "quantity f: c: default '1': must be a finite number"),
        (["def f(x, c=True):\n    return x"], "quantity f: c: default True: must be a finite number"),
        (["def f(x, c=float('inf')):\n    return x"], "quantity f: c: default inf: must be a finite number"),
        (["def f(x: 'Unknown'):\n    return x"], "quantity f: an annotation cannot be read"),
        (
            ["def f(next_f, x):\n    return x", "def g(f):\n    return f"],
            "quantity f: next_f: a year before and a year after cannot be chained",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_functions_that_make_no_model_are_refused(sources, problem):
    functions = [define(source, source.split("(")[0].removeprefix("def ")) for source in sources]
    assert problem in refusal(*functions)


@pytest.mark.parametrize("thing", [lambda x: x, functools.partial(users, growth=1.0), np.exp, math.sqrt, 3, Model])
def test_a_quantity_is_a_plain_function(thing):
    assert refusal(thing).startswith("quantity ")


def test_places_that_name_a_parameter_agree_on_its_unit():
    def power(energy: TWh) -> GW:
        return energy

    def energy_twice(energy: TWh) -> TWh:
        return 2.0 * energy

    def other(energy: GW) -> GW:
        return energy

    assert model_of(power, energy_twice).parameters == {"energy": Unit("TWh")}
    assert refusal(power, other) == f"quantity other: energy: unit 'GW', but power has 'TWh'{ALIKE}"


def test_an_argument_has_the_unit_of_the_quantity_that_it_names():
    def power() -> GW:
        return 1.0

    def energy(power: TWh) -> TWh:
        return power

    def late(next_power: TWh) -> TWh:
        return next_power

    assert refusal(power, energy) == f"quantity energy: power: unit 'TWh', but power has 'GW'{ALIKE}"
    assert refusal(power, late) == f"quantity late: next_power: unit 'TWh', but power has 'GW'{ALIKE}"


def test_a_categorys_names_are_part_of_its_unit():
    first, second = (Annotated[float, Unit("category", names)] for names in (("a", "b"), ("b", "a")))

    def f(shape: first):
        return shape

    def g(shape: second):
        return shape

    assert "quantity g: shape: unit 'category'" in refusal(f, g)


def test_installed_models():
    model = load_model("ai_compute")
    assert model is installed_models()["ai_compute"]
    assert load_model(model) is model
    assert len(model.default_outputs) == 10
    assert model.base_year == 2024
    with pytest.raises(InputError, match="model: 'ai_comput': unknown; did you mean 'ai_compute'"):
        load_model("ai_comput")
    with pytest.raises(InputError, match="model: none given"):
        load_model(None)
