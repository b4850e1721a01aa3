"""Supply: the sites that are built, and what they can serve of the demand.

Additions are a rate per year that grows by a factor; sites do not retire. A shortage is rationed in proportion: every
class of work is served the same fraction of what it asks for. What is not served is not carried into the next year.
"""

from mcdemand.drivers._constants import TWH_PER_GW_YEAR
from mcdemand.math import minimum
from mcdemand.units import GW, GWPerYear, MillionH100e, Ratio, TokensPerDay, TWh, TWhPerGW, YearLabel, Years

FIRST_ADDITIONS = 2025.0
SECOND_ADDITIONS = 2026.0
END_OF_RAMP = 2030.0


def initial_capacity_added() -> GWPerYear:
    """Capacity added in the base year, which is inside its stock at the end of the year."""
    return 0.0


def capacity_added(
    year: YearLabel,
    previous_capacity_added: GWPerYear,
    capacity_added_2025: GWPerYear,
    additions_ratio_2026: Ratio,
    additions_growth: Ratio,
    additions_growth_after_2030: Ratio,
    first_additions: YearLabel = FIRST_ADDITIONS,
    second_additions: YearLabel = SECOND_ADDITIONS,
    end_of_ramp: YearLabel = END_OF_RAMP,
) -> GWPerYear:
    """Facility capacity added in a year.

    `capacity_added_2025` in 2025, then `previous_capacity_added` times `additions_ratio_2026` in 2026,
    `additions_growth` to 2030 and `additions_growth_after_2030` from then on.
    """
    ramp = additions_ratio_2026 if year <= second_additions else additions_growth
    factor = ramp if year <= end_of_ramp else additions_growth_after_2030
    return capacity_added_2025 if year <= first_additions else previous_capacity_added * factor


def initial_capacity(capacity_end_2024: GW) -> GW:
    """Facility capacity at the end of the base year."""
    return capacity_end_2024


def capacity(previous_capacity: GW, capacity_added: GWPerYear, dt: Years) -> GW:
    """Facility capacity at the end of the year.

    `previous_capacity + capacity_added * dt`
    """
    return previous_capacity + capacity_added * dt


def initial_energy_supply(energy: TWh) -> TWh:
    """Electricity that the sites could use in the base year: all demand was met."""
    return energy


def energy_supply(
    previous_capacity: GW, capacity: GW, load_factor: Ratio, gigawatt_year: TWhPerGW = TWH_PER_GW_YEAR
) -> TWh:
    """Electricity that the sites can use in a year.

    `(previous_capacity + capacity) / 2 * load_factor * gigawatt_year`
    """
    return (previous_capacity + capacity) / 2.0 * load_factor * gigawatt_year


def energy_served(energy: TWh, energy_supply: TWh) -> TWh:
    """AI electricity used in a year.

    `min(energy, energy_supply)`
    """
    return minimum(energy, energy_supply)


def served_fraction(energy_served: TWh, energy: TWh) -> Ratio:
    """Fraction of the demand that is served.

    `energy_served / energy`
    """
    return energy_served / energy


def backlog(energy: TWh, energy_served: TWh) -> TWh:
    """AI electricity of a year that was asked for and not served.

    `energy - energy_served`
    """
    return energy - energy_served


def capacity_needed_served(energy_served: TWh, load_factor: Ratio, gigawatt_year: TWhPerGW = TWH_PER_GW_YEAR) -> GW:
    """Facility capacity that the served demand occupies.

    `energy_served / gigawatt_year / load_factor`
    """
    return energy_served / gigawatt_year / load_factor


def tokens_served(tokens: TokensPerDay, served_fraction: Ratio) -> TokensPerDay:
    """Tokens weighted by compute that are served.

    `tokens * served_fraction`
    """
    return tokens * served_fraction


def accelerators_served(accelerators: MillionH100e, served_fraction: Ratio) -> MillionH100e:
    """Accelerators in service, in H100 equivalents, mean of the year.

    `accelerators * served_fraction`
    """
    return accelerators * served_fraction


def conventional_compute_served(conventional_compute: Ratio, served_fraction: Ratio) -> Ratio:
    """Compute served to conventional requests, all compute of 2024 = 1.

    `conventional_compute * served_fraction`
    """
    return conventional_compute * served_fraction


def reasoning_compute_served(reasoning_compute: Ratio, served_fraction: Ratio) -> Ratio:
    """Compute served to reasoning requests, all compute of 2024 = 1.

    `reasoning_compute * served_fraction`
    """
    return reasoning_compute * served_fraction


def agentic_compute_served(agentic_compute: Ratio, served_fraction: Ratio) -> Ratio:
    """Compute served to agentic requests, all compute of 2024 = 1.

    `agentic_compute * served_fraction`
    """
    return agentic_compute * served_fraction


def nongenerative_compute_served(nongenerative_compute: Ratio, served_fraction: Ratio) -> Ratio:
    """Compute served to non-generative inference, all compute of 2024 = 1.

    `nongenerative_compute * served_fraction`
    """
    return nongenerative_compute * served_fraction


def training_compute_served(training_compute: Ratio, served_fraction: Ratio) -> Ratio:
    """Compute served to training, all compute of 2024 = 1.

    `training_compute * served_fraction`
    """
    return training_compute * served_fraction


def reported_tokens(tokens_served: TokensPerDay, token_reporting_bias: Ratio) -> TokensPerDay:
    """Tokens as companies report them.

    `tokens_served * token_reporting_bias`; what an observation of tokens is compared with.
    """
    return tokens_served * token_reporting_bias
