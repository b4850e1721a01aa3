"""How quantities take their parameters: in a logarithm, a root, to which power, read off their code and never run."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mcdemand.model import Model
from mcdemand.quantity import Quantity

LOGARITHM, POWER = "log", "power"
LOGARITHMS = frozenset({"log", "log2", "log10"})
ROOT = "sqrt"


@dataclass(frozen=True)
class Use:
    """A parameter inside of a logarithm, or to a power.

    Attributes
    ----------
    kind
        "log" or "power".
    exponent
        The power, None where it is not a number that stands in the code.
    """

    quantity: str
    parameter: str
    kind: str
    exponent: float | None = None


def parameter_uses(model: Model, names: Iterable[str], constants: Mapping[str, float]) -> list[Use]:
    """Return how some quantities use their parameters, but for plain factors.

    Parameters
    ----------
    names
        Quantities to read; those whose code cannot be found are left out.
    constants
        Parameters whose value is known, for powers stated by name.

    Examples
    --------
    >>> from mcdemand.model import load_model
    >>> uses = parameter_uses(load_model("ai_compute"), ["rebound"], {"rebound_elasticity": -0.5})
    >>> [(use.parameter, use.exponent) for use in uses]
    []
    """
    found: dict[Use, None] = {}
    for name in names:
        quantity = model.quantities[name]
        for one in filter(None, (quantity, quantity.initial)):
            known = {**constants, **one.constants}
            for use in _uses(one, known):
                if use.parameter in model.parameters:
                    found[use] = None
    return list(found)


def _uses(quantity: Quantity, constants: Mapping[str, float]) -> Iterator[Use]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(quantity.function)))
    except (OSError, SyntaxError, TypeError):
        return
    local = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for kind, name, exponent in _read(tree, constants):
        if name not in local and (kind, exponent) != (POWER, 1.0):
            yield Use(quantity.name, name, kind, None if math.isnan(exponent) else exponent)


def _read(node: ast.AST, constants: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    """Yield kind, name and power of every use below a node, a product as a whole."""
    if isinstance(node, ast.expr) and _is_product(node):
        for leaf, exponent in _factors(node, 1.0, constants):
            if isinstance(leaf, ast.Name):
                yield POWER, leaf.id, exponent
            else:
                yield from _read(leaf, constants)
        return
    if isinstance(node, ast.Call) and _called(node) in LOGARITHMS and node.args:
        leaves = _factors(node.args[0], 1.0, constants)
        yield from ((LOGARITHM, leaf.id, math.nan) for leaf, _ in leaves if isinstance(leaf, ast.Name))
    for child in ast.iter_child_nodes(node):
        yield from _read(child, constants)


def _is_product(node: ast.expr) -> bool:
    return _power(node) is not None or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _factors(node: ast.expr, exponent: float, constants: Mapping[str, float]) -> Iterator[tuple[ast.expr, float]]:
    """Yield the factors of a product that are none themselves, each with the power that it is raised to."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        yield from _factors(node.left, exponent, constants)
        yield from _factors(node.right, exponent if isinstance(node.op, ast.Mult) else -exponent, constants)
    elif power := _power(node):
        yield from _factors(power[0], exponent * _value(power[1], constants), constants)
        yield power[1], 1.0
    else:
        yield node, exponent


def _power(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Return base and exponent of a power, `x ** e`, `power(x, e)` or `sqrt(x)`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return node.left, node.right
    if isinstance(node, ast.Call) and _called(node) == ROOT and len(node.args) == 1:
        return node.args[0], ast.Constant(0.5)
    if isinstance(node, ast.Call) and _called(node) in ("power", "pow") and len(node.args) == 2:
        return node.args[0], node.args[1]
    return None


def _value(node: ast.expr, constants: Mapping[str, float]) -> float:
    """Return the number that an exponent states, NaN if it is computed."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, constants)
    if isinstance(node, ast.Name):
        return constants.get(node.id, math.nan)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        right = _value(node.right, constants)
        return _value(node.left, constants) / right if right else math.nan
    return math.nan
