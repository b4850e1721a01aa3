"""Squiggle's source text, as far as it states numbers, lists, records and calls of functions: read, never evaluated.

    source    = { statement }
    statement = { "@" name ["(" arguments ")"] } ["export"] name "=" value [";"]
    value     = piped ["to" piped]
    piped     = single { "->" call }
    single    = ["-"] number | text | "(" value ")" | list | record | call
    call      = name ["(" arguments ")"]

Arithmetic, functions, blocks and references to other names are refused. As in Squiggle 0.10, `->` binds more than `to`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from mcdemand.errors import InputError

MAX_DEPTH = 20
MAX_STATEMENTS = 10_000
SHOWN = 40
SUFFIXES = {"": 0, "n": -9, "m": -3, "%": -2, "k": 3, "K": 3, "M": 6, "B": 9, "G": 9, "T": 12, "P": 15}

SKIPPED = re.compile(r"(?:\s|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
TOKEN = re.compile(
    r"(?P<number>(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)(?P<suffix>[A-Za-z_%]*+)"
    r'|(?P<text>"(?:[^"\\]|\\.)*+"|\'(?:[^\'\\]|\\.)*+\')'
    r"|(?P<name>[A-Za-z_$][\w$]*+(?:\.[A-Za-z_$][\w$]*+)?)"
    r"|(?P<sign>->|::|[-+*/^=(){}\[\],:;@<>!?|&.])",
    re.DOTALL | re.ASCII,
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A piece of text; kind is number, text, name, sign or end."""

    kind: str
    text: str
    line: int
    value: Any = None


@dataclass(frozen=True)
class Call:
    """A function of some arguments, or a name alone, whose arguments are None."""

    name: str
    arguments: tuple[Any, ...] | None
    line: int


@dataclass(frozen=True)
class Statement:
    """A name and what is assigned to it: a number, a text, a list, a dict or a call.

    Attributes
    ----------
    tags
        Texts of `@name("...")`, `@doc("...")` and others, by name.
    """

    name: str
    value: Any
    line: int
    tags: dict[str, str]


def refuse(line: int, problem: str) -> NoReturn:
    """Raise an error that names the line.

    Raises
    ------
    InputError
        Always.
    """
    raise InputError(f"line {line}: {problem}")


def read_source(source: str) -> list[Statement]:
    """Return the statements of a source text.

    Raises
    ------
    InputError
        If there is anything else; the message begins with the line.

    Examples
    --------
    >>> read_source("a = 2 to 5k // grows")
    [Statement(name='a', value=Call(name='to', arguments=(2.0, 5000.0), line=1), line=1, tags={})]
    """
    reader = _Reader(_tokens(source))
    found: list[Statement] = []
    while reader.token.kind != "end":
        if len(found) >= MAX_STATEMENTS:
            refuse(reader.token.line, f"at most {MAX_STATEMENTS} statements are read")
        found.append(reader.statement())
    return found


def _tokens(source: str) -> Iterator[Token]:
    at = counted = 0
    line = 1
    while True:
        skipped = SKIPPED.match(source, at)
        at = skipped.end() if skipped else at
        line, counted = line + source.count("\n", counted, at), at
        found = TOKEN.match(source, at)
        if found is None:
            break
        yield _token(found, line)
        at = found.end()
    if at < len(source):
        refuse(line, f"{source[at : at + SHOWN].partition(chr(10))[0]!r}: not Squiggle, or a text without an end")
    while True:
        yield Token("end", "", line)


def _token(found: re.Match[str], line: int) -> Token:
    kind = found.lastgroup if found.lastgroup != "suffix" else "number"
    assert kind is not None
    value: Any = None
    if kind == "number":
        value = _number(found["number"], found["suffix"], line)
    elif kind == "text":
        value = ESCAPE.sub(lambda one: _unescaped(one[1]), found[0][1:-1])
    return Token(kind, found[0], line, value)


def _unescaped(escape: str) -> str:
    return chr(int(escape[1:], 16)) if len(escape) == 5 else ESCAPES.get(escape, escape)


