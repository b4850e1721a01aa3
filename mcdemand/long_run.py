"""Long runs: streamed by threads or a cluster, their draws written to disk if they are wanted, resumed after a stop."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import xarray as xr

from mcdemand.cluster import Cluster, open_cluster
from mcdemand.engine import Progress
from mcdemand.exporters.zarr import MARKER
from mcdemand.files import check_folder
from mcdemand.model import Model
from mcdemand.planning import plan_stream
from mcdemand.request import CHAINS, DESIGN, DRAWS, Beliefs, prepare_request
from mcdemand.run import Run
from mcdemand.simulation import CI_PROB, PROBABILITIES, open_resumed, read_question, run_stream
from mcdemand.streaming.passes import Team
from mcdemand.zarr_store import ZarrStore, create_store, finish_store, open_store


def stream(
    priors: Beliefs,
    *,
    model: Model | str | None = None,
    draws: int = DRAWS,
    chains: int = CHAINS,
    seed: int = 0,
    design: str = DESIGN,
    outputs: str | Iterable[str] | None = None,
    years: int | Iterable[int] | None = None,
    set: Mapping[str, Any] | None = None,
    probabilities: Sequence[float] = PROBABILITIES,
    ci_prob: float | Sequence[float] = CI_PROB,
    thresholds: Mapping[str, float | Sequence[float]] | None = None,
    exact: bool = True,
    checkpoint: str | Path | None = None,
    draws_to: str | Path | None = None,
    overwrite: bool = False,
    cluster: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.DataTree:
    """Return what the draws of a request come to, without keeping them: memory does not grow with their number.

    Parameters
    ----------
    priors, model, draws, chains, seed, design, outputs, years, set, threads
        As for `simulate`. Parameters are summarized only if `outputs` names no quantity.
    probabilities, ci_prob, thresholds
        As for `summarize`.
    exact
        Whether quantiles are those of all draws, to the last bit; that takes a second pass, which computes them again.
        Otherwise they are told from the bins that draws are counted in, 1024 an octave, and `bound_quantiles` and
        `bound_interval` say how far off they can be.
    checkpoint
        A folder that keeps progress, from which `resume` goes on after a stop, or with more draws.
    draws_to
        A Zarr folder that gets all draws as they are computed, however much larger than memory they are; `read`, xarray
        and dask open it.
    overwrite
        Whether `draws_to` is replaced if it exists.
    cluster
        Who computes: a Dask scheduler, `"tcp://host:8786"`, or `"local:4"`, four processes of this machine; None:
        threads of this one. The bits are the same.
    progress
        Called with (draws done, draws in all), those of every pass.

    Returns
    -------
    xr.DataTree
        Group `summary`: what `summarize` returns, of equal-tailed intervals. Group `distribution`: a histogram of each
        output and year (`edge`, in its unit, `count`) and `exceedance`, the share of draws at or above each edge. The
        first 16,384 draws or so as a sample for plots, groups `sample_prior` and `sample_prior_predictive`: of the
        same shape as a result's, and the same draws.

    Raises
    ------
    InputError
        If the request is not sound.
    NumericalError
        If a value is NaN or infinite.
    ResourceError
        If even this does not fit into the memory that is free.
    FileError
        If the folder holds another run, is in use, or cannot be written.

    Notes
    -----
    Draws can be computed again, so a second pass keeps only those in the bins that hold a wanted rank; a third one
    between them divides these bins where that would be too many. Errors are those of `summarize`, but that a bin's
    draws count as spread evenly over it.

    Examples
    --------
    >>> streamed = stream("consensus", draws=4096, outputs="energy_served", years=2030, probabilities=[0.5, 0.999])
    >>> streamed["summary"]["quantiles"].sizes["quantile"]
    2
    """
    sizes: dict[str, Any] = {"draws": draws, "chains": chains, "seed": seed, "design": design}
    run = prepare_request(priors, model=model, outputs=outputs, years=years, set=set, **sizes)
    question = read_question(run, probabilities, ci_prob, thresholds, exact=exact)
    plan = plan_stream(run, question, threads=threads, stores=draws_to is not None)
    keeping = "" if draws_to is None else str(Path(draws_to).absolute())
    with (
        keep_draws(run, keeping, overwrite=overwrite, resumable=checkpoint is not None) as store,
        gather_team(run, cluster, store) as team,
    ):
        options: dict[str, Any] = {"keeping": keeping, "keeper": store, "team": team, "progress": progress}
        return run_stream(run, question, plan, checkpoint=checkpoint, **options)


def resume(
    checkpoint: str | Path,
    *,
    draws: int | None = None,
    model: Model | str | None = None,
    overwrite: bool = False,
    cluster: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.DataTree:
    """Return what `stream` would have, from where its progress was left.

    Parameters
    ----------
    checkpoint
        The folder that `stream` was given.
    draws
        More draws than the run had; those that it had are not computed again unless the bins that hold the quantiles
        are others than before. None: as many.
    model
        The model, where it is one's own.
    overwrite, cluster, threads, progress
        As for `stream`.

    Raises
    ------
    InputError
        If there are fewer draws than before, or the design does not grow.
    FileError
        If there is no run in the folder, or it is in use.
    IntegrityError
        If a file is damaged, or the run was begun by another version or with another model.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = stream("consensus", draws=2**17, outputs="energy_served", years=2030, checkpoint=folder)
    ...     int(resume(folder, draws=2**18).attrs["draws"])
    262144
    """
    with open_resumed(checkpoint, draws=draws, model=model) as found:
        plan = plan_stream(found.run, found.question, threads=threads, stores=bool(found.keeping))
        with (
            keep_draws(found.run, found.keeping, overwrite=overwrite, resumable=True) as store,
            gather_team(found.run, cluster, store) as team,
        ):
            return found.finish(plan, keeper=store, team=team, progress=progress)


@contextmanager
def keep_draws(run: Run, keeping: str, *, overwrite: bool, resumable: bool) -> Iterator[ZarrStore | None]:
    """Yield who keeps the draws of a run, which are complete at the end of the block; None if nobody is to.

    Parameters
    ----------
    keeping
        The Zarr folder that they come to; empty: none.
    resumable
        Whether what a stopped run has kept is left for it to go on with.

    Raises
    ------
    FileError
        If there is something else, or it exists and may not be overwritten.
    """
    if not keeping:
        yield None
        return
    target = Path(keeping)
    check_folder(target, MARKER, overwrite=overwrite)
    place = target.parent / f".{target.name}.progress" if resumable else _new_place(target)
    try:
        store = open_store(run, place) if place.exists() else create_store(run, place)
        yield store
        finish_store(store, target, overwrite=overwrite)
    finally:
        if not resumable:
            shutil.rmtree(place, ignore_errors=True)


def _new_place(target: Path) -> Path:
    """Return a folder that does not exist, beside the target."""
    place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    place.rmdir()
    return place


@contextmanager
def gather_team(
    run: Run,
    cluster: str | None,
    store: ZarrStore | None,
    *,
    model_text: str | None = None,
    note: Callable[[str], object] = warnings.warn,
) -> Iterator[Team | None]:
    """Yield the cluster that computes spans; None: threads of this process do.

    Parameters
    ----------
    store
        Who keeps the draws; workers find its folder on a file system that all machines share.
    model_text
        The text of the file of a model of one's own.
    note
        Gets what the cluster's user should know, a line each.

    Raises
    ------
    ClusterError
        If it cannot be reached, or its workers are of another version.
    """
    if cluster is None:
        yield None
        return
    new_keeper = partial(open_store, place=store.place) if store else None
    with open_cluster(cluster) as connection:
        for line in connection.notes:
            note(line)
        yield Cluster(connection, run, model_text=model_text, new_keeper=new_keeper)
