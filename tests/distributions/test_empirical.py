"""Samples: as they are, smoothed, and from files; refused where they are none."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pieced_laws import law_of
from scipy import stats
from scipy.special import ndtri

from mcdemand.distributions.empirical import silverman
from mcdemand.errors import FileError, InputError, PriorSetError
from mcdemand.prior_set import load_prior_set
from mcdemand.sample_file import read_samples

NUMBERS = stats.gamma(2.0).ppf((np.arange(200) + 0.5) / 200)
SET = '[parameters.x]\ndistribution = "empirical"\nsamples = { file = "data/x.csv", column = "y" }\n'


def refusal(row):
    with pytest.raises(PriorSetError) as error:
        load_prior_set({"parameters": {"x": row}})
    return str(error.value).removeprefix("mapping: parameters.x.")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path


def write(folder, text, name="data/x.csv"):
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def read(folder, column="y", name="data/x.csv"):
    return read_samples({"file": name, "column": column}, folder, "my.toml")


def test_steps_are_numpys_quantiles_of_the_inverted_distribution_function():
    levels = np.array([1e-12, 0.0103, 0.2501, 0.5013, 0.777, 0.991])
    found = law_of({"distribution": "empirical", "samples": NUMBERS.tolist()}).quantiles(ndtri(levels))
    assert_array_equal(found, np.quantile(NUMBERS, levels, method="inverted_cdf"))


def test_samples_that_repeat_weigh_more():
    law = law_of({"distribution": "empirical", "samples": [1, 2, 2, 2]})
    assert_allclose(stats.norm.cdf(law.normal_scores(np.array([1.0, 2.0]), of_less=True)), [0, 0.25])
    assert_array_equal(law.quantiles(ndtri(np.array([0.2, 0.3, 0.9]))), [1, 2, 2])


def test_a_hundred_thousand_samples_are_drawn_each_as_often(draw, size):
    count = size(100_000, 2_000)
    samples = np.arange(float(count))
    x = draw({"parameters": {"x": {"distribution": "empirical", "samples": samples.tolist()}}}, 2_000)["x"][0]
    assert_array_equal(x, np.floor(x))
    assert stats.kstest(x / count, "uniform").pvalue > 1e-6


def test_bandwidth_is_silvermans():
    """Silverman 1986, equation 3.31, against SciPy's kernel density of the same bandwidth."""
    spread = min(np.std(NUMBERS, ddof=1), np.subtract(*np.quantile(NUMBERS, [0.75, 0.25])) / 1.34)
    assert_allclose(silverman(NUMBERS), 0.9 * spread * 200**-0.2, rtol=1e-12)
    law = law_of({"distribution": "empirical", "samples": NUMBERS.tolist(), "smoothing": "normal"})
    density = stats.gaussian_kde(NUMBERS, silverman(NUMBERS) / np.std(NUMBERS, ddof=1))
    x = np.array([-0.3, 0.5, 2.0, 7.0])
    assert_allclose(law.density(x), density(x), rtol=1e-10)
    below = [density.integrate_box_1d(-math.inf, one) for one in x]
    assert_allclose(stats.norm.cdf(law.normal_scores(x)), below, rtol=1e-8)


