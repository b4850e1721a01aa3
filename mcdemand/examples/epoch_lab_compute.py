"""Epoch AI's estimate of the computing that two AI laboratories used at the end of 2025, as a model of mcdemand.

The equations are those of `data/lab_compute_intermediates_by_lab.csv` in Epoch AI's repository `ai-compute-users`
(3 September 2026), one function for each derived row; `epoch_lab_compute.toml` holds the priors. Computing is counted
in millions of H100 equivalents: chips weighted by their dense 8-bit operations a second over the 1979e12 of an H100.
"""

from __future__ import annotations

from typing import Annotated

from mcdemand.units import GW, MillionH100e, Ratio, Unit

MillionH100ePerGW = Annotated[float, Unit("megaH100e/GW")]

DEFAULT_OUTPUTS = ("deepmind", "anthropic", "both")


def google_fleet(google_nvidia: MillionH100e, google_tpu: MillionH100e) -> MillionH100e:
    """Chips that Google owns."""
    return google_nvidia + google_tpu


def google_running(google_fleet: MillionH100e, running_share: Ratio) -> MillionH100e:
    """Chips of Google that are installed and running."""
    return google_fleet * running_share


def deepmind_share(cloud_share: Ratio, deepmind_in_cloud: Ratio, deepmind_in_house: Ratio) -> Ratio:
    """Share of Google's running chips that DeepMind uses."""
    return cloud_share * deepmind_in_cloud + (1.0 - cloud_share) * deepmind_in_house


def deepmind(google_running: MillionH100e, deepmind_share: Ratio) -> MillionH100e:
    """Computing used by Google DeepMind, end of 2025."""
    return google_running * deepmind_share


def anthropic_per_gw(
    trainium_share: Ratio,
    trainium_accuracy: Ratio,
    others_accuracy: Ratio,
    trainium_per_gw: MillionH100ePerGW = 0.7537688442211055,
    others_per_gw: MillionH100ePerGW = 0.9770469244854683,
) -> MillionH100ePerGW:
    """Computing for a gigawatt of Anthropic's machines, Trainium2 chips and others blended."""
    return (
        trainium_share * trainium_per_gw * trainium_accuracy + (1.0 - trainium_share) * others_per_gw * others_accuracy
    )


def anthropic(anthropic_power: GW, anthropic_per_gw: MillionH100ePerGW) -> MillionH100e:
    """Computing used by Anthropic, end of 2025."""
    return anthropic_power * anthropic_per_gw


def both(deepmind: MillionH100e, anthropic: MillionH100e) -> MillionH100e:
    """Computing used by both laboratories, end of 2025."""
    return deepmind + anthropic
