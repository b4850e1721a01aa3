import io

import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.draw_choice import choose_draw
from mcdemand.prior_pool import pool_prior_sets
from mcdemand.replay import rebuild_run, replay
from mcdemand.report.draw_tree import print_draw
from mcdemand.report.text import console
from mcdemand.units import TWh


def initial_stock(first):
    return first


def stock(previous_stock, growth):
    """Energy in store.

    `previous_stock * growth`
    """
    return previous_stock * growth


def use(stock, next_stock, kind, noise, share=0.25) -> TWh:
    """Energy used, in a long sentence that cannot possibly fit on the rest of the line of its name."""
    return share * (stock + next_stock) * noise + kind


def spare(stock, use: TWh) -> TWh:
    return stock - use


MODEL = mc.Model.from_functions([initial_stock, stock, use, spare], default_outputs=["spare"])
LAWS = {
    "first": {"distribution": "constant", "value": 8.0},
    "growth": {"distribution": "constant", "value": 2.0},
    "kind": {"distribution": "categorical", "categories": ["low", "high"], "weights": [0.0, 1.0], "unit": "1"},
    "noise": {"distribution": "uniform", "lower": 1, "upper": 3, "varies": {"kind": "independent"}},
}


def printed(result: xr.DataTree, model: mc.Model | None = None, encoding: str = "utf-8", **words: object) -> list[str]:
    place = {key: words.pop(key) for key in ("chain", "draw", "near", "output", "year") if key in words}
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    chosen = choose_draw(result, **place)
    run = rebuild_run(result, model, place.get("output"))
    print_draw(console(stream), replay(result, run, chosen), run, chosen, **words)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding).splitlines()


@pytest.fixture(scope="module")
def own() -> xr.DataTree:
    priors = {"prior_set": {"name": "own", "years": {"start": 2025, "stop": 2026}}, "parameters": LAWS}
    return mc.simulate(priors, model=MODEL, draws=4, chains=2, design="random", seed=1)


@pytest.fixture(scope="module")
def shipped() -> xr.DataTree:
    return mc.simulate("consensus", draws=32, chains=2)


def test_a_tree_by_hand(own: xr.DataTree) -> None:
    lines = printed(own, MODEL, chain=1, draw=0)
    noise = own["prior"]["noise"].values[1, 0]
    use = [0.25 * 3 * stock * one + 1 for stock, one in zip((8, 16), noise, strict=True)]
    assert lines[0] == "own"
    assert lines[1].startswith("Chain 1, draw 0 (of 2 chains of 2 draws, seed 1, design random): ")
    tree = lines[lines.index("") + 1 :]
    assert tree[0].split() == ["2025", "2026"]
    assert tree[1].split()[:2] == ["spare", "[TWh]"]
    assert [float(cell) for cell in tree[1].split()[2:]] == pytest.approx([8 - use[0], 16 - use[1]], rel=1e-3)
    width = max(map(len, [*tree[1].split()[2:], *tree[6].split()[3:], "16.00"]))
    assert tree[2] == f"├ stock{'8.000':>{80 - 7 - width - 1}} {'16.00':>{width}}"
    assert tree[3:6] == [
        "│ ├ growth = 2, constant",
        "│ ├ first = 8, constant, in 2025 only",
        "│ └ stock, of the year before (see above)",
    ]
    assert tree[6].split()[:3] == ["└", "use", "[TWh]"]
    assert [float(cell) for cell in tree[6].split()[3:]] == pytest.approx(use, rel=1e-3)
    assert tree[7:10] == [
        "  ├ stock (see above)",
        "  ├ kind = high, weight 1",
        "  ├ noise, another number every year",
    ]
    assert tree[10].split() == ["│", *(f"{one:.3f}" for one in noise)]
    assert tree[11].split() == ["│", *(f"p{100 * (one - 1) / 2:.0f}" for one in noise)]
    assert tree[12:] == ["  ├ stock, of the year after (see above)", "  └ share = 0.25, constant of the model"]