def _number(digits: str, suffix: str, line: int) -> float:
    if suffix not in SUFFIXES:
        refuse(line, f"{digits:.20}{suffix:.20}: unknown ending; known: {', '.join(filter(None, SUFFIXES))}")
    mantissa, _, exponent = digits.lower().partition("e")
    if len(exponent) > 6:
        refuse(line, f"{digits:.{SHOWN}}: a number too large to compute with")
    number = float(f"{mantissa}e{int(exponent or 0) + SUFFIXES[suffix]}")
    if not math.isfinite(number):
        refuse(line, f"{digits:.{SHOWN}}: a number too large to compute with")
    return number


class _Reader:
    """Reads tokens one by one."""

    def __init__(self, tokens: Iterator[Token]) -> None:
        self.tokens = tokens
        self.depth = 0
        self.line = 0
        self.token = next(tokens)

    def statement(self) -> Statement:
        tags = dict(self._tags())
        first = self._take()
        name = self._take() if first.text == "export" and self.token.kind == "name" else first
        if name.kind != "name" or self.token.text != "=":
            self._fail(name if name.kind != "name" else self.token, "name = distribution")
        self._take()
        value = self._value()
        is_over = self.token.kind == "end" or (self.token.line > self.line and self.token.kind in ("name", "sign"))
        if self.token.text == ";":
            self._take()
        elif not is_over or (self.token.kind == "sign" and self.token.text != "@"):
            self._fail(self.token, "a new line, as nothing is computed here")
        return Statement(name.text, value, name.line, tags)

    def _tags(self) -> Iterator[tuple[str, str]]:
        while self.token.text == "@":
            self._take()
            name = self._take()
            given = self._arguments(")") if self.token.text == "(" else []
            if name.kind != "name":
                self._fail(name, "the name of a tag, such as @doc")
            if given and isinstance(given[0], str):
                yield name.text, given[0]

    def _value(self) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            refuse(self.token.line, f"nested deeper than {MAX_DEPTH}; flatten it")
        value = self._piped()
        if self.token.text == "to":
            line = self._take().line
            value = Call("to", (value, self._piped()), line)
        self.depth -= 1
        return value

    def _piped(self) -> Any:
        value = self._single()
        pipes = 0
        while self.token.text == "->":
            pipes += 1
            if pipes > MAX_DEPTH:
                refuse(self.token.line, f"more than {MAX_DEPTH} pipes; shorten it")
            self._take()
            name = self._take()
            if name.kind != "name":
                self._fail(name, "the name of a function")
            more = self._arguments(")") if self.token.text == "(" else []
            value = Call(name.text, (value, *more), name.line)
        return value

    def _single(self) -> Any:
        token = self._take()
        if token.text == "-" and self.token.kind == "number":
            return -self._take().value
        if token.kind in ("number", "text"):
            return token.value
        if token.text == "(":
            value = self._value()
            self._expect(")")
            return value
        if token.text == "[":
            return self._items("]")
        if token.text == "{":
            return dict(self._entries())
        if token.kind != "name":
            self._fail(token, "a number or a distribution, such as 2 to 5")
        return Call(token.text, tuple(self._arguments(")")) if self.token.text == "(" else None, token.line)

    def _arguments(self, end: str) -> list[Any]:
        self._take()
        return self._items(end)

    def _items(self, end: str) -> list[Any]:
        found: list[Any] = []
        while self.token.text != end:
            found.append(self._value())
            if self.token.text != end:
                self._expect(",")
        self._take()
        return found

    def _entries(self) -> Iterator[tuple[str, Any]]:
        while self.token.text != "}":
            key = self._take()
            if key.kind not in ("name", "text"):
                self._fail(key, "a key, such as p5")
            self._expect(":")
            yield key.value or key.text, self._value()
            if self.token.text != "}":
                self._expect(",")
        self._take()

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token.text != sign or token.kind == "text":
            self._fail(token, repr(sign))

    def _take(self) -> Token:
        taken, self.token = self.token, next(self.tokens)
        self.line = taken.line
        return taken

    def _fail(self, token: Token, expected: str) -> NoReturn:
        seen = "the end" if token.kind == "end" else repr(token.text[:SHOWN])
        refuse(token.line, f"{seen}: expected {expected}; only distributions of numbers are read, one a name")
