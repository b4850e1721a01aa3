"""mcdemand by its public interface, as a user would, on two threads."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.peers import _exports, _mcdemand_conditioning, _mcdemand_consensus, _mcdemand_laws
from benchmarks.peers._peer import Clock, Figures, Job, Peer
from benchmarks.peers._rows import rows

THREADS = 2
CHAINS = 16
SCALES, KINDS = ("raw", "log"), ("first", "total")
TAILS = (0.05, 0.5, 0.95, 0.999)


def w1(model: str = "w1") -> Job:
    """W1 from a prior set that is read anew; the model is a module's of `benchmarks`."""
    import mcdemand as mc
    from benchmarks import w1 as workload

    equations = import_module(f"benchmarks.{model}").MODEL

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        priors = mc.load_prior_set(workload.PRIORS)
        options: dict[str, Any] = {"design": "random", "seed": seed, "threads": THREADS, "outputs": ["demand"]}
        result = mc.simulate(priors, model=equations, draws=draws, **options)
        clock.mark("simulate")
        found = _summary(mc, result)
        clock.mark("summarise")
        return found

    return job


def _summary(mc: Any, result: Any) -> Figures:
    from benchmarks import w1 as workload

    options: dict[str, Any] = {"probabilities": workload.PROBABILITIES, "ci_prob": workload.CI_PROB, "ci_kind": "hdi"}
    summary = mc.summarize(result, threads=THREADS, **options).sel(output="demand")
    return {name: summary[name].values.squeeze().tolist() for name in ("mean", "quantiles", "interval")}


def summaries() -> Job:
    """Summarize rows as the years of an output of a result."""
    import mcdemand as mc
    from benchmarks import w1 as workload

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        priors = mc.load_prior_set(workload.PRIORS)
        options: dict[str, Any] = {"design": "random", "chains": 1, "outputs": ["demand"]}
        result = mc.simulate(priors, model=workload.MODEL, draws=draws, **options)
        result["prior_predictive"]["demand"].values[0] = rows(seed, draws).T
        clock.skip()
        found = _summary(mc, result)
        clock.stop()
        return {**found, "seed": seed}

    return job


def w2(chains: int = 1) -> Job:
    """W2 for all eleven years; with chains, each index has its error."""
    import mcdemand as mc
    from benchmarks import w1 as workload

    independent = {name: part for name, part in workload.PRIORS.items() if name != "correlations"}
    names = [*workload.PRIORS["parameters"]]

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        sizes = {"draws": draws, "chains": chains, "seed": seed}
        options: dict[str, Any] = {"method": "sobol", "outputs": ["demand"], "scale": SCALES}
        found = mc.sensitivity(mc.load_prior_set(independent), model=workload.MODEL, **options, **sizes)
        clock.stop()
        last = found.sel(parameter=names, output="demand", scale=[*SCALES]).isel(year=-1)
        figures = {kind: last[f"{kind}_order"].transpose("scale", ...).values.tolist() for kind in KINDS}
        if chains > 1:
            errors = {kind: last[f"mcse_{kind}_order"].transpose("scale", ...).values.tolist() for kind in KINDS}
            figures["errors"] = errors
        return figures

    return job


def stream(*, exact: bool) -> Job:
    """W1 without keeping a draw."""
    import mcdemand as mc
    from benchmarks import w1 as workload

    def job(seed: int, draws: int, clock: Clock) -> Figures:
        options: dict[str, Any] = {"design": "random", "chains": CHAINS, "threads": THREADS, "outputs": "demand"}
        priors, model = workload.PRIORS, workload.MODEL
        result = mc.stream(priors, model=model, draws=draws, seed=seed, probabilities=TAILS, exact=exact, **options)
        clock.stop()
        summary = result["summary"].to_dataset().sel(output="demand")
        return {name: summary[name].values.squeeze().tolist() for name in ("mean", "quantiles")}

    return job


PEER = Peer(
    name="mcdemand",
    title="mcdemand",
    packages=("mcdemand", "numba", "numpy"),
    programs={
        "w1": {"as stated": w1, "hand-tuned": lambda: w1("w1_tuned")},
        "w2": {"eleven years": w2, "eleven years, errors from 16 chains": lambda: w2(CHAINS)},
        "laws": {"": _mcdemand_laws.laws},
        "consensus": {"": _mcdemand_consensus.consensus},
        "conditioning": {"": _mcdemand_conditioning.conditioning},
        "exports": {"": _exports.exports},
        "summaries": {"": summaries},
        "streaming": {"two passes": lambda: stream(exact=True), "one pass": lambda: stream(exact=False)},
    },
    environment="project",
    processors=THREADS,
    uses={"laws": 1},
)
