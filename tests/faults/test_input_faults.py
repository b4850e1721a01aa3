"""Rows 1 to 12, 18, 28 and 29 of the fault model: bad input ends with code 2 and a line for each problem."""

import time

import numba
import pytest
from provoke import OWN_MODEL, OWN_PRIORS, RUN, contents

SECONDS = 2.0
# Only compiled is a quantity looked over before it runs.
INTERPRETED = bool(numba.config.DISABLE_JIT)
HEAD = "[parameters.a]\n"


def row(family: str, **cells: object) -> str:
    stated = "".join(f"{key} = {value}\n" for key, value in cells.items())
    return f'{HEAD}distribution = "{family}"\n{stated}'


PAIRS = "".join(
    f'[[correlations]]\nbetween = ["{a}", "{b}"]\nlatent = {value}\n'
    for a, b, value in (("x1", "x2", 0.9), ("x2", "x3", 0.9), ("x1", "x3", -0.9))
)
THREE = OWN_PRIORS + 'x3 = { distribution = "normal", mu = 0, sigma = 1 }\n' + PAIRS

MISTAKES = {
    "1 not TOML": ("a = \n", "own.toml: not TOML"),
    "1 bad UTF-8": (b"a = '\xff'\n", "own.toml: not TOML"),
    "1 deep": ("a = " + "[" * 100_000, "nested deeper than 20"),
    "1 long integer": ("a = " + "1" * 5_000, "more than 200 characters"),
    "2 misspelt key": (row("normal", mu=0, sigmma=1), "did you mean 'sigma'?"),
    "2 unknown header": ("[prior_set]\ntitel = 'x'\n" + row("constant", value=1), "did you mean 'title'?"),
    "3 NaN": (row("normal", mu="nan", sigma=1), "a.mu: nan: must be finite"),
    "3 infinite": (row("normal", mu="-inf", sigma=1), "a.mu: -inf: must be finite"),
    "3 1e400": (row("constant", value="1e400"), "a.value: inf: must be finite"),
    "4 sigma": (row("normal", mu=0, sigma=0), "a.sigma: 0.0: must be above 0"),
    "4 bounds": (row("uniform", lower=2, upper=1), "must be above lower"),
    "4 mode": (row("triangular", lower=1, mode=9, upper=2), "must lie between lower and upper"),
    "4 shape": (row("beta", alpha=-1, beta=1), "a.alpha: -1.0: must be above 0"),
    "4 p0": (row("normal", p0=1, p50=2), "must lie between 0 and 100"),
    "4 p100": (row("normal", p100=1, p50=2), "a.p100: unknown"),
    "5 not rising": (row("normal", p5=3, p50=2), "p50: 2.0: must be above p5 = 3.0"),
    "5 infeasible": (row("normal", p5=0, p50=2, p95=3), 'fit = "least_squares"'),
    "6 not definite": (THREE, "not positive definite, smallest eigenvalue -0.8"),
    "6 not a correlation": (THREE.replace("latent = 0.9", "latent = 1.5"), "must be at most 1"),
    "6 with itself": (THREE.replace('"x2"]', '"x1"]'), "must name two different parameters"),
    "7 case": (OWN_PRIORS + 'X1 = { distribution = "constant", value = 1 }\n', "differs from x1 only in case"),
    "7 accent": (OWN_PRIORS + '"e\u0301" = { distribution = "constant", value = 1 }\n', "must be a letter"),
    "7 dimension": (OWN_PRIORS + 'draw = { distribution = "constant", value = 1 }\n', "reserved for a dimension"),
    "8 circle": ('[prior_set]\nextends = "own"\n' + row("constant", value=1), "goes round in a circle"),
    "8 undefined": (
        OWN_PRIORS + PAIRS.partition("[[")[0] + '[[correlations]]\nbetween = ["x1", "x9"]\nrank = 0\n',
        "x9",
    ),
    "11 reversed": ("[prior_set]\nyears = {start = 2030, stop = 2025}\n" + row("constant", value=1), "run forward"),
    "11 zero step": (
        "[prior_set]\nyears = {start = 2025, stop = 2030, step = 0}\n" + row("constant", value=1),
        "must be at least 1",
    ),
    "11 a million": ("[prior_set]\nyears = {start = 1, stop = 1000000}\n" + row("constant", value=1), "9999"),
    "18 too large": ("".join(f"a{k} = 1.0\n" for k in range(500_000)), "at most 5000000 bytes"),
    "28 slash": (row("constant", value=1).replace("parameters.a", "parameters.'a/b'"), "parameters.a/b"),
    "28 set name": ("[prior_set]\nname = '../own'\n" + row("constant", value=1), "prior_set.name: '../own'"),
    **{
        f"29 {name[:12]!r}": (row("constant", value=1).replace("parameters.a", f'parameters."{name}"'), "parameters")
        for name in ("..", "", "zarr.json", "x\\u0000y", "-rf", "a" * 100, "a b", "\\u202Ea")
    },
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_prior_set(folder, command, mistake):
    content, said = MISTAKES[mistake]
    (folder / "own.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    before = contents(folder)
    started = time.process_time()
    done = command("run", "own.toml", "--model", "own.py", "--draws", "64")
    assert time.process_time() - started < SECONDS
    done.assert_mistake(2, said, lines=done.err.count("\n"))
    assert done.err.count("\n") <= 3
    assert contents(folder) == before
    assert done.out == ""


def test_a_byte_order_mark_is_no_mistake(folder, command):
    (folder / "own.toml").write_bytes(b"\xef\xbb\xbf" + OWN_PRIORS.encode())
    assert command(*RUN, "--quiet") == (0, "", "")


def test_a_correlation_can_be_repaired_and_is_said(folder, command):
    (folder / "own.toml").write_text(THREE.replace("[prior_set]", '[prior_set]\nrepair = "nearest"'))
    done = command("priors", "check", "own.toml", "--model", "own.py")
    assert (done.code, done.err) == (0, "")
    assert "Frobenius change" in done.out


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("def a(b):\n    return b\ndef b(a):\n    return a\n", "go round in a circle: a -> b -> a"),
        ("def a(x9):\n    return x9\n", "parameters.x9: no prior, but a needs it"),
    ],
)
def test_quantities_that_hang_together_wrongly(folder, command, model, said):
    (folder / "own.py").write_text(model)
    before = contents(folder)
    command(*RUN).assert_mistake(2, said)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--draws", "0"), "draws: 0: must be a whole number from 1"),
        (("--draws=-3",), "draws: -3: must be a whole number from 1"),
        (("--draws", "2.5"), "--draws: 2.5: must be a whole number"),
        (("--draws", "1e12"), "draws: 1099511627776: needs 44 TB (4398"),
        (("--draws", "1e12"), "a number; ask for fewer draws, outputs or years"),
        (("--draws", "1e300"), "draws: "),
        (("--draws", "1e400"), "--draws: '1e400'"),
        (("--seed", "-1"), "seed: -1"),
        (("--years", "2030:2025"), "must run forward"),
        (("--years", "1:1000000"), "at most 1000 years"),
        (("--ci-prob", "0"), "must lie between 0 and 1"),
        (("--ci-prob", "1"), "must lie between 0 and 1"),
        (("--set", "x1.sigma=nan"), "must be finite"),
        (("--set", "x1=9" + "9" * 5_000), "not a TOML value"),
        (("--set", "x1=" + "[" * 5_000), "not a TOML value"),
        (("--set", "x1=" + ".".join(["a"] * 5_000)), "not a TOML value"),
    ],
    ids=lambda words: words[0] + words[-1][:12] if isinstance(words, tuple) else "",
)
def test_a_mistake_in_an_option(folder, command, words, said):
    before = contents(folder)
    started = time.process_time()
    command("run", "own.toml", "--model", "own.py", *words).assert_mistake(2, said)
    assert time.process_time() - started < SECONDS
    assert contents(folder) == before


