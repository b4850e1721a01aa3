"""Prior sets as files from strangers: limits, `extends`, overrides."""

import time

import pytest
from numpy.testing import assert_allclose

from mcdemand.document import MAX_ANCESTORS, read_document
from mcdemand.errors import FileError, InputError, PriorSetError
from mcdemand.paths import shipped_names
from mcdemand.prior_set import load_prior_set
from mcdemand.toml_file import MAX_BYTES, MAX_ITEMS, MAX_LINES

SECONDS = 2.0

NORMAL = '\n[parameters.{0}]\ndistribution = "normal"\nmu = {1}\nsigma = 1\nsource = "{2}"\n'
PAIR = '\n[[correlations]]\nbetween = ["a", "b"]\nrank = {0}\n'
PARENT = '[prior_set]\nname = "parent"\ntitle = "Parent"\nyears = { start = 2024, stop = 2026 }\n' + "".join(
    [
        NORMAL.format("a", 1, "parent"),
        NORMAL.format("b", 2, "parent"),
        NORMAL.format("c", 3, "parent"),
        PAIR.format(0.5),
    ]
)
CHILD = '[prior_set]\nname = "child"\nextends = "parent"\n'


@pytest.fixture
def write(tmp_path):
    """Write a file beside the others and return its path."""

    def write_file(content, name="set.toml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def refusal(source, error=InputError, **overrides):
    with pytest.raises(error) as caught:
        load_prior_set(source, **overrides)
    return str(caught.value)


def test_a_name_a_path_and_a_mapping_are_read(write):
    path = write(PARENT)
    assert load_prior_set(path).parameters.keys() == load_prior_set(str(path)).parameters.keys() == {"a", "b", "c"}
    mapping = {"parameters": {"x": {"distribution": "constant", "value": 1}}}
    assert load_prior_set(mapping).parameters["x"].is_constant
    assert "consensus" in shipped_names()
    assert load_prior_set("consensus").name == "consensus"


def test_a_mapping_is_copied():
    mapping = {"parameters": {"x": {"distribution": "constant", "value": 1}}}
    load_prior_set(mapping, set={"x": 2})
    assert mapping == {"parameters": {"x": {"distribution": "constant", "value": 1}}}


def test_a_child_replaces_rows_whole(write):
    write(PARENT, "parent.toml")
    row = '\n[parameters.a]\ndistribution = "lognormal"\nmu = 9\nsigma = 2\n'
    child = load_prior_set(write(CHILD + row))
    assert child.parameters["a"].values == {"mu": 9.0, "sigma": 2.0}
    assert child.parameters["a"].source == ""
    assert child.parameters["b"].source == "parent"
    assert (child.name, child.title, child.years) == ("child", "Parent", (2024, 2025, 2026))


@pytest.mark.parametrize(
    ("stated", "expected"),
    [("", [0.5]), ("correlations = []\n", []), (PAIR.format(-0.2), [-0.2])],
    ids=["inherited", "emptied", "replaced"],
)
def test_a_childs_correlations_replace_its_parents_list(write, stated, expected):
    write(PARENT, "parent.toml")
    child = load_prior_set(write(stated + CHILD if "[]" in stated else CHILD + stated))
    assert [correlation.rank for correlation in child.correlations] == expected


def test_grandchildren_inherit_what_their_parents_left_alone(write):
    write(PARENT, "parent.toml")
    write(CHILD + NORMAL.format("c", 7, "child"), "child.toml")
    grandchild = load_prior_set(write('[prior_set]\nextends = "child"\n' + NORMAL.format("a", 8, "grandchild")))
    assert [grandchild.parameters[name].values["mu"] for name in "abc"] == [8.0, 2.0, 7.0]
    assert [correlation.rank for correlation in grandchild.correlations] == [0.5]


def test_a_mapping_can_extend_a_shipped_set():
    child = load_prior_set({"prior_set": {"extends": "consensus"}, "parameters": {}})
    assert child.parameters.keys() == load_prior_set("consensus").parameters.keys()


def test_errors_name_the_file_that_the_row_came_from(write):
    parent = write(PARENT.replace("sigma = 1", "sigma = -1", 1), "parent.toml")
    child = write(CHILD + NORMAL.format("b", '"x"', "child"))
    lines = refusal(child, PriorSetError).splitlines()
    assert lines == [
        f"{parent}: parameters.a.sigma: -1.0: must be above 0",
        f"{child}: parameters.b.mu: 'x': must be a number",
    ]


def test_circles_are_named(write):
    write('[prior_set]\nextends = "b"\n', "a.toml")
    path = write('[prior_set]\nextends = "a"\n', "b.toml")
    assert "goes round in a circle" in refusal(path)
    assert "b.toml" in refusal(path)
    itself = write('[prior_set]\nextends = "own"\n', "own.toml")
    assert "goes round in a circle" in refusal(itself)


def test_a_long_line_of_ancestors_is_refused(write):
    write(PARENT, "p0.toml")
    for k in range(1, MAX_ANCESTORS + 5):
        path = write(f'[prior_set]\nextends = "p{k - 1}"\n', f"p{k}.toml")
    assert f"over {MAX_ANCESTORS} sets deep" in refusal(path)
    assert load_prior_set(path.parent / "p5.toml").parameters.keys() == {"a", "b", "c"}


@pytest.mark.parametrize(
    "escaping",
    ["../parent", "/etc/hosts", "sub/parent", "https://example.org/p.toml", "..", "", "a\\b", "a\u0000b", 3, ["a"]],
)
def test_extends_never_leaves_the_folder(tmp_path, escaping):
    (tmp_path / "parent.toml").write_text(PARENT)
    mapping = {"prior_set": {"extends": escaping}, "parameters": {}}
    assert "prior_set.extends" in refusal(mapping)
    assert "must be the name of a shipped set or of a file beside this one" in refusal(mapping)


def test_an_unknown_parent_brings_the_nearest_name():
    assert "did you mean 'consensus'?" in refusal({"prior_set": {"extends": "consensu"}, "parameters": {}})


def test_an_unknown_set_brings_the_nearest_name(tmp_path):
    assert "did you mean 'liftoff'?" in refusal("liftof")
    assert "no such file" in refusal(tmp_path / "absent.toml", FileError)
    assert "no such file" in refusal(tmp_path, FileError)


def test_overrides(write):
    path = write(PARENT)
    changed = load_prior_set(path, set={"a.mu": 5, "b": 7, "c": {"distribution": "uniform", "lower": 0, "upper": 2}})
    assert changed.parameters["a"].values == {"mu": 5.0, "sigma": 1.0}
    assert changed.parameters["b"].values == {"value": 7.0}
    assert changed.parameters["c"].values == {"lower": 0.0, "upper": 2.0}
    assert [changed.parameters[name].source for name in "abc"] == ["parent"] * 3


def test_an_override_of_a_quantile():
    changed = load_prior_set("liftoff", set={"reasoning_multiplier.p50": 10})
    assert changed.parameters["reasoning_multiplier"].values["median"] == 10.0
    assert changed.parameters["reasoning_multiplier"].unit == "1"


def test_an_override_of_a_loaded_set_is_an_override_of_its_document(write):
    loaded = load_prior_set(write(PARENT))
    assert load_prior_set(loaded) is loaded
    again = load_prior_set(loaded, set={"c": 1})
    assert again.parameters["c"].is_constant
    assert not loaded.parameters["c"].is_constant


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"aa.mu": 1}, "set: aa.mu: no such parameter; did you mean 'a'?"),
        ({"a.sigma": -1}, "set: parameters.a.sigma: -1.0: must be above 0"),
        ({"a.sigmaa": 1}, "set: parameters.a.sigmaa: unknown; did you mean 'sigma'?"),
        ({"a": True}, "set: parameters.a.value: True: must be a number"),
        ({"a": "1"}, "set: parameters.a.value: '1': must be a number"),
        ({"c": float("nan")}, "set: parameters.c.value: nan: must be finite"),
        ({"c": {"distribution": "normal"}}, "set: parameters.c.mu: missing"),
    ],
    ids=str,
)
def test_bad_overrides_are_refused(write, overrides, problem):
    assert problem in refusal(write(PARENT), set=overrides)


