"""What a run takes, said before it begins: draws, tiles, memory, disk, and time from a short trial."""

from __future__ import annotations

import dataclasses
import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from mcdemand.engine import TILE_DRAWS, thread_count
from mcdemand.errors import FileError
from mcdemand.kernels.octaves import BINS, OCTAVES
from mcdemand.kernels.philox import BLOCK
from mcdemand.memory import BYTES_PER_NUMBER, check_bytes, check_memory, kept_numbers, needed_bytes, size_text
from mcdemand.run import Run
from mcdemand.streaming.sieve import KEPT_AT_MOST
from mcdemand.streaming.source import RunSource
from mcdemand.streaming.spans import CHUNK_DRAWS, LEAF_DRAWS, Span
from mcdemand.streaming.study import Question
from mcdemand.streaming.tally import TallyPlan, TallyWorker

SAMPLE_DRAWS = 2**14
"""Draws, about, of the sample that a run without draws leaves."""
SPAN_SECONDS = 1.0
SPANS_PER_THREAD = 8
TRIAL_SECONDS, TRIAL_SHARE = 0.05, 0.1
"""How long a trial takes at most, and as a share of what the run takes."""
OCTAVES_OF_A_ROW = 16
"""Octaves that a row's draws usually lie in."""
KEPT_SHARE = 0.002
"""About the share of draws that the second pass keeps."""


@dataclass(frozen=True)
class RunPlan:
    """What a run takes.

    Attributes
    ----------
    passes
        Times that all draws are computed.
    span_draws
        Draws of a span, the unit of work, in each of which `seconds_per_draw` go.
    memory_bytes, disk_bytes
        At most, and for the draws that are written.
    """

    draws: int
    passes: int
    span_draws: int
    threads: int
    memory_bytes: int
    disk_bytes: int
    seconds_per_draw: float

    @property
    def spans(self) -> int:
        """How many spans there are in a pass."""
        return math.ceil(self.draws / self.span_draws)

    @property
    def seconds(self) -> float:
        """About how long the run takes."""
        return self.draws * self.passes * self.seconds_per_draw / self.threads


def plan_store(run: Run, *, threads: int | None = None) -> RunPlan:
    """Return what a run that keeps its draws in memory takes, from a short trial of it.

    Raises
    ------
    InputError, ResourceError
        If it does not fit into memory.
    """
    crew = thread_count(threads)
    check_memory(run, crew, TILE_DRAWS)
    return RunPlan(
        draws=run.chains * run.draws_per_chain,
        passes=1,
        span_draws=TILE_DRAWS,
        threads=crew,
        memory_bytes=needed_bytes(run, crew, TILE_DRAWS),
        disk_bytes=kept_numbers(run) * BYTES_PER_NUMBER,
        seconds_per_draw=_seconds_per_draw(RunSource(run)),
    )


def check_disk(folder: Path, needed: int) -> None:
    """Refuse what a disk has no room for.

    Raises
    ------
    FileError
        If it has none.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise FileError(
            f"{folder}: needs {size_text(needed)} on disk, {size_text(free)} are free; keep fewer outputs, years or "
            "draws, name another folder, or stream without a file of draws"
        )


def plan_stream(run: Run, question: Question, *, threads: int | None = None, stores: bool = False) -> RunPlan:
    """Return what a run that keeps no draws takes, from a short trial of it.

    Raises
    ------
    InputError, ResourceError
        If it does not fit into memory.
    """
    crew, draws = thread_count(threads), run.chains * run.draws_per_chain
    source = RunSource(run)
    memory = _memory(run, len(source.rows), question, crew) + stores * crew * chunk_bytes(run)
    check_bytes(f"draws: {draws}", memory, "stream fewer outputs or years, or ask for fewer chains or threads")
    pace = _seconds_per_draw(source)
    return RunPlan(
        draws=draws,
        passes=1 + question.exact,
        span_draws=_span_draws(run, pace, crew, LEAF_DRAWS if not stores else CHUNK_DRAWS),
        threads=crew,
        memory_bytes=memory,
        disk_bytes=kept_numbers(run) * BYTES_PER_NUMBER if stores else 0,
        seconds_per_draw=pace,
    )


def _memory(run: Run, rows: int, question: Question, threads: int) -> int:
    """Return the bytes that a streamed run holds at its fullest, the libraries not counted."""
    draws = run.chains * run.draws_per_chain
    counts = rows * (OCTAVES // 2 + OCTAVES_OF_A_ROW * BINS)
    tile = (run.program.row_count + 2 * rows) * LEAF_DRAWS
    levels = len(question.probabilities) + 2 * len(question.ci_probs)
    chains = run.chains * rows * (levels + 4)
    kept = 2 * min(KEPT_AT_MOST, KEPT_SHARE * draws * rows) if question.exact else 0
    sample = kept_numbers(of_sample(run))
    return int(BYTES_PER_NUMBER * ((threads + 1) * counts + threads * tile + chains + kept + sample))


def chunk_bytes(run: Run) -> int:
    """Return the memory that a thread needs to fill chunks: one of every array, and the file of one."""
    draws = min(CHUNK_DRAWS, run.draws_per_chain)
    columns = max(1, len(run.years))
    return BYTES_PER_NUMBER * (kept_numbers(run) // (run.chains * run.draws_per_chain) + columns) * draws


def _span_draws(run: Run, pace: float, threads: int, least: int) -> int:
    """Return the draws of a span: about a second's, fewer where threads would have too few spans."""
    share = run.chains * run.draws_per_chain / (threads * SPANS_PER_THREAD)
    wanted = min(SPAN_SECONDS / pace, share)
    return least << max(0, int(math.log2(max(1.0, wanted / least))))


def _seconds_per_draw(source: RunSource) -> float:
    """Return what a thread takes for a draw in a pass, measured over some leaves."""
    worker = TallyWorker(TallyPlan.of_nothing(tuple(source.rows)))
    count = min(source.draws, LEAF_DRAWS)
    span = Span(0, 0, count)
    worker.take(source.fill(0, 0, count), span, 0)
    fastest, begun = math.inf, time.perf_counter()
    draws = source.chains * source.draws
    while time.perf_counter() - begun < min(TRIAL_SECONDS, TRIAL_SHARE * fastest * draws / count):
        worker.finish()
        started = time.perf_counter()
        worker.take(source.fill(0, 0, count), span, 0)
        fastest = min(fastest, time.perf_counter() - started)
    return fastest / count


def of_sample(run: Run) -> Run:
    """Return the run of each chain's first draws, of which a run without draws leaves a sample."""
    draws = -(-SAMPLE_DRAWS // (run.chains * BLOCK)) * BLOCK
    return dataclasses.replace(run, draws_per_chain=min(run.draws_per_chain, draws))
