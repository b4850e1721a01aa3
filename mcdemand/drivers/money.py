"""Money: what the machines and sites cost, and what a token costs.

Prices are billions of US dollars of 2025 per GW of IT power; the PUE turns GW of the facility into GW of IT here and
nowhere else. Capital expenditure builds what next year needs beyond this year, and replaces the machines in service.
"""

from mcdemand.drivers._constants import TWH_PER_GW_YEAR
from mcdemand.math import clip, exp, maximum, power
from mcdemand.units import (
    GW,
    GUSDPerGW,
    GUSDPerYear,
    KWhPerToken,
    PerYear,
    Ratio,
    TokensPerMillion,
    TWhPerGWYear,
    USDPerKWh,
    USDPerMillionTokens,
    YearLabel,
    Years,
)

PRICE_YEAR = 2025.0
PUE_START = 2025.0
PUE_END = 2030.0
TOKENS_PER_MILLION = 1e6
GROSS_WORLD_PRODUCT_2025 = 112e3
# Log rate of 3 % a year: ln 1.03.
GROSS_WORLD_PRODUCT_GROWTH = 0.0295588022415444


def pue(
    year: YearLabel,
    pue_overhead_2025: Ratio,
    pue_overhead_ratio_2030: Ratio,
    pue_start: YearLabel = PUE_START,
    pue_end: YearLabel = PUE_END,
) -> Ratio:
    """Power usage effectiveness: power of the facility per power of IT.

    `1 + pue_overhead_2025 * pue_overhead_ratio_2030^clip((year - 2025) / (2030 - 2025), 0, 1)`
    """
    progress = clip((year - pue_start) / (pue_end - pue_start), 0.0, 1.0)
    return 1.0 + pue_overhead_2025 * power(pue_overhead_ratio_2030, progress)


def capex_it(
    year: YearLabel, capex_per_it_gw: GUSDPerGW, capex_per_it_gw_growth: PerYear, price_year: YearLabel = PRICE_YEAR
) -> GUSDPerGW:
    """Price of a site with its machines, per GW of IT power.

    `capex_per_it_gw * exp(capex_per_it_gw_growth * (year - price_year))`
    """
    return capex_per_it_gw * exp(capex_per_it_gw_growth * (year - price_year))


def capex(
    capex_it: GUSDPerGW,
    capacity_needed: GW,
    next_capacity_needed: GW,
    it_share_of_capex: Ratio,
    hardware_life: Years,
    pue: Ratio,
    dt: Years,
) -> GUSDPerYear:
    """Capital expenditure that the demand asks for.

    `capex_it * ((max(next_capacity_needed, capacity_needed) - capacity_needed) / dt
    + it_share_of_capex * capacity_needed / hardware_life) / pue`
    """
    built = (maximum(next_capacity_needed, capacity_needed) - capacity_needed) / dt
    return capex_it * (built + it_share_of_capex * capacity_needed / hardware_life) / pue


def capex_served(
    capex_it: GUSDPerGW,
    capacity_needed_served: GW,
    next_capacity_needed_served: GW,
    it_share_of_capex: Ratio,
    hardware_life: Years,
    pue: Ratio,
    dt: Years,
) -> GUSDPerYear:
    """Capital expenditure for what is served.

    The formula of `capex` with `capacity_needed_served` in place of `capacity_needed`.
    """
    return capex(
        capex_it, capacity_needed_served, next_capacity_needed_served, it_share_of_capex, hardware_life, pue, dt
    )


def capex_share_of_gwp(
    year: YearLabel,
    capex: GUSDPerYear,
    gross_world_product: GUSDPerYear = GROSS_WORLD_PRODUCT_2025,
    gross_world_product_growth: PerYear = GROSS_WORLD_PRODUCT_GROWTH,
    price_year: YearLabel = PRICE_YEAR,
) -> Ratio:
    """Capital expenditure that the demand asks for, as a share of gross world product.

    `capex / (gross_world_product * exp(gross_world_product_growth * (year - price_year)))`, 3 % growth a year.
    """
    return capex / (gross_world_product * exp(gross_world_product_growth * (year - price_year)))


def cost_per_million_tokens(
    kwh_per_token: KWhPerToken,
    electricity_price: USDPerKWh,
    capex_it: GUSDPerGW,
    pue: Ratio,
    hardware_life: Years,
    load_factor: Ratio,
    energy_per_capacity: TWhPerGWYear = TWH_PER_GW_YEAR,
    tokens_per_million: TokensPerMillion = TOKENS_PER_MILLION,
) -> USDPerMillionTokens:
    """Cost of a million tokens: electricity, machines and sites.

    `kwh_per_token * (electricity_price + capex_it / (pue * hardware_life * load_factor * energy_per_capacity))`,
    per million tokens.
    """
    capital = capex_it / (pue * hardware_life * load_factor * energy_per_capacity)
    return tokens_per_million * kwh_per_token * (electricity_price + capital)


def big4_capex(capex_served: GUSDPerYear, big4_share_of_ai_capex: Ratio, ai_share_of_big4_capex: Ratio) -> GUSDPerYear:
    """Capital expenditure of the four largest builders for all purposes, in a calendar year.

    `capex_served * big4_share_of_ai_capex / ai_share_of_big4_capex`; what an observation of it is compared with.
    """
    return capex_served * big4_share_of_ai_capex / ai_share_of_big4_capex
