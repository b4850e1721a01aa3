"""Consecutive draws of a chain, the unit of work: how a run is cut into them, and which of them are done."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mcdemand.engine import TILE_DRAWS

LEAF_DRAWS = TILE_DRAWS
"""Draws that are computed and summed at once. Sums do not depend on how leaves are put together to spans."""
CHUNK_DRAWS = 8 * LEAF_DRAWS
"""Draws of a chunk on disk; a span of a run that writes its draws is one or more of them."""


class Span(NamedTuple):
    """Consecutive draws of one chain: whole leaves, or what the chain has beyond its last whole one."""

    chain: int
    first_draw: int
    draws: int

    @property
    def is_whole(self) -> bool:
        """Whether it consists of whole leaves."""
        return self.draws % LEAF_DRAWS == 0

    def leaves(self) -> Iterator[tuple[int, int]]:
        """Yield (first draw, count) of each leaf."""
        stop = self.first_draw + self.draws
        for first in range(self.first_draw, stop, LEAF_DRAWS):
            yield first, min(LEAF_DRAWS, stop - first)


def cut_spans(chains: int, draws: int, size: int, done: Iterable[Span] = ()) -> Iterator[Span]:
    """Yield the spans of a run that are not done, chain by chain, each of up to `size` draws.

    Parameters
    ----------
    draws
        Draws of each chain.
    size
        A multiple of the draws of a leaf; spans begin at multiples of it unless something before is done.
    done
        Spans that are left out, whole leaves.

    Examples
    --------
    >>> [span.draws for span in cut_spans(1, 20_000, 16_384)]
    [16384, 3616]
    """
    assert size % LEAF_DRAWS == 0
    finished = join_spans(done)
    for chain in range(chains):
        position = 0
        gaps = [*(span for span in finished if span.chain == chain), Span(chain, draws, 0)]
        for gap in gaps:
            yield from _between(chain, position, min(gap.first_draw, draws), size)
            position = gap.first_draw + gap.draws


def _between(chain: int, start: int, stop: int, size: int) -> Iterator[Span]:
    whole = stop // LEAF_DRAWS * LEAF_DRAWS
    while start < whole:
        end = min(whole, (start // size + 1) * size)
        yield Span(chain, start, end - start)
        start = end
    if start < stop:
        yield Span(chain, start, stop - start)


def join_spans(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that follow each other as one.

    Examples
    --------
    >>> join_spans([Span(0, 8192, 8192), Span(0, 0, 8192)])
    [Span(chain=0, first_draw=0, draws=16384)]
    """
    joined: list[Span] = []
    for span in sorted(spans):
        last = joined[-1] if joined else Span(-1, 0, 0)
        if last.chain == span.chain and last.first_draw + last.draws == span.first_draw:
            joined[-1] = last._replace(draws=last.draws + span.draws)
        else:
            joined.append(span)
    return joined


def add_spans(held: list[Span], spans: Iterable[Span]) -> bool:
    """Add spans to others in their order, unless a draw of one is there already; return whether they were added.

    Examples
    --------
    >>> held = [Span(0, 0, 16384)]
    >>> add_spans(held, [Span(0, 16384, 8192)]), add_spans(held, [Span(0, 8192, 8192)])
    (True, False)
    """
    spans = [*spans]
    if any(_is_met(held, span) for span in spans):
        return False
    for span in spans:
        insort(held, span)
    return True


def _is_met(held: Sequence[Span], span: Span) -> bool:
    place = bisect(held, span)
    near = [one for one in held[max(0, place - 1) : place + 1] if one.chain == span.chain]
    return any(
        one.first_draw < span.first_draw + span.draws and span.first_draw < one.first_draw + one.draws for one in near
    )
