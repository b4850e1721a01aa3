"""What the processor is told to do: the innermost loops of compiled functions, their instructions counted by kind.

Counts are for one draw: an instruction on a register of eight doubles counts an eighth. How many draws a round of a
loop takes is read off the steps of the addresses that it reads and writes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

LABEL = re.compile(r"^([^\s#:]+|\"[^\"]+\"):")
INSTRUCTION = re.compile(r"^\s+([a-z]\w*)(?:\s+([^#]*))?")
ADDRESS = re.compile(r"\((%\w+)?(?:,\s*(%\w+)(?:,\s*(\d))?)?\)")
WIDTHS = {"zmm": 8, "ymm": 4}
"""Doubles in a register."""
BYTES = 8
KINDS = {
    "root": re.compile(r"vsqrt"),
    "division": re.compile(r"vdiv"),
    "multiplier": re.compile(r"v(fn?m(add|sub)|mul|cmp|min|max|pmul)"),
    "gather": re.compile(r"v(p?gather|p?scatter)"),
    "move": re.compile(r"v(mov|p?broadcast)"),
    "other": re.compile(r"v"),
}
"""Packed instructions; the first that fits. A move under a mask is a choice between two registers, so it is `other`."""
STEPS = re.compile(r"(add|sub|inc|dec|lea)[lq]?$")
OWN_STEP = re.compile(r"(-?\d+)\((%\w+)\), (%\w+)$")
CONSTANT_STEP = re.compile(r"\$(-?\d+), (%\w+)$")

type Line = tuple[str, str]
type Counts = Counter[str]
type Function = tuple[list[Line], dict[str, int]]
"""Instructions, and where labels stand."""


@dataclass(frozen=True)
class Loop:
    """An innermost loop.

    Attributes
    ----------
    lines
        (mnemonic, operands) of its instructions.
    depth
        How many loops it is within, itself included.
    """

    lines: tuple[Line, ...]
    depth: int

    @cached_property
    def lanes(self) -> int:
        """Doubles in its widest register; 1 where no instruction is packed."""
        text = " ".join(operands for _, operands in self.lines)
        return next((lanes for name, lanes in WIDTHS.items() if name in text), 1)

    @cached_property
    def draws(self) -> int:
        """How many draws a round takes: by how much its addresses move, in doubles."""
        steps = dict(filter(None, (_step(*line) for line in self.lines)))
        moved = {
            abs(steps.get(base, 0) + steps.get(index, 0) * int(scale or 1))
            for _, operands in self.lines
            for base, index, scale in ADDRESS.findall(operands)
        }
        return max(1, max(moved, default=0) // BYTES)

    def counts(self) -> Counts:
        """Return the instructions for one draw: those on wide registers by kind, and `instruction`, all of them."""
        found = Counter(kind for line in self.lines if (kind := kind_of(*line)))
        found["instruction"] = len(self.lines)
        return scaled(found, 1 / self.draws)

    @property
    def is_packed(self) -> bool:
        """Whether it computes on wide registers, more than to move them."""
        return any(kind_of(*line) not in (None, "move") for line in self.lines)


def scaled(counts: Counts, factor: float) -> Counts:
    """Return all counts times a factor."""
    return Counter({kind: factor * count for kind, count in counts.items()})  # type: ignore[misc]


def kind_of(mnemonic: str, operands: str) -> str | None:
    """Return the kind of a packed instruction, None of another."""
    if not any(name in operands for name in WIDTHS):
        return None
    kind = next((kind for kind, pattern in KINDS.items() if pattern.match(mnemonic)), None)
    return "other" if kind == "move" and "{%k" in operands and "(" not in operands else kind


def _step(mnemonic: str, operands: str) -> tuple[str, int] | None:
    """Return the register that an instruction moves by a constant, and by how much."""
    verb = STEPS.match(mnemonic)
    if verb is None:
        return None
    if verb[1] in ("inc", "dec"):
        return operands, 1 if verb[1] == "inc" else -1
    if verb[1] == "lea":
        found = OWN_STEP.match(operands)
        return (found[3], int(found[1])) if found and found[2] == found[3] else None
    found = CONSTANT_STEP.match(operands)
    return (found[2], int(found[1]) * (1 if verb[1] == "add" else -1)) if found else None


def innermost_loops(function: Any) -> list[Loop]:
    """Return the loops of a compiled function, and of those that it calls, that hold no other."""
    found = []
    for signature, result in function.overloads.items():
        functions = _functions(function.inspect_asm(signature))
        for name in _called(functions, result.fndesc.llvm_func_name):
            found += _loops(*functions[name])
    return found


def _called(functions: Mapping[str, Function], first: str) -> list[str]:
    """Return the names of a function and of those that it calls, straight or not.

    A function that was put into its caller is still in the listing, where nobody calls it.
    """
    names = [first]
    for name in names:
        text = " ".join(operands for _, operands in functions[name][0])
        names += [other for other in functions if other not in names and other in text]
    return names


def packed_loops(function: Any) -> list[Loop]:
    """Return the innermost loops of a compiled function that compute on the widest registers which it uses.

    A loop that does the same for a draw as the one before, but fewer draws a round, takes what that one left over.
    """
    found = [loop for loop in innermost_loops(function) if loop.is_packed]
    widest = max((loop.lanes for loop in found), default=1)
    found = [loop for loop in found if loop.lanes == widest]
    return [loop for before, loop in zip([None, *found], found, strict=False) if not _is_rest(loop, before)]


def _is_rest(loop: Loop, before: Loop | None) -> bool:
    if before is None or loop.draws >= before.draws:
        return False
    own, other = loop.counts(), before.counts()
    return all(own[kind] == other[kind] for kind in KINDS if kind != "move")


def loop_counts(function: Any, rounds: Callable[[Loop, int], float] = lambda _loop, _number: 1.0) -> list[Counts]:
    """Return the counts of each packed loop of a function; `rounds(loop, its number)` is how often a draw passes it."""
    return [scaled(loop.counts(), rounds(loop, number)) for number, loop in enumerate(packed_loops(function))]


def total(counts: Iterable[Counts]) -> Counts:
    """Return counts added up."""
    return sum(counts, Counter())


def _functions(code: str) -> dict[str, Function]:
    """Return the functions of a listing by name."""
    found: dict[str, Function] = {}
    lines: list[Line] = []
    labels: dict[str, int] = {}
    for text in code.splitlines():
        if label := LABEL.match(text):
            name = label[1].strip('"')
            if not name.startswith(".L"):
                lines, labels = found[name] = [], {}
            labels[name] = len(lines)
        elif instruction := INSTRUCTION.match(text):
            lines.append((instruction[1], (instruction[2] or "").strip()))
    return found


def _loops(lines: Sequence[Line], labels: dict[str, int]) -> Iterator[Loop]:
    """Yield the innermost loops, and how many loops each is within, wherever the compiler put their blocks."""
    starts, following = _blocks(lines, labels)
    loops = _natural_loops(following)
    for head, body in sorted(loops.items()):
        if not any(other in body and other != head for other in loops):
            inside = (line for block in sorted(body) for line in lines[starts[block] : starts[block + 1]])
            yield Loop(tuple(inside), sum(head in other for other in loops.values()))


def _blocks(lines: Sequence[Line], labels: dict[str, int]) -> tuple[list[int], list[set[int]]]:
    """Return where blocks start, with the end of the last one, and the blocks that can follow each."""
    jumps = [place for place, (mnemonic, _) in enumerate(lines) if mnemonic.startswith(("j", "ret"))]
    starts = sorted({0, len(lines), *labels.values(), *(place + 1 for place in jumps)})
    number = {start: block for block, start in enumerate(starts)}
    following: list[set[int]] = []
    for block, stop in enumerate(starts[1:]):
        mnemonic, operands = lines[stop - 1]
        goes_on = stop < len(lines) and not mnemonic.startswith(("jmp", "ret"))
        jumped = {number[labels[operands]]} if mnemonic.startswith("j") and operands in labels else set()
        following.append(jumped | ({block + 1} if goes_on else set()))
    return starts, following


def _natural_loops(following: Sequence[set[int]]) -> dict[int, set[int]]:
    """Return the blocks of each loop by its head: the block that none of them is reached without."""
    before: list[set[int]] = [set()]
    before += [{k for k, after in enumerate(following) if block in after} for block in range(1, len(following))]
    needed = _needed(before)
    loops: dict[int, set[int]] = {}
    for latch, after in enumerate(following):
        for head in after & needed[latch]:
            loops[head] = loops.get(head, {head}) | _reaching(latch, head, before)
    return loops


def _needed(before: Sequence[set[int]]) -> list[set[int]]:
    """Return the blocks that each block is not reached without, itself included."""
    found, needed = [set(range(len(before)))] * len(before), []
    while found != needed:
        needed = found
        found = [
            {block} | (set.intersection(*(needed[k] for k in sources)) if sources else set())
            for block, sources in enumerate(before)
        ]
    return needed


def _reaching(latch: int, head: int, before: Sequence[set[int]]) -> set[int]:
    """Return the blocks from which a latch is reached without passing the head."""
    found, pending = {head, latch}, [latch]
    while pending:
        block = pending.pop()
        new = (before[block] if block != head else set()) - found
        found |= new
        pending += new
    return found
