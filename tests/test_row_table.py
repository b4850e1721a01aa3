"""Rows as CSV: what a file means, what is refused with its line and column, and the way from one form to the other."""

import csv
import random
import shutil

import pytest

from mcdemand.commands.priors import convert
from mcdemand.errors import FileError, InputError, PriorSetError
from mcdemand.paths import priors_folder, shipped_names
from mcdemand.prior_conversion import convert_prior_set
from mcdemand.prior_set import load_prior_set
from mcdemand.row_table import LONGEST_CELL, MAX_BYTES, MAX_LINES, read_rows

SEED, FILES = 20261129, 500
HEADER = "parameter,p5,p50,p95,unit,source,note\n"


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def write_file(content, name="rows.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def refusal(path, error=InputError):
    with pytest.raises(error) as caught:
        load_prior_set(path)
    return str(caught.value).replace(f"{path.parent}/", "")


def statements(priors):
    return {n: (p.drawn_law, p.unit, p.source, p.note) for n, p in priors.parameters.items()}


def test_a_file_of_rows_is_a_prior_set(write):
    path = write(HEADER + 'x,60,120,300,TWh,"a, b",=1+1\n\n y ,1,,2,,@who,\nz,-1,,5,GW,,\n', "my view.csv")
    priors = load_prior_set(path)
    assert priors.name == "my-view"
    x, y, z = (priors.parameters[name] for name in "xyz")
    assert (x.distribution.name, x.unit, x.source, x.note) == ("two_piece_lognormal", "TWh", "a, b", "=1+1")
    assert (y.distribution.name, y.stated, y.unit, y.source) == ("lognormal", {"p5": 1, "p95": 2}, "unstated", "@who")
    assert (z.distribution.name, z.unit) == ("normal", "GW")
    assert load_prior_set(str(path)).parameters == priors.parameters


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_line_ends_and_the_mark_of_utf_8(write, delimiter, end):
    lines = [["parameter", "value", "source"], ["x", "4", "é"], ["", "", ""]]
    text = "\ufeff" + end.join(delimiter.join(cells) for cells in lines)
    prior = load_prior_set(write(text)).parameters["x"]
    assert (prior.values, prior.source) == ({"value": 4.0}, "é")


def test_columns_of_families_short_forms_and_tables(write):
    text = (
        "parameter,distribution,short,mu,sigma,p1,p99,truncation.lower,varies.kind,varies.persistence\n"
        "a,normal,,1,5 %,,,0,ar1,0.5\nb,,2k to 3k [GW],,,,,,,\nc,,,,,1,2,,,\n"
    )
    rows = load_prior_set(write(text)).parameters
    table = {"distribution": "normal", "mu": 1, "sigma": 0.05, "truncation": {"lower": 0}, "unit": "unstated"}
    table["varies"] = {"kind": "ar1", "persistence": 0.5}
    assert rows["a"].drawn_law == load_prior_set({"parameters": {"a": table}}).parameters["a"].drawn_law
    assert (rows["b"].stated, rows["b"].unit) == ({"p5": 2000.0, "p95": 3000.0}, "GW")
    assert (rows["c"].distribution.name, rows["c"].stated) == ("lognormal", {"p1": 1.0, "p99": 2.0})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "rows.csv: empty; its first line names the columns"),
        (HEADER, "parameters: empty: state at least one"),
        ("soure,b\n", "rows.csv: line 1, column 'soure': unknown; did you mean 'source'?"),
        ("parameter,p5,soruce\n", "rows.csv: line 1, column 'soruce': unknown; did you mean 'source'?"),
        ("p5,p95\n1,2\n", "rows.csv: line 1: has no column 'parameter'"),
        ("parameter,p5,p5\n", "rows.csv: line 1, column 'p5': stated twice"),
        (HEADER + "x,1,,3x,,,\n", "rows.csv: line 2, column p95: \"3x\": after '3' expected the end of the number"),
        (
            "parameter;p5;p95\nx;0,5;2\n",
            "line 2, column p5: \"0,5\": after '0' expected the end of the number; write a d",
        ),
        (HEADER + "x,1,,3,,\n\n,1,,3,,\n", "rows.csv: line 4, column parameter: empty"),
        (HEADER + "x,1,,3\nx,1,,3\n", "line 3, column parameter: 'x': stated twice, first in rows.csv: line 2"),
        (HEADER + "x,1,2,3,TWh,a,b,c\n", "rows.csv: line 2, has 8 cells for 7 columns"),
        ("parameter,value,\nx,1,2\n", "rows.csv: line 2, column 3: '2': a column without a name"),
        (HEADER + "x,,,,TWh,,\n", "line 2, column distribution: empty, and no p5, p50, p95, value or short"),
        (HEADER + "x,1,,,TWh,,\n", "line 2, distribution: missing; only two or three quantiles name one, not 1"),
        ("parameter,short,p5\nx,1 too 2,\n", "line 2, column short: \"1 too 2\": after '1' expected"),
        ("parameter,short,p5\nx,1 to 2,3\n", "line 2, column short: p5: stated in the short form too"),
        (HEADER + "x,3,,1,,,\n", "rows.csv: line 2: parameters.x.p95: 1.0: must be above p5 = 3.0"),
        (HEADER + '"x,1,2\n', "rows.csv: line 2: not CSV"),
        (HEADER.encode() + b"x,\xff\n", "rows.csv: not UTF-8"),
        (HEADER + f"x,1,,2,,{'s' * (LONGEST_CELL + 1)},\n", f"line 2: a cell of more than {LONGEST_CELL} characters"),
        (HEADER + "\n" * (2 * MAX_LINES + 5), f"at most {MAX_LINES} lines"),
        (HEADER + "x,1,,2,,,\n" * (MAX_LINES + 5), f"at most {MAX_LINES} lines"),
        (HEADER + "x" * MAX_BYTES, f"at most {MAX_BYTES} bytes"),
    ],
    ids=lambda value: ascii(value[:40]) if isinstance(value, str) else "",
)
def test_what_is_wrong_has_its_line_and_column(write, content, message):
    assert message in refusal(write(content))


