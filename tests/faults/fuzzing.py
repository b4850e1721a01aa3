"""Prior files that nobody would write: shipped ones damaged, and documents grown from a grammar of the odd."""

from __future__ import annotations

import random
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mcdemand.errors import McdemandError
from mcdemand.paths import priors_folder, shipped_names
from mcdemand.prior_set import PriorSet, load_prior_set
from mcdemand.report.prior_listing import describe

SECONDS = 2.0
BYTES = 512 * 2**20
SMALL = """\
[prior_set]
name = "small"
title = "A small one"
years = { start = 2025, stop = 2030, step = 1 }

[parameters.a]
distribution = "two_piece_lognormal"
p5 = 1.0
p50 = 1.5
p95 = 4.0
truncation = { upper = 9.0 }

[parameters.b]
distribution = "triangular"
lower = 0.2
mode = 0.3
upper = 0.7

[parameters.c]
distribution = "lognormal"
mu = 0.1
sigma = 0.5
varies = { kind = "ar1", persistence = 0.5 }

[parameters.d]
distribution = "categorical"
categories = ["x", "y"]
weights = [0.2, 0.8]

[[correlations]]
between = ["a", "b"]
rank = 0.4
"""
NUMBERS = (
    "0", "-0.0", "1", "-1", "2", "5e-324", "1e-310", "1e-300", "-1e-300", "1e-16", "0.9999999999999999",
    "1.0000000000000002", "1e16", "1e154", "1e155", "1e300", "1.7976931348623157e308", "-1.7976931348623157e308",
    "1e400", "inf", "-inf", "nan", "9223372036854775807", "-9223372036854775809", "1" + "0" * 150, "0x7f", "0b1",
    "1_000", "true", "false", '"1"', "[]", "[1]", "{}", "2025-01-01", "07:32:00", "1979-05-27T07:32:00Z", "''",
)  # fmt: skip
WORDS = (
    "normal", "lognormal", "uniform", "loguniform", "triangular", "beta", "constant", "categorical",
    "two_piece_lognormal", "distribution", "p5", "p50", "p95", "p0", "p00", "p99.999999", "p0.000001", "mu", "sigma",
    "lower", "upper", "mode", "alpha", "weights", "categories", "truncation", "varies", "persistence", "kind", "ar1",
    "random_walk", "independent", "fit", "least_squares", "exact", "repair", "nearest", "between", "rank", "latent",
    "extends", "consensus", "seed", "..", "../seed", "small", "year", "draw", "unit", "source",
    "inherited_correlations",
)  # fmt: skip
STRANGE = (
    "\u202e", "\x1b[31m", "é", "e\u0301", "\u0130", "ß", "\ufeff", "\u2028", "\U0001f600", "日本", "\x7f", "\x00",
    "\ud7ff", "$\\frac{$", "[/foo]", "<script>", "=1+1",
)  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?")
TOKEN = re.compile(r'\w+|"[^"\n]*"|[^\w\s]')

Mutation = Callable[[random.Random, str], str]


def _span(rng: random.Random, text: str, longest: int = 60) -> tuple[int, int]:
    start = rng.randrange(len(text) + 1)
    return start, min(len(text), start + rng.randrange(1, longest))