def test_one_draw_has_a_value_and_no_interval(folder, command):
    done = command("run", "own.toml", "--model", "own.py", "--draws", "1")
    assert (done.code, done.err) == (0, "")
    assert "–" not in next(line for line in done.out.splitlines() if line.startswith("demand  "))
    assert (folder / "own.png").stat().st_size > 10_000


def test_units_must_be_the_models(folder, command):
    text = '[prior_set]\nname = "own"\nmodel = "ai_compute"\nextends = "consensus"\n' + row("constant", value=1)
    (folder / "own.toml").write_text(text.replace("parameters.a", "parameters.capacity_end_2024"))
    done = command("run", "own.toml")
    done.assert_mistake(2, "parameters.capacity_end_2024.unit: '1': the model takes ", "convert the numbers")


@pytest.mark.parametrize(
    ("model", "priors"),
    [
        (OWN_MODEL.replace("/ x2", "* 1e300 * x1 * 1e300"), OWN_PRIORS),
        (OWN_MODEL.replace("/ x2", "/ (x2 - x2)"), OWN_PRIORS),
        (OWN_MODEL.replace("/ x2", "* (x2 - x2) / (x2 - x2)"), OWN_PRIORS),
        (OWN_MODEL, OWN_PRIORS.replace("sigma = 0.5", "sigma = 500.0")),
    ],
    ids=["overflow", "division by zero", "NaN", "wide prior"],
)
def test_what_is_no_number_is_said_with_its_place(folder, command, model, priors):
    """Rows 13 and 40: quantity, chain, draw and seed replay it."""
    (folder / "own.py").write_text(model)
    (folder / "own.toml").write_text(priors)
    before = contents(folder)
    done = command("run", "own.toml", "--model", "own.py", "--draws", "4096")
    done.assert_mistake(3, "demand: ", "not a finite number in chain ", ", draw ", ", seed 0")
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("def demand(x1):\n    raise ValueError(x1)\n", "quantity demand: raises"),
        ("import numpy as np\ndef demand(x1):\n    return np.where(x1 > 1, x1, 1)\n", "np.where"),
        ("def demand(x1):\n    return x1.real_part()\n", "demand"),
        ("def demand(x1):\n    return unknown_name + x1\n", "unknown_name"),
        ("def demand(x1):\n    return 'text'\n", "demand"),
        ("raise KeyError('on import')\n", "own.py, line 1: KeyError"),
    ],
)
def test_an_own_quantity_that_cannot_be_computed_reads_like_help(folder, command, model, said):
    (folder / "own.py").write_text(model)
    before = set(contents(folder))
    done = command(*RUN)
    if INTERPRETED and done.code == 1:
        said = "this is a fault of mcdemand, --debug shows where"
    done.assert_mistake(1 if INTERPRETED and done.code == 1 else 2, said)
    assert set(contents(folder)) == before


def test_nothing_uncertain_works(folder, command):
    """Row 14: point masses give intervals of no width, a table and a picture."""
    done = command(*RUN[:-1], "2048", "--set", "x1=3", "--set", "x2=2", "--ci-kind", "hdi")
    assert (done.code, done.err) == (0, "")
    assert next(line for line in done.out.splitlines() if line.startswith("demand  ")).split() == [
        "demand", "1", "150.0", "0", "150.0–150.0",
    ]  # fmt: skip
    assert (folder / "own.png").stat().st_size > 10_000