def test_every_problem_has_a_line(write):
    text = refusal(write(HEADER + "x,a,,3,,,\ny,1,,2,,,\nz,,,,,,s\n"), PriorSetError)
    assert [line.split(",")[0] for line in text.splitlines()] == ["rows.csv: line 2", "rows.csv: line 4"]


def test_toml_may_name_a_file_of_rows_beside_it(write):
    write(HEADER + "x,1,,2,GW,,\n", "sub/rows.csv")
    toml = write('parameters = "sub/rows.csv"\ncorrelations = []\n[prior_set]\nname = "own"\n', "own.toml")
    priors = load_prior_set(toml)
    assert (priors.name, priors.parameters["x"].unit) == ("own", "GW")
    assert statements(load_prior_set(priors.document)) == statements(priors)
    child = write('parameters = "sub/rows.csv"\n[prior_set]\nextends = "own"\n', "child.toml")
    assert load_prior_set(child).parameters == priors.parameters


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../rows.csv", "leaves the folder"),
        ("/etc/rows.csv", "leaves the folder"),
        ("rows.txt", "ending in .csv"),
        ("a\\\\rows.csv", "ending in .csv"),
        ("link.csv", "is a link out of the folder"),
        ("absent.csv", "no such file beside"),
    ],
)
def test_a_file_of_rows_never_lies_elsewhere(write, tmp_path, name, message):
    outside = write(HEADER + "x,1,,2,,,\n")
    toml = write(f'parameters = "{name}"\n', "inner/own.toml")
    (tmp_path / "inner" / "link.csv").symlink_to(outside)
    assert message in refusal(toml, FileError if name == "absent.csv" else InputError)


def test_a_mapping_names_no_file():
    with pytest.raises(InputError, match="only a TOML file may name a CSV file"):
        load_prior_set({"parameters": "rows.csv"})