def test_an_override_to_a_constant_drops_its_correlation_and_says_so(write):
    changed = load_prior_set(write(PARENT), set={"a": 1})
    assert changed.correlations == ()
    assert changed.notices == (
        "correlation of a and b: without effect, a is a constant, on which nothing depends; drop the pair",
    )
    assert load_prior_set(changed.document).correlations == ()


def test_an_inherited_correlation_with_a_constant_is_without_effect_and_said(write):
    write(PARENT, "parent.toml")
    child = load_prior_set(write(CHILD + '\n[parameters.b]\ndistribution = "constant"\nvalue = 1\n'))
    assert child.notices == (
        "correlation of a and b: without effect, b is a constant, on which nothing depends; drop the pair",
    )
    again = load_prior_set(child.document)
    assert (again.correlations, [group.names for group in again.groups]) == ((), [("a", "b")])


def test_an_explicit_correlation_with_a_constant_is_an_error(write):
    constant = '[parameters.a]\ndistribution = "constant"\nvalue = 1\n'
    path = write(constant + NORMAL.format("b", 0, "") + PAIR.format(0.5))
    rule = "a is a constant, on which nothing depends; drop the pair"
    assert refusal(path, PriorSetError) == f"{path}: correlations: a and b: {rule}"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(write):
    path = write(b"\xef\xbb\xbf" + PARENT.replace("\n", "\r\n").encode())
    assert load_prior_set(path).title == "Parent"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe" + PARENT.encode("utf-16-le"),
        PARENT.encode() + b'\n# \xe9\n',
        b"not toml",
        b"[parameters.a\n",
        b"a = 1\na = 2\n",
        b"a = " + b"1" * 5000 + b"\n",
        b"a = " + b"[" * 100_000 + b"\n",
        b"a = " + b"{a = " * 100_000 + b"\n",
        b"# " + b"]" * 100_000 + b"\na = " + b"[" * 100_000 + b"\n",
        b".".join([b"a"] * 20_000) + b" = 1\n",
        b" . ".join([b'"a"'] * 10_000) + b" = 1\n",
        b".".join([b'"\\""'] * 10_000) + b" = 1\n",
        b".".join([b"'a'"] * 10_000) + b" = 1\n",
        b"[" + b".".join([b"a"] * 20_000) + b"]\n",
        b"x = {" + b".".join([b"a"] * 20_000) + b" = 1}\n",
        b"k" * 40_000 + b" = 1\n",
        b'"""' + b'"' * 40_000 + b"\n",
        b"a = '" + b"'" * 40_000 + b"\n",
        b"\x00\n",
        b"#" * (MAX_BYTES + 1),
    ],
    ids=[
        "UTF-16", "Latin-1", "prose", "open header", "key twice", "long integer", "deep array", "deep table",
        "comment of brackets", "dotted", "dotted double quotes", "dotted escapes", "dotted single quotes",
        "dotted header", "dotted inline", "long key", "double quotes", "single quotes", "NUL", "too large",
    ],
)  # fmt: skip
def test_what_is_not_toml_within_the_limits_is_refused_fast(write, content):
    path = write(content)
    start = time.process_time()
    message = refusal(path)
    assert time.process_time() - start < SECONDS
    assert message.startswith(f"{path}: ")