def test_smoothed_logarithms_stay_positive():
    row = {"distribution": "empirical", "samples": NUMBERS.tolist(), "smoothing": "lognormal"}
    logs = law_of({**row, "samples": np.log(NUMBERS).tolist(), "smoothing": "normal"})
    z = np.array([-8.0, -3.0, 0.0, 2.0, 8.0])
    assert_allclose(law_of(row).quantiles(z), np.exp(logs.quantiles(z)), rtol=1e-9)


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"samples": []}, "samples: []: must be a list of numbers"),
        ({"samples": [1, math.nan]}, "samples: nan: must be finite"),
        ({"samples": [1, math.inf]}, "samples: inf: must be finite"),
        ({"samples": [1, "2"]}, "must be a list of numbers"),
        ({"samples": {"file": "x.csv", "column": "y"}}, "must be a list of numbers"),
        ({"samples": [1.0] * 100_001}, "samples: 100001 of them: at most 100000 are taken"),
        ({"samples": [1.0] * 5_001, "smoothing": "normal"}, "at most 5000 are smoothed"),
        ({"samples": [0, 1], "smoothing": "lognormal"}, "samples: 0.0: must be above 0 where smoothing is lognormal"),
        ({"samples": [1, 1, 1], "smoothing": "normal"}, "bandwidth: missing; the rule for it gives 0"),
        ({"samples": [1, 2], "bandwidth": 1}, 'bandwidth: needs smoothing = "normal"'),
        ({"samples": [1, 2], "smoothing": "normal", "bandwidth": -1}, "bandwidth: -1.0: must be at least 0"),
        ({"samples": [1, 2], "smoothing": "auto"}, "must be one of none, normal, lognormal"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_sample_is_refused(row, rule):
    assert rule in refusal({"distribution": "empirical", **row})


@pytest.mark.parametrize(
    "text", ["y\n1\n2.5\n-3e2\n", "x;y\n0;1\n0;2.5\n\n0;-3e2\n", '\ufeff"y"\tz\r\n1\t9\r\n2.5\t9\r\n-300\t9\r\n']
)
def test_a_column_is_read(folder, text):
    assert read(write(folder, text)) == [1.0, 2.5, -300.0]


def test_a_prior_set_names_a_file_beside_it(folder):
    write(write(folder, "y\n1\n2\n4\n"), SET, "my.toml")
    priors = load_prior_set(str(folder / "my.toml"))
    assert priors.parameters["x"].values["samples"] == (1.0, 2.0, 4.0)
    assert priors.document["parameters"]["x"]["samples"] == [1.0, 2.0, 4.0]
    nested = '[parameters.x]\ndistribution = "zero_inflated"\nprobability = 0.5\n' + SET.replace(
        "parameters.x", "parameters.x.law"
    )
    write(folder, nested, "nested.toml")
    assert load_prior_set(str(folder / "nested.toml")).parameters["x"].values["law"].values["samples"] == (
        1.0,
        2.0,
        4.0,
    )


@pytest.mark.parametrize(
    ("text", "column", "name", "error", "rule"),
    [
        ("y\n1\n", "z", "data/x.csv", InputError, "my.toml: samples: data/x.csv: column 'z': is not there"),
        ("yield\n1\n", "yeild", "data/x.csv", InputError, "did you mean 'yield'?"),
        ("y,y\n1,2\n", "y", "data/x.csv", InputError, "column 'y': is there twice"),
        ("y\n", "y", "data/x.csv", InputError, "column 'y': holds no numbers"),
        ("", "y", "data/x.csv", InputError, "data/x.csv: has no header"),
        ("y\n1\nnan\n", "y", "data/x.csv", InputError, "line 3: 'nan': must be a finite number"),
        ("y\n1\ninf\n", "y", "data/x.csv", InputError, "line 3: 'inf': must be a finite number"),
        ("x,y\n1,2\n3\n", "y", "data/x.csv", InputError, "line 3: '': must be a finite number"),
        ("y\n1,5\n2,5\n", "y", "data/x.csv", InputError, "line 2: 2 cells, the header has 1; with decimal commas"),
        ("y\n1\ntwo\n", "y", "data/x.csv", InputError, "line 3: 'two': must be a finite number"),
        ("y\n" + "1\n" * 100_001, "y", "data/x.csv", InputError, "at most 100000 samples are read"),
        (b"y\n\xff\xfe\n", "y", "data/x.csv", InputError, "not UTF-8"),
        ("y\n1\n", "y", "data/other.csv", FileError, "no such file beside my.toml"),
        ("y\n1\n", "y", "../x.csv", InputError, "leaves the folder of my.toml"),
        ("y\n1\n", "y", "/etc/x.csv", InputError, "leaves the folder of my.toml"),
        ("y\n1\n", "y", "data/x.txt", InputError, "must be the name of a file ending in .csv or .parquet"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_what_is_no_column_of_numbers_is_refused_in_one_line(folder, text, column, name, error, rule):
    with pytest.raises(error) as refused:
        read(write(folder, text), column, name)
    assert rule in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_table_of_samples_names_a_file_and_a_column(folder):
    for stated in ({"file": "x.csv"}, {"file": "x.csv", "column": 1}, {"file": "x.csv", "column": "y", "sheet": "z"}):
        with pytest.raises(InputError, match=r"samples: .*must be \{ file"):
            read_samples(stated, folder, "my.toml")


ROWS = """
[parameters.a]
distribution = "empirical"
samples = { file = "absent.csv", column = "y" }
[parameters.b]
distribution = "mixture"
components = ["3 to 5", { distribution = "empirical", samples = { file = "x.txt", column = "y" } }]
weights = [0.5, 0.5]
"""
ABSENT = "parameters.a.samples: 'absent.csv': no such file beside"


def test_files_that_cannot_be_read_come_with_all_other_problems(folder):
    write(folder, ROWS + '[parameters.c]\ndistribution = "normal"\nmu = 1\n', "my.toml")
    with pytest.raises(InputError) as refused:
        load_prior_set(str(folder / "my.toml"))
    lines = str(refused.value).split("\n")
    assert [line.removeprefix(f"{folder}/my.toml: ").partition(": ")[0] for line in lines] == [
        "parameters.a.samples",
        "parameters.b.components[2 of 2].samples",
        "parameters.c.sigma",
    ]


def test_a_file_alone_that_is_not_there_is_a_fault_of_files(folder):
    write(folder, ROWS.partition("[parameters.b]")[0], "my.toml")
    with pytest.raises(FileError, match=ABSENT):
        load_prior_set(str(folder / "my.toml"))
    child = '[prior_set]\nextends = "my"\n[parameters]\na = 3\n'
    write(folder, child, "child.toml")
    assert load_prior_set(str(folder / "child.toml")).parameters["a"].is_constant
    assert load_prior_set(str(folder / "my.toml"), {"a": 3}).parameters["a"].is_constant


def test_a_link_out_of_the_folder_is_refused(folder, tmp_path_factory):
    elsewhere = write(tmp_path_factory.mktemp("elsewhere"), "y\n1\n", "x.csv")
    (folder / "data/x.csv").symlink_to(elsewhere / "x.csv")
    with pytest.raises(InputError, match="is a link out of the folder"):
        read(folder)


def test_parquet_needs_pyarrow(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    write(folder, "PAR1", "data/x.parquet")
    with pytest.raises(InputError, match="Parquet is read by pyarrow, which is not installed; install it, or save"):
        read(folder, name="data/x.parquet")


def test_a_parquet_column_of_texts_is_refused(folder):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    write(folder, "", "data/x.parquet")
    parquet.write_table(pyarrow.table({"y": ["1.5", "2.5"]}), folder / "data" / "x.parquet")
    with pytest.raises(InputError, match=r"column 'y': holds no numbers; store them as such"):
        read(folder, name="data/x.parquet")
