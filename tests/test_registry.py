"""A folder of members becomes a table; misfits and duplicates are errors."""

import sys
from dataclasses import dataclass

import pytest

from mcdemand.copulas import copulas
from mcdemand.designs import designs
from mcdemand.distributions import distributions
from mcdemand.errors import InputError
from mcdemand.registry import MAX_LISTED, collect, look_up, members, nearest

SHIPPED_FAMILIES = {
    "beta",
    "categorical",
    "constant",
    "lognormal",
    "loguniform",
    "normal",
    "triangular",
    "two_piece_lognormal",
    "uniform",
}


@dataclass(frozen=True)
class Spec:
    name: str


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Build a package from the text of its modules."""

    def build(**modules):
        folder = tmp_path / "made_up_members"
        folder.mkdir()
        for name, text in {"__init__": "", **modules}.items():
            (folder / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return __import__("made_up_members")

    yield build
    for name in [name for name in sys.modules if name.split(".")[0] == "made_up_members"]:
        del sys.modules[name]


def module(name, value="Spec({0!r})"):
    return f"from {Spec.__module__} import Spec\nSPEC = {value.format(name)}\n"


def test_members_are_the_public_modules_by_name(package):
    built = package(b=module("second"), a=module("first"), _root="RAISED = True\n")
    assert [member.__name__ for member in members(built)] == ["made_up_members.a", "made_up_members.b"]
    assert collect(built, "SPEC", Spec) == {"first": Spec("first"), "second": Spec("second")}


def test_a_member_without_its_constant_is_an_error(package):
    with pytest.raises(TypeError, match=r"made_up_members\.b: must define SPEC, a Spec"):
        collect(package(a=module("first"), b=""), "SPEC", Spec)


def test_a_member_of_another_kind_is_an_error(package):
    with pytest.raises(TypeError, match="must define SPEC, a Spec"):
        collect(package(a="SPEC = 'first'\n"), "SPEC", Spec)


def test_two_members_of_one_name_are_an_error(package):
    with pytest.raises(TypeError, match=r"made_up_members\.b: the name 'same' is taken"):
        collect(package(a=module("same"), b=module("same")), "SPEC", Spec)


def test_shipped_members():
    assert set(distributions()) >= SHIPPED_FAMILIES
    assert "gaussian" in copulas()
    assert "random" in designs()


def test_nearest_names_what_was_meant_or_all_there_is():
    assert nearest("lognormall", distributions()) == "did you mean 'lognormal'?"
    assert nearest("zzz", ["b", "a"]) == "known: a, b"
    many = [f"name{k:02d}" for k in range(MAX_LISTED + 1)]
    assert nearest("zzz", many) == f"known: {', '.join(many[:MAX_LISTED])}, ..."


def test_look_up():
    assert look_up("a", {"a": 1}, "thing") == 1
    with pytest.raises(InputError, match="thing: 'ab': unknown; did you mean 'abc'"):
        look_up("ab", {"abc": 1}, "thing")
