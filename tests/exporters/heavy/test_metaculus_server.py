"""The server's own validator and scale take the exported CDF.

Needs a checkout of Metaculus/metaculus, named by MCDEMAND_METACULUS. Only two functions of it are run, without Django.
Passed with its commit 100c4088 of August 2026.
"""

import ast
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mcdemand.exporters.metaculus import Range, admissible_cdf, empirical_cdf
from mcdemand.exporting import export

pytestmark = pytest.mark.heavy


class Refused(Exception):
    """What the server answers."""


def function_of(path, name, **names):
    """Return one function of a source file, with the names that it uses."""
    tree = ast.parse(path.read_text())
    node = next(one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == name)
    node.decorator_list, node.returns = [], None
    for argument in node.args.args:
        argument.annotation = None
    found = dict(names)
    exec(compile(ast.Module([node], []), str(path), "exec"), found)
    return found[name]


@pytest.fixture(scope="module")
def server():
    folder = os.environ.get("MCDEMAND_METACULUS", "")
    if not folder:
        pytest.skip("needs MCDEMAND_METACULUS: a checkout of Metaculus/metaculus")
    validate = function_of(
        Path(folder) / "questions/serializers/common.py",
        "continuous_validation",
        np=np,
        serializers=SimpleNamespace(ValidationError=Refused),
        DEFAULT_INBOUND_OUTCOME_COUNT=200,
    )
    kinds = SimpleNamespace(QuestionType=SimpleNamespace(BINARY="binary", MULTIPLE_CHOICE="multiple_choice"))
    scale = function_of(
        Path(folder) / "utils/the_math/formulas.py", "unscaled_location_to_scaled_location", Question=kinds, np=np
    )
    return SimpleNamespace(validate=validate, scale=scale)


def question(scaling):
    return SimpleNamespace(id=1, type="numeric", **scaling)


@pytest.mark.parametrize("zero_point", [None, 0.0, -50.0])
@pytest.mark.parametrize("count", [20, 101, 200])
@pytest.mark.parametrize("bounds", [(True, True), (True, False), (False, True), (False, False)])
def test_server_takes_an_exported_cdf(server, result, tmp_path, zero_point, count, bounds):
    for name, lower, upper in (("energy_served", 50, 2000), ("tokens_served", 1000, 50_000)):
        path = tmp_path / f"{name}.json"
        options = {"lower": lower, "upper": upper, "open_lower": bounds[0], "open_upper": bounds[1]}
        options |= {"zero_point": zero_point, "inbound_outcome_count": count}
        export(result, path, "metaculus", outputs=name, years=2030, **options)
        document = json.loads(path.read_text())
        asked = question(document["scaling"])
        assert server.validate(None, document["continuous_cdf"], asked) == document["continuous_cdf"]
        locations = [server.scale(u / count, asked) for u in range(count + 1)]
        np.testing.assert_allclose(document["locations"], locations, rtol=1e-11)


@pytest.mark.parametrize("count", [1, 5, 39, 41, 77, 150, 199, 200])
@pytest.mark.parametrize("bounds", [(True, True), (True, False), (False, True), (False, False)])
def test_server_takes_hard_cases(server, count, bounds):
    k = (np.arange(999) + 0.5) / 999
    for values in (np.full(9, 33.3), 50 + k / 10, np.where(k < 0.5, 0, 100), 300 * k - 100, k**30 * 100, 100 * k):
        scale = Range(0.0, 100.0, None, *bounds, count)
        cdf = admissible_cdf(empirical_cdf(values, scale.locations()), scale).tolist()
        asked = SimpleNamespace(
            id=1, inbound_outcome_count=count, open_lower_bound=bounds[0], open_upper_bound=bounds[1]
        )
        assert server.validate(None, cdf, asked) == cdf


def test_server_refuses_a_plain_cdf(server):
    scale = Range(0.0, 100.0, None, True, True, 200)
    raw = empirical_cdf(np.full(9, 33.3), scale.locations()).tolist()
    with pytest.raises(Refused, match="must be increasing"):
        server.validate(None, raw, SimpleNamespace(id=1, **vars(scale)))
