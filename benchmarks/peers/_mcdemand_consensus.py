"""The shipped model with its priors `consensus` by the public interface; its summary has intervals and errors too."""

from __future__ import annotations

from benchmarks.peers._exports import OUTPUTS
from benchmarks.peers._peer import Clock, Figures, Job
from benchmarks.peers._rows import PROBABILITIES

THREADS = 2


def consensus() -> Job:
    """Simulate and summarize."""
    import mcdemand as mc

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        result = mc.simulate("consensus", draws=draws, seed=seed, design="random", threads=THREADS, outputs=[*OUTPUTS])
        clock.mark("simulate")
        summary = mc.summarize(result, probabilities=PROBABILITIES, threads=THREADS).sel(output=[*OUTPUTS])
        figures = {name: summary[name].values.tolist() for name in ("mean", "quantiles")}
        clock.mark("summarise")
        return figures

    return job