def test_every_quantity_by_year_and_every_parameter(shipped: xr.DataTree) -> None:
    lines = printed(shipped, near="p95", output="energy_served", year=2030, roots=["energy_served"])
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    plan = rebuild_run(shipped).model.plan(["energy_served"])
    bare = [line.lstrip("│├└ ") for line in lines]
    for name in (*plan.first_sweep, *plan.parameters):
        assert any(line.startswith((f"{name} = ", f"{name}: ", f"{name} [")) for line in bare), name
    assert text.count("2024–29") == text.count("2030–35") > 20
    assert "= min(energy, energy_supply)" in text
    assert "growth_shape = " in text
    values = shipped["prior_predictive"]["energy_served"]
    place = choose_draw(shipped, near="p95", output="energy_served", year=2030)
    first = next(line for line in lines if "2024–29" in line)
    assert float(first.split()[2]) == pytest.approx(float(values[place.chain, place.draw, 0]), rel=1e-3)


def test_years_that_fit_stand_beside_the_name(shipped: xr.DataTree) -> None:
    lines = printed(shipped, chain=0, draw=3, output="capacity", roots=["capacity"], years=[2024, 2030])
    tree = lines[lines.index("") + 1 :]
    assert tree[0].split() == ["2024", "2030"]
    assert tree[1].startswith("capacity [GW]  ")
    assert len(tree[1]) == 80
    with pytest.raises(mc.InputError, match="years: 2040: this draw has 2024 to 2035"):
        printed(shipped, chain=0, draw=3, years=[2040])


def test_a_terminal_without_lines_gets_plain_ones(own: xr.DataTree) -> None:
    lines = printed(own, MODEL, encoding="ascii", chain=0, draw=0)
    assert "| + growth = 2, constant" in lines
    assert "`" in lines[-1]


def test_the_most_unusual_parameters_come_first(shipped: xr.DataTree) -> None:
    words = " ".join(printed(shipped, chain=0, draw=3, output="context", roots=["context"])[:6])
    named = words.partition("Furthest from their medians: ")[2].split(".")[0]
    assert sorted(part.split()[0] for part in named.split(", ")) == ["context_ceiling", "context_growth"]


def test_a_draw_of_a_pool_says_its_set() -> None:
    pool = mc.simulate(pool_prior_sets({"consensus": 0.5, "liftoff": 0.5}), draws=8, chains=1, outputs=["context"])
    member = ("consensus", "liftoff")[int(pool["prior"]["prior_set"][0, 0])]
    assert f"a draw of {member}" in " ".join(printed(pool, chain=0, draw=0)[:4])


def test_a_parameter_alone_and_a_model_without_years() -> None:
    def area(width, height):
        return width * height

    laws = {name: {"distribution": "uniform", "lower": 1, "upper": 2} for name in ("width", "height")}
    model = mc.Model.from_functions([area])
    result = mc.simulate({"parameters": laws}, model=model, draws=8, chains=2, design="random")
    width, height = (float(result["prior"][name][0, 2]) for name in ("width", "height"))
    lines = printed(result, model, chain=0, draw=2)
    assert lines[-3].startswith("area = ")
    assert lines[-2] == f"├ width = {width:.4g}, p{100 * (width - 1):.0f} (median 1.5)"
    assert lines[-1] == f"└ height = {height:.4g}, p{100 * (height - 1):.0f} (median 1.5)"
    assert printed(result, model, chain=0, draw=2, output="width", roots=["width"])[-1] == lines[-2][2:]


def test_titles_from_strangers_are_printed_literally() -> None:
    def area(width):
        return width

    model = mc.Model.from_functions([area])
    priors = {
        "prior_set": {"title": "[/foo] \x1b[31m \u202e<b>"},
        "parameters": {"width": {"distribution": "constant", "value": 1}},
    }
    result = mc.simulate(priors, model=model, draws=2, chains=1, design="random")
    assert printed(result, model, chain=0, draw=0)[0] == "unnamed: [/foo] [31m <b>"


def test_years_stand_above_numbers_only(own: xr.DataTree) -> None:
    lines = printed(own, MODEL, chain=0, draw=0, output="kind", roots=["kind"])
    assert lines[-1].startswith("kind = high")
    assert not any("2025" in line for line in lines[1:])
    with_years = printed(own, MODEL, chain=0, draw=0, output="noise", roots=["noise"])
    assert any("2025" in line for line in with_years)
