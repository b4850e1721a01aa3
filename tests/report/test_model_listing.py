import io

import mcdemand as mc
from mcdemand.model import load_model
from mcdemand.report.model_listing import print_model
from mcdemand.report.text import console


def listing(model: mc.Model, outputs: list[str] | None = None) -> list[str]:
    stream = io.StringIO()
    print_model(console(stream), model, outputs)
    return stream.getvalue().splitlines()


def test_the_shipped_model_is_listed_driver_by_driver() -> None:
    lines = listing(load_model("ai_compute"))
    assert lines[0].startswith("ai_compute: 61 quantities and 54 parameters, in the order of evaluation")
    assert max(map(len, lines)) <= 80
    drivers = [line for line in lines if line and not line.startswith(" ")][2:]
    assert len(drivers) == len(set(drivers)) == 11
    text = " ".join(" ".join(lines).split())
    assert "energy_served* [TWh]: AI electricity used in a year = min(energy, energy_supply) reads energy" in text
    assert (
        "reads capacity; parameter load_factor; last year's capacity; in the first year energy; "
        "constant gigawatt_year = 8.76"
    ) in text


def test_a_model_of_ones_own_needs_no_heading() -> None:
    def users(t, growth):
        """Users, millions."""
        return growth * t

    def demand(users, next_users, size=2.5):
        return (users + next_users) * size

    model = mc.Model.from_functions([users, demand], default_outputs=["demand"])
    assert listing(model)[2:] == [
        "",
        "users: Users, millions",
        "  reads parameter growth; time t",
        "demand*: demand",
        "  reads users; next year's users; constant size = 2.5",
    ]
    assert (
        listing(model, ["users"])[0]
        == "own: 1 quantity and 1 parameter, in the order of evaluation. *: default output."
    )
