"""What people type, turned into values; anything else is an error that says what to type."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from mcdemand.errors import InputError
from mcdemand.registry import nearest

MAX_YEARS = 1000
SECONDS_PER = {"s": 1.0, "min": 60.0, "h": 3600.0}
DURATION = re.compile(r"([0-9._]+(?:e[0-9]+)?)\s*(s|min|h)?")


def parse_count(option: str, text: str) -> int:
    """Return a whole number, written as `16384`, `16_384` or `1e6`.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> parse_count("--draws", "1e6")
    1000000
    """
    try:
        return int(text)
    except ValueError:
        value = _number(option, text, "a whole number such as 100000, 100_000 or 1e5")
    if not value.is_integer():
        raise InputError(f"{option}: {text}: must be a whole number")
    return int(value)


def parse_probability(option: str, text: str) -> float:
    """Return a probability strictly between 0 and 1.

    Raises
    ------
    InputError
        If it is none; a percentage is refused with the probability that was probably meant.
    """
    value = _number(option, text.removesuffix("%"), "a number between 0 and 1 such as 0.9")
    if 0 < value < 1 and not text.endswith("%"):
        return value
    hint = f"; did you mean {value / 100:g}?" if 0 < value < 100 else ""
    raise InputError(f"{option}: {text}: must lie between 0 and 1{hint}")


def parse_years(text: str) -> tuple[int, ...]:
    """Return the years of `2025,2030` or `2025:2035`, both ends included.

    Raises
    ------
    InputError
        If a year is no whole number, a range runs backwards or is too long.
    """
    years: list[int] = []
    for part in _parts(text):
        first, colon, last = part.partition(":")
        start, stop = parse_count("--years", first), parse_count("--years", last if colon else first)
        if not 0 <= stop - start < MAX_YEARS:
            raise InputError(f"--years: {part}: must run forward, over at most {MAX_YEARS} years")
        years.extend(range(start, stop + 1))
    if not years:
        raise InputError(f"--years: {text!r}: names no year; write 2025,2030 or 2025:2035")
    return tuple(years)


def parse_names(texts: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the names in repeated or comma-separated lists; None if there are none."""
    return tuple(dict.fromkeys(name for text in texts or () for name in _parts(text))) or None


def parse_overrides(texts: Iterable[str]) -> dict[str, Any]:
    """Return `{key: value}` from `KEY=VALUE`, the value written as in TOML.

    Raises
    ------
    InputError
        If there is no `=`, or the value is not TOML.

    Examples
    --------
    >>> parse_overrides(["reasoning_multiplier.p50=10"])
    {'reasoning_multiplier.p50': 10}
    """
    return {key: _toml_value(key, value) for key, value in (_pair("--set", text, "KEY=VALUE") for text in texts)}


def parse_options(texts: Iterable[str]) -> dict[str, Any]:
    """Return `{key: value}` of `--option KEY=VALUE`, the value written as in TOML; a single word needs no quotes.

    Raises
    ------
    InputError
        If there is no `=`, or the value is not TOML.

    Examples
    --------
    >>> parse_options(["boxes=2", "layout=tidy"])
    {'boxes': 2, 'layout': 'tidy'}
    """
    return {key: _option_value(key, text) for key, text in (_pair("--option", one, "KEY=VALUE") for one in texts)}


def parse_levels(text: str) -> tuple[float, ...]:
    """Return the probabilities of `0.05,0.5,0.95`.

    Raises
    ------
    InputError
        If one does not lie between 0 and 1.
    """
    levels = tuple(parse_probability("--probabilities", part) for part in _parts(text))
    if not levels:
        raise InputError("--probabilities: names none; write 0.05,0.5,0.95")
    return levels


def parse_thresholds(texts: Iterable[str], known: Sequence[str]) -> dict[str, list[float]]:
    """Return `{output: thresholds}` from `OUTPUT=NUMBER`; the output's case does not matter.

    Raises
    ------
    InputError
        If there is no such output, or the threshold is no number.
    """
    by_folded = {name.casefold(): name for name in known}
    thresholds: dict[str, list[float]] = {}
    for text in texts:
        typed, value = _pair("--above", text, "OUTPUT=NUMBER")
        name = by_folded.get(typed.casefold())
        if name is None:
            raise InputError(f"--above: {typed!r}: no such output; {nearest(typed.casefold(), known)}")
        thresholds.setdefault(name, []).append(_number(f"--above: {name}", value, "a number"))
    return thresholds


