"""Conversions that several drivers need; each use states the unit in its annotation."""

# One GW over one year of 8760 hours.
TWH_PER_GW_YEAR = 8.76