@pytest.fixture
def shipped(tmp_path):
    """Return a folder with copies of the shipped sets."""
    for name in shipped_names():
        shutil.copy(str(priors_folder() / f"{name}.toml"), tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_sets_survive_every_conversion(shipped, name):
    source = shipped / f"{name}.toml"
    expected = load_prior_set(source)
    convert_prior_set(source, shipped / "short.toml", short=True)
    short = load_prior_set(shipped / "short.toml")
    assert (statements(short), short.correlations) == (statements(expected), expected.correlations)
    assert (short.title, short.years, short.model) == (expected.title, expected.years, expected.model)
    assert "short = " in (shipped / "short.toml").read_text(encoding="utf-8")
    lost = convert_prior_set(source, shipped / "rows.csv")
    assert "prior_set.description" in lost[0]
    assert any("correlations" in line for line in lost) == bool(expected.correlations)
    convert_prior_set(shipped / "rows.csv", shipped / "back.toml")
    assert statements(load_prior_set(shipped / "back.toml")) == statements(expected)


def test_a_short_set_converts_to_csv_and_back(write, tmp_path):
    text = 'a = "60 to 300 [TWh]"\nb = 4\nc = "normal(0, 1)"\n'
    text += '[parameters.d]\nshort = "1 / 2 / 3"\nsource = "\\"x\\"\\n=1"\n'
    source = write(f"[parameters]\n{text}", "own.toml")
    lost = convert_prior_set(source, tmp_path / "own.csv")
    assert lost == ()
    assert "\nb,constant,,,,,,4,,\r\n" in (tmp_path / "own.csv").read_bytes().decode()
    convert_prior_set(tmp_path / "own.csv", tmp_path / "back.toml", short=True)
    assert statements(load_prior_set(tmp_path / "back.toml")) == statements(load_prior_set(source))
    assert '\na = "60 to 300 [TWh]"\nb = "4"\n' in (tmp_path / "back.toml").read_text()


def test_what_csv_cannot_hold_is_refused_and_nothing_is_written(write, tmp_path):
    text = '[parameters.x]\ndistribution = "normal"\nmu = 0\nsigma = 1\nvaries = { kind = "knots", knots = [[1, 2]] }\n'
    source = write(text, "own.toml")
    with pytest.raises(InputError, match=r"varies"):
        convert_prior_set(source, tmp_path / "own.csv")
    assert not (tmp_path / "own.csv").exists()


def test_the_command_says_what_is_lost(write, tmp_path, capsys):
    source = write(
        '# why\n[prior_set]\ntitle = "T"\n[parameters]\nx = "1 to 2"\n[parameters.y]\nshort = "1"\nnote = "=1"\n',
        "a.toml",
    )
    convert(source, tmp_path / "b.csv")
    out = " ".join(capsys.readouterr().out.split())
    for line in (
        "Note: not kept: prior_set.title",
        "Note: not kept: 1 comment",
        "a ' stands before texts that begin with",
    ):
        assert line in out
    with pytest.raises(FileError, match="exists; pass --overwrite"):
        convert(source, tmp_path / "b.csv")
    with pytest.raises(InputError, match=r"must both end in \.toml or \.csv"):
        convert(source, tmp_path / "b.txt")
    with pytest.raises(InputError, match="--short: is for TOML"):
        convert(source, tmp_path / "b.csv", short=True, overwrite=True)


def test_random_files_are_read_or_refused(write):
    dice = random.Random(SEED)
    pieces = [
        *HEADER.strip().split(","),
        ",",
        ",",
        ";",
        "\t",
        "\n",
        "\n",
        "\r",
        '"',
        "1",
        "2 %",
        "x",
        "y",
        "\x00",
        "é",
        "=",
    ]
    for _ in range(FILES):
        text = dice.choice([HEADER, "", "parameter,short\n"]) + "".join(dice.choices(pieces, k=dice.randint(0, 30)))
        try:
            read_rows(write(text), "rows.csv")
        except InputError as error:
            lines = str(error).splitlines()
        else:
            continue
        assert all(line.startswith("rows.csv: ") for line in lines)


@pytest.mark.parametrize("text", ["=cmd|'/C calc'!A0", "+1", "-1", "@x", "'=1", "''@x", "'quoted'", "'", "a=1"])
def test_no_text_is_a_formula_and_all_come_back(write, tmp_path, text):
    source = write(f'[parameters]\nx = {{ short = "-5 to 3", source = "{text}" }}\n', "own.toml")
    convert_prior_set(source, tmp_path / "own.csv")
    with open(tmp_path / "own.csv", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not any(cell.startswith(("=", "+", "@", "-c")) or cell == "-1" for cell in cells)
    assert load_prior_set(tmp_path / "own.csv").parameters["x"].source == text


def test_numbers_below_zero_stay_numbers(write, tmp_path):
    convert_prior_set(write('[parameters]\nx = "-5 to 3"\n', "own.toml"), tmp_path / "own.csv")
    assert "x,normal,-5,3\n" in (tmp_path / "own.csv").read_text()


SAMPLES = """
[prior_set]
name = "own"
[parameters.x]
distribution = "mixture"
components = [{ distribution = "empirical", samples = { file = "z.csv", column = "y" } }, "3 to 5"]
weights = [0.5, 0.5]
[parameters.n]
short = "4"
"""


def test_samples_of_a_file_go_along_into_another_folder(write, tmp_path):
    write("y\n1\n2\n9\n", "sub/z.csv")
    source = write(SAMPLES, "sub/own.toml")
    (tmp_path / "other").mkdir()
    convert_prior_set(source, tmp_path / "other" / "own.toml")
    assert "samples = [1, 2, 9]" in (tmp_path / "other" / "own.toml").read_text()
    convert_prior_set(source, tmp_path / "sub" / "near.toml", short=True)
    assert 'file = "z.csv"' in (tmp_path / "sub" / "near.toml").read_text()
    for path in ("other/own.toml", "sub/near.toml"):
        assert statements(load_prior_set(tmp_path / path)) == statements(load_prior_set(source))


def test_a_set_that_extends_its_neighbour_stays_beside_it(write, tmp_path):
    write('[parameters]\nx = "1 to 2"\n', "sub/parent.toml")
    source = write('[prior_set]\nextends = "parent"\n[parameters]\ny = 3\n', "sub/child.toml")
    convert_prior_set(source, tmp_path / "sub" / "again.toml")
    with pytest.raises(InputError, match=r"prior_set\.extends: 'parent': is .*copy it into the folder of"):
        convert_prior_set(source, tmp_path / "child.toml")
    shutil.copy(tmp_path / "sub" / "parent.toml", tmp_path)
    convert_prior_set(source, tmp_path / "child.toml")
    assert statements(load_prior_set(tmp_path / "child.toml")) == statements(load_prior_set(source))


def test_what_no_cell_can_hold_is_said_with_its_file(write, tmp_path):
    law = '{ distribution = "metalog", p10 = 60, p50 = 120, p90 = 300 }'
    text = f'[parameters.x]\ndistribution = "mixture"\ncomponents = ["1 to 2", {law}]\nweights = [0.5, 0.5]\n'
    source = write(text, "own.toml")
    with pytest.raises(PriorSetError) as caught:
        convert_prior_set(source, tmp_path / "own.csv")
    assert str(caught.value).startswith(f"{source}: parameters.x.components: no cell of a CSV file can hold it; ")
