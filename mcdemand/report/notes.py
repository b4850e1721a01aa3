"""What a reader should know about a summary, a sentence each."""

from __future__ import annotations

import xarray as xr

from mcdemand.sample_limits import FEWEST_BEYOND, draws_for


def beyond_sample_notes(summary: xr.Dataset) -> list[str]:
    """Return a warning for every interval whose ends fewer than 10 draws lie beyond."""
    notes = []
    for level, beyond in zip(summary["ci_prob"].values, summary["interval_beyond_sample"].values, strict=True):
        if beyond:
            needed = draws_for([(1 - level) / 2])
            notes.append(
                f"Beyond the sample: fewer than {FEWEST_BEYOND} draws lie on either side of the {100 * level:.10g} % "
                f"interval, so its ends hang on a few; {needed:,} draws would carry it."
            )
    return notes
