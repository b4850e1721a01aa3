import mcdemand as mc
from mcdemand.model import load_model
from mcdemand.report.wiring import Link, formula_of, links


def test_arguments_are_told_apart() -> None:
    model = load_model("ai_compute")
    assert links(model, model.quantities["capacity"]) == [
        Link("capacity", "previous"),
        Link("capacity_added", "quantity"),
        Link("dt", "time"),
        Link("capacity_end_2024", "parameter", base_year=True),
    ]
    assert links(model, model.quantities["power"]) == [Link("energy", "quantity"), Link("gigawatt_year", "constant")]
    assert Link("capacity_needed", "next") in links(model, model.quantities["capex"])
    assert Link("energy", "quantity", base_year=True) in links(model, model.quantities["energy_supply"])


def test_a_formula_is_the_second_paragraph_that_begins_as_one() -> None:
    def bare(x):
        return x

    def told(x):
        """First line.

        `x` plus nothing, wrapped
        over two lines.

        Parameters
        ----------
        """
        return x

    def prose(x):
        """First line.

        No formula.
        """
        return x

    quantities = mc.Model.from_functions([bare, told, prose]).quantities
    found = [formula_of(quantities[name]) for name in ("bare", "told", "prose")]
    assert found == ["", "x plus nothing, wrapped over two lines", ""]