def _insert(rng: random.Random, text: str, new: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + new + text[at:]


def delete(rng: random.Random, text: str) -> str:
    start, stop = _span(rng, text)
    return text[:start] + text[stop:]


def duplicate(rng: random.Random, text: str) -> str:
    start, stop = _span(rng, text, 400)
    return text[:stop] + text[start:stop] + text[stop:]


def delete_line(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[rng.randrange(len(lines)) : rng.randrange(len(lines) + 1)]
    return "".join(lines) or text


def swap_lines(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    i, j = (rng.randrange(len(lines)) for _ in range(2))
    lines[i], lines[j] = lines[j], lines[i]
    return "".join(lines)


def swap_tokens(rng: random.Random, text: str) -> str:
    (a, b), (c, d) = sorted(rng.choice(list(TOKEN.finditer(text)) or [re.match("", text)]).span() for _ in range(2))
    return text if b > c else text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def replace_number(rng: random.Random, text: str) -> str:
    found = list(NUMBER.finditer(text))
    if not found:
        return text
    a, b = rng.choice(found).span()
    return text[:a] + rng.choice(NUMBERS) + text[b:]


def scale_number(rng: random.Random, text: str) -> str:
    """Change a number a little, so that some files stay sound."""
    found = list(re.finditer(r"\d\.\d+", text))
    if not found:
        return text
    a, b = rng.choice(found).span()
    return f"{text[:a]}{float(text[a:b]) * rng.uniform(0.9, 1.1)!r}{text[b:]}"


def comment(rng: random.Random, text: str) -> str:
    lines = text.splitlines()
    lines.insert(rng.randrange(len(lines) + 1), "# " + "".join(rng.choices(WORDS + STRANGE[:6] + ("[", '"', "{"), k=9)))
    return "\n".join(lines) + "\n"


def replace_word(rng: random.Random, text: str) -> str:
    a, b = rng.choice(list(re.finditer(r"\w+", text)) or [re.match("", text)]).span()
    return text[:a] + rng.choice(WORDS) + text[b:]


def insert_strange(rng: random.Random, text: str) -> str:
    return _insert(rng, text, rng.choice(STRANGE) * rng.choice((1, 1, 1, 300)))


def nest(rng: random.Random, text: str) -> str:
    depth = rng.choice((2, 19, 20, 21, 500, 20_000))
    opening, closing = rng.choice((("[", "]"), ("{a=", "}"), ("[[", "]]")))
    return _insert(rng, text, f"\nz = {opening * depth}1{closing * depth}\n")


def chain_keys(rng: random.Random, text: str) -> str:
    part = rng.choice(("a", '"a"', "'a'", "parameters", "a ", '"\\u0061"'))
    return _insert(rng, text, "\n" + ".".join([part] * rng.choice((2, 19, 21, 300, 5_000))) + " = 1\n")


def row(rng: random.Random) -> str:
    """Return a row made of words and numbers."""
    names = rng.sample(WORDS, rng.randrange(1, 6))
    cells = [f'"{name}" = {value(rng)}' for name in names if name != "distribution"]
    family = rng.choice(WORDS[:9])
    return "\n".join([f"[parameters.{rng.choice('abcdA')}]", f'distribution = "{family}"', *cells]) + "\n"


def value(rng: random.Random, depth: int = 0) -> str:
    """Return a number, a word, a list or a table."""
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind < 5:
        return rng.choice(NUMBERS)
    if kind == 5:
        return f'"{rng.choice(WORDS)}"'
    if kind == 6:
        return f"[{', '.join(value(rng, depth + 1) for _ in range(rng.randrange(4)))}]"
    return f"{{ {rng.choice(WORDS[9:16])} = {value(rng, depth + 1)} }}"


def lawful_row(rng: random.Random, name: str) -> str:
    """Return a row of the right shape, with numbers from the far ends."""
    far = rng.random() < 0.5
    near = (rng.uniform(0.1, 0.9), rng.uniform(1.0, 9.0))
    ends = (rng.uniform(-3, 3), rng.uniform(0, 1), 10 ** rng.uniform(-320, 308))
    numbers = [rng.choice(ends) if far else near[k // 2] * (1 + k / 10) for k in range(4)]
    low, mid, high, more = sorted(numbers)
    cells = {
        "normal": (f"mu = {low!r}", f"sigma = {high!r}"),
        "lognormal": rng.choice(((f"mu = {mid!r}", f"sigma = {high!r}"), (f"p5 = {low!r}", f"p95 = {high!r}"))),
        "uniform": (f"lower = {low!r}", f"upper = {high!r}"),
        "loguniform": (f"lower = {low!r}", f"upper = {high!r}"),
        "triangular": (f"lower = {low!r}", f"mode = {mid!r}", f"upper = {high!r}"),
        "beta": rng.choice(((f"alpha = {mid!r}", f"beta = {high!r}"), (f"p5 = {low!r}", f"p95 = {high!r}"))),
        "constant": (f"value = {more!r}",),
        "two_piece_lognormal": (f"p5 = {low!r}", f"p50 = {mid!r}", f"p95 = {high!r}", f"lower = {-abs(more)!r}"),
        "categorical": ('categories = ["x", "y"]', f"weights = [{low!r}, {high!r}]"),
    }
    family = rng.choice(list(cells))
    extra = (
        rng.choice((f"truncation = {{ lower = {low!r}, upper = {mid!r} }}", f"truncation = {{ upper = {high!r} }}")),
        rng.choice(('varies = { kind = "random_walk", step = 0.1 }', 'varies = { kind = "ar1", persistence = -0.9 }')),
        'fit = "least_squares"',
    )
    chosen = [line for line in extra if rng.random() < (0.2 if far else 0.05)]
    return "\n".join([f"[parameters.{name}]", f'distribution = "{family}"', *cells[family], *chosen]) + "\n"


def document(rng: random.Random) -> str:
    """Return a document of rows and correlations, most of them wrong."""
    if rng.random() < 0.5:
        rows = [row(rng) for _ in range(rng.randrange(1, 4))]
    else:
        rows = [lawful_row(rng, name) for name in "abcd"[: rng.randrange(1, 5)]]
    pairs = [
        f'[[correlations]]\nbetween = ["{rng.choice("abc")}", "{rng.choice("abcd")}"]\n'
        f"{rng.choice(('rank', 'latent'))} = {rng.choice((0.5, -0.99, 1, -1, 0.9999999999999999, value(rng)))}\n"
        for _ in range(rng.choice((0, 0, 1, 2, 3)))
    ]
    repair = '[prior_set]\nrepair = "nearest"\n' if rng.random() < 0.3 else ""
    return repair + "".join(rows + pairs)


MUTATIONS: tuple[Mutation, ...] = (
    delete, duplicate, delete_line, swap_lines, swap_tokens, replace_number, replace_number, replace_number,
    replace_word, replace_word, insert_strange, nest, chain_keys, scale_number, scale_number, scale_number,
    comment, comment, comment,
)  # fmt: skip


def texts() -> list[str]:
    """Return what is mutated: a small set most often; now and then a shipped one, which takes ten times as long."""
    shipped = [(priors_folder() / f"{name}.toml").read_text(encoding="utf-8") for name in shipped_names()]
    return [*[SMALL] * (20 * len(shipped)), *shipped]


def case(seed: int, bases: list[str]) -> bytes:
    """Return the file of a seed."""
    rng = random.Random(seed)
    if rng.random() < 0.4:
        return document(rng).encode("utf-8", "surrogatepass")
    text = rng.choice(bases)
    for _ in range(rng.choice((1, 1, 2, 4))):
        text = rng.choice(MUTATIONS)(rng, text) or "x"
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    if rng.random() < 0.2:
        for _ in range(rng.randrange(1, 4)):
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


@contextmanager
def within_memory(more: int) -> Iterator[None]:
    """Let this process grow by so many bytes and no more, where the system can see to it."""
    used = Path("/proc/self/statm")
    if not used.exists():
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (int(used.read_text().split()[0]) * resource.getpagesize() + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _look_at(priors: PriorSet) -> None:
    """Describe a parameter of a prior set, as `priors show` does."""
    parameters = list(priors.parameters.values())
    for prior in parameters[:1]:
        for line in describe(prior):
            assert "nan" not in line.split(), line


def fault_of(path: Path, content: bytes) -> str | None:
    """Return what is wrong with how a file was taken, or None.

    It must be a prior set that can be shown, or an error of ours, soon, in silence and within bounds of memory.
    """
    path.write_bytes(content)
    started = time.process_time()
    try:
        with warnings.catch_warnings(), within_memory(BYTES):
            warnings.simplefilter("error")
            _look_at(load_prior_set(path))
    except McdemandError as error:
        if not str(error).strip():
            return "an empty message"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    seconds = time.process_time() - started
    return f"{seconds:.1f} s" if seconds > SECONDS else None