def test_text_does_not_count_as_structure(write):
    """Brackets, dots and long words in strings and comments are no nesting and no keys."""
    notes = [f'note = "in [0, {k}), {"a." * 30}, {"x" * 300}, \\" #"' for k in range(30)]
    rows = [NORMAL.format(f"a{k}", k, "") + f"{note}  # [[[ {'b.' * 30}\n" for k, note in enumerate(notes)]
    assert len(load_prior_set(write("".join(rows))).parameters) == 30


def test_a_long_text_is_searched_in_linear_time(write):
    path = write(PARENT + f"\n# {'a' * 1_000_000}\n# {'a.' * 500_000}\n# {'[' * 500_000}\n")
    start = time.process_time()
    assert len(load_prior_set(path).parameters) == 3
    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"parameters": 3}, "parameters: 3"),
        ({"prior_set": 3, "parameters": {}}, "prior_set: 3"),
        ({"prior_set": {"extends": "consensus"}, "parameters": [1]}, "parameters: [1]"),
        ({"parameters": {"a": [3]}}, "parameters.a: [3]"),
        ({"parameters": {"a": {"distribution": 3}}}, "parameters.a.distribution: 3"),
    ],
    ids=str,
)
def test_a_table_must_be_a_table(document, problem):
    assert problem in refusal(document)
    refusal(document, set={"a": 1} if "a" not in str(document["parameters"]) else {"a.p5": 1})


def test_a_parent_that_is_no_prior_set_is_refused(write):
    write("prior_set = 3\n", "parent.toml")
    assert "parent.toml: prior_set: 3: must be a table" in refusal(write(CHILD))


def test_an_infinite_literal_is_refused(write):
    for literal in ("1e400", "inf", "-inf", "nan", "1" + "0" * 190):
        text = '[parameters.a]\ndistribution = "constant"\nvalue = ' + literal
        if literal.startswith("10"):
            assert_allclose(load_prior_set(write(text)).parameters["a"].values["value"], 1e190)
        else:
            assert "parameters.a.value: " in refusal(write(text))


def test_row_labels_say_where_a_row_came_from(write):
    parent = write(PARENT, "parent.toml")
    child = write(CHILD + NORMAL.format("a", 1, ""))
    labels = read_document(child).row_labels
    assert labels == {"a": str(child), "b": str(parent), "c": str(parent)}


@pytest.mark.parametrize("text", ["a=1\n" * (MAX_LINES + 1), "a = [" + "1," * (MAX_ITEMS + 1) + "]\n"])
def test_a_file_of_too_many_lines_or_items_is_refused_before_it_is_parsed(write, text):
    assert "shorten it" in refusal(write(text))
