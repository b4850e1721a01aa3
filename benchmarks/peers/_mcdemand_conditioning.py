"""Conditioning by the public interface."""

from __future__ import annotations

from typing import Any

from benchmarks.peers._conditioning import LEVELS, MEANS, NAMES, SDS, SEEN, SIGMA
from benchmarks.peers._peer import Clock, Figures, Job

THREADS = 2
PRIORS = {
    "parameters": {
        name: {"distribution": "normal", "mu": mu, "sigma": sigma}
        for name, mu, sigma in zip(NAMES, MEANS, SDS, strict=True)
    }
}
OBSERVED = {"output": "demand", "distribution": "lognormal", "value": SEEN, "sigma": SIGMA}


def conditioning() -> Job:
    """Simulate, condition and summarize by weight."""
    import mcdemand as mc
    from mcdemand.math import exp

    def demand(a, b, c):  # type: ignore[no-untyped-def]
        return 100 * exp(1.2 * a - 0.6 * b + 0.8 * c)

    model = mc.Model.from_functions([demand])

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        options: dict[str, Any] = {"design": "random", "seed": seed, "threads": THREADS}
        result = mc.simulate(mc.load_prior_set(PRIORS), model=model, draws=draws, **options)
        clock.mark("simulate")
        conditioned = mc.condition(result, [OBSERVED])
        clock.mark("condition")
        rows = [*NAMES, "demand"]
        found = mc.summarize_posterior(conditioned, outputs=rows, ci_prob=LEVELS[2] - LEVELS[0])
        after = found.sel(prior="conditioned", output=rows)
        ends = after["interval"].values
        quantiles = [[low, middle, high] for (low, high), middle in zip(ends, after["median"].values, strict=True)]
        clock.mark("summarise")
        evidence = float(conditioned.attrs["log_evidence"])
        return {"mean": after["mean"].values.tolist(), "quantiles": quantiles, "log_evidence": evidence}

    return job
