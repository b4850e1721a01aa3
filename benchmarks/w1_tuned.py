"""W1 by hand for speed, as its peers have it: exponentials of the year are multiplied on from one year to the next."""

from __future__ import annotations

from math import log

import mcdemand as mc
from mcdemand.math import exp
from mcdemand.math import log as ln

LN_2 = log(2.0)


def usage_factor(growth, adoption_cap):
    """What is left after a year of the share of users still to come, relative to those there."""
    return exp(growth * adoption_cap / (1.0 - adoption_cap))


def initial_users_to_come(adoption_cap):
    """Users to come, relative to those there, at t = 0."""
    return adoption_cap - 1.0


def users_to_come(previous_users_to_come, usage_factor):
    """Users to come, relative to those there."""
    return previous_users_to_come * usage_factor


def rise_factor(reason_rate):
    """What is left after a year of the odds against reasoning."""
    return exp(-reason_rate)


def initial_odds_against(reason_rate, reason_mid):
    """Odds against reasoning at t = 0."""
    return exp(reason_rate * reason_mid)


def odds_against(previous_odds_against, rise_factor):
    """Odds against reasoning."""
    return previous_odds_against * rise_factor


def log_eff_total(eff_total):
    """Log of the whole gain of algorithms."""
    return ln(eff_total)


def log_chip_total(chip_total):
    """Log of the whole gain of chips."""
    return ln(chip_total)


def eff_factor(eff_halflife, ln2=LN_2):
    """What is left after a year of the gain of algorithms to come."""
    return exp(-ln2 / eff_halflife)


def chip_factor(chip_rate):
    """What is left after a year of the gain of chips to come."""
    return exp(-chip_rate)


def initial_eff_to_come(elasticity, log_eff_total):
    """Log of the damped gain of algorithms to come at t = 0."""
    return (1.0 - elasticity) * log_eff_total


def eff_to_come(previous_eff_to_come, eff_factor):
    """Log of the damped gain of algorithms to come."""
    return previous_eff_to_come * eff_factor


def initial_chip_to_come(elasticity, log_chip_total):
    """Log of the damped gain of chips to come at t = 0."""
    return (1.0 - elasticity) * log_chip_total


def chip_to_come(previous_chip_to_come, chip_factor):
    """Log of the damped gain of chips to come."""
    return previous_chip_to_come * chip_factor


def base(adoption_cap, elasticity, log_eff_total, log_chip_total):
    """Demand of all users without reasoning once no gain is left to come."""
    return adoption_cap * exp((elasticity - 1.0) * (log_eff_total + log_chip_total))


def boost(reason_share_max, reason_mult):
    """Compute that reasoning adds at most, relative to a request without."""
    return reason_share_max * (reason_mult - 1.0)


def demand(base, boost, users_to_come, odds_against, eff_to_come, chip_to_come):
    """Demand for compute, relative."""
    gain = base * exp(eff_to_come + chip_to_come)
    return gain * (1.0 + odds_against + boost) / ((1.0 + users_to_come) * (1.0 + odds_against))


FUNCTIONS = (
    usage_factor,
    initial_users_to_come,
    users_to_come,
    rise_factor,
    initial_odds_against,
    odds_against,
    log_eff_total,
    log_chip_total,
    eff_factor,
    chip_factor,
    initial_eff_to_come,
    eff_to_come,
    initial_chip_to_come,
    chip_to_come,
    base,
    boost,
    demand,
)
MODEL = mc.Model.from_functions(FUNCTIONS, name="w1_tuned", default_outputs=["demand"])
