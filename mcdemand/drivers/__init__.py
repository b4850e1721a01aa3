"""The shipped model `ai_compute`: one file per driver, one small function per quantity.

To add a driver, add one file here. Every public function in it is a quantity:

- its name is the quantity's name, the first line of its docstring the long name;
- its argument names say what it depends on: a parameter, another quantity, `t` (years since `BASE_YEAR`), `year` or
  `dt`; `previous_q` is last year's `q` and `next_q` next year's;
- a function `initial_q` gives `q` in the base year, and is needed by every `q` that reads a previous year;
- an argument with a default is a constant with a unit;
- arguments and result are annotated with an alias of `mcdemand.units`;
- it uses only + - * /, comparisons, `if`/`else` and functions of `mcdemand.math`, so that every machine gives the
  same bits, and a pint scalar can pass through it.

Nothing is registered: a new quantity is read by naming it as an argument, a new parameter by giving it a prior.
"""

BASE_YEAR = 2024

DEFAULT_OUTPUTS = (
    "energy_served",
    "energy",
    "capacity",
    "capacity_needed",
    "accelerators_served",
    "capex_served",
    "capex",
    "tokens_served",
    "compute_index",
    "training_share",
)
