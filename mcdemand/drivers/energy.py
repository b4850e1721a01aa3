"""Energy: electricity, power and machines that the demand for compute asks for, and the energy of a token.

Energy is the sum of a year at the facility's meter; cooling is inside the efficiency of the fleet. The PUE converts
prices per GW of IT and is found with the money.
"""

from mcdemand.drivers._constants import TWH_PER_GW_YEAR
from mcdemand.units import (
    GW,
    Days,
    JoulesPerKWh,
    JoulesPerToken,
    KWhPerToken,
    KWhPerTWh,
    MillionH100e,
    Ratio,
    TokensPerDay,
    TokensPerTrillion,
    TWh,
    TWhPerGW,
)

DAYS_IN_YEAR = 365.0
KWH_PER_TWH = 1e9
TOKENS_PER_TRILLION = 1e12
JOULES_PER_KWH = 3.6e6


def energy_index(compute_index: Ratio, chip_efficiency: Ratio) -> Ratio:
    """AI electricity, 2024 = 1.

    `compute_index / chip_efficiency`
    """
    return compute_index / chip_efficiency


def energy(ai_electricity_2024: TWh, energy_index: Ratio) -> TWh:
    """AI electricity asked for in a year.

    `ai_electricity_2024 * energy_index`
    """
    return ai_electricity_2024 * energy_index


def power(energy: TWh, gigawatt_year: TWhPerGW = TWH_PER_GW_YEAR) -> GW:
    """Mean AI power at the facility.

    `energy / gigawatt_year`
    """
    return energy / gigawatt_year


def capacity_needed(power: GW, load_factor: Ratio) -> GW:
    """Facility capacity that the demand asks for.

    `power / load_factor`
    """
    return power / load_factor


def accelerators(accelerators_2024: MillionH100e, compute_index: Ratio, utilisation_ratio: Ratio) -> MillionH100e:
    """Accelerators in service that the demand asks for, in H100 equivalents, mean of the year.

    `accelerators_2024 * compute_index / utilisation_ratio`
    """
    return accelerators_2024 * compute_index / utilisation_ratio


def kwh_per_token(
    ai_electricity_2024: TWh,
    generative_share_2024: Ratio,
    tokens_2024: TokensPerDay,
    efficiency: Ratio,
    chip_efficiency: Ratio,
    days_in_year: Days = DAYS_IN_YEAR,
    kwh_per_twh: KWhPerTWh = KWH_PER_TWH,
    tokens_per_trillion: TokensPerTrillion = TOKENS_PER_TRILLION,
) -> KWhPerToken:
    """Electricity of a token of generative inference.

    `ai_electricity_2024 * generative_share_2024 / (days_in_year * tokens_2024) / (efficiency * chip_efficiency)`,
    converted to kWh and single tokens.
    """
    kwh_2024 = ai_electricity_2024 * kwh_per_twh * generative_share_2024
    return kwh_2024 / (tokens_2024 * tokens_per_trillion * days_in_year) / (efficiency * chip_efficiency)


def joules_per_token(kwh_per_token: KWhPerToken, joules_per_kwh: JoulesPerKWh = JOULES_PER_KWH) -> JoulesPerToken:
    """Energy of a token of generative inference.

    `kwh_per_token * joules_per_kwh`
    """
    return kwh_per_token * joules_per_kwh


def bottom_up_kwh_per_token(kwh_per_token: KWhPerToken, overhead_2024: Ratio) -> KWhPerToken:
    """Electricity of a token as a measurement of one query shows it, without idle and shared machines.

    `kwh_per_token / overhead_2024`; a diagnostic, no other quantity reads it.
    """
    return kwh_per_token / overhead_2024