def parse_weights(texts: Iterable[str]) -> dict[str, float]:
    """Return `{prior set: weight}` from `SET=WEIGHT`, repeated or separated by commas.

    Raises
    ------
    InputError
        If a part has no weight, or a set is named twice.
    """
    weights: dict[str, float] = {}
    for part in (part for text in texts for part in _parts(text)):
        name, equals, weight = part.rpartition("=")
        if not (equals and name.strip()):
            raise InputError(f"--pool: {part!r}: write SET=WEIGHT, such as consensus=0.5")
        if name.strip() in weights:
            raise InputError(f"--pool: {name.strip()}: named twice; add up its weights")
        weights[name.strip()] = _number(f"--pool: {name.strip()}", weight.strip(), "a weight between 0 and 1")
    if not weights:
        raise InputError("--pool: names no prior set; write SET=WEIGHT, such as consensus=0.5,liftoff=0.5")
    return weights


def parse_precision(texts: Sequence[str]) -> str | dict[str, str]:
    """Return the tolerance for all outputs, `1%`, or tolerances by output, `OUTPUT=1%` or `OUTPUT=5`.

    Raises
    ------
    InputError
        If both are given, or an output twice.
    """
    parts = [part for text in texts for part in _parts(text)]
    if not parts:
        raise InputError("--precision: states nothing; write 1%, or OUTPUT=1% for each output")
    if len(parts) == 1 and "=" not in parts[0]:
        return parts[0]
    pairs = [_pair("--precision", part, "1% alone, or OUTPUT=1% for each output") for part in parts]
    if len({name for name, _ in pairs}) < len(pairs):
        raise InputError(f"--precision: {', '.join(parts)}: an output is named twice")
    return dict(pairs)


def parse_budget(texts: Iterable[str]) -> dict[str, float | int]:
    """Return `{"seconds": ...}` of `60s`, `5min` or `2h`, and `{"draws": ...}` of a whole number.

    Raises
    ------
    InputError
        If it is neither.
    """
    budget: dict[str, float | int] = {}
    for text in texts:
        match = DURATION.fullmatch(text.strip().casefold())
        if match is None:
            raise InputError(f"--budget: {text!r}: write a time such as 60s, 5min or 2h, or draws such as 1e7")
        if match[2]:
            budget["seconds"] = _number("--budget", match[1], "a time such as 60s") * SECONDS_PER[match[2]]
        else:
            budget["draws"] = parse_count("--budget", text)
    return budget


def parse_numbers(option: str, text: str) -> list[float]:
    """Return numbers separated by commas.

    Raises
    ------
    InputError
        If one is no number.
    """
    return [_number(option, part, "numbers separated by commas") for part in _parts(text)]


def parse_pairs(option: str, text: str) -> dict[str, float]:
    """Return `{key: number}` from `KEY=NUMBER,...`.

    Raises
    ------
    InputError
        If a part is no such pair, or a key is stated twice.
    """
    pairs = [_pair(option, part, "p5=60,p50=120") for part in _parts(text)]
    if len(dict(pairs)) < len(pairs):
        raise InputError(f"{option}: {text}: a level is stated twice; keep one")
    return {key: _number(f"{option}: {key}", value, "a number") for key, value in pairs}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pair(option: str, text: str, shape: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (equals and key.strip() and value.strip()):
        raise InputError(f"{option}: {text!r}: write {shape}")
    return key.strip(), value.strip()


def _number(option: str, text: str, shape: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{option}: {text!r}: must be {shape}")
    return value


def _option_value(key: str, text: str) -> Any:
    try:
        value = _toml_value(key, text, "--option")
    except InputError:
        if text.startswith(('"', "'", "[", "{")):
            raise
        return text
    return value.isoformat() if isinstance(value, date) else value


def _toml_value(key: str, text: str, option: str = "--set") -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        parsed = {}
    if set(parsed) != {"value"}:
        raise InputError(
            f'{option}: {key}={text}: not a TOML value: write a number, "text" in quotes, [1, 2] or {{ key = 1 }}'
        )
    return parsed["value"]
