"""Results that every format is tested on: a plain one, and one full of texts from strangers."""

import pytest
import xarray as xr

import mcdemand as mc
from mcdemand.model import load_model

HOSTILE = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "{=1+1}",
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</script><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "<!-- comment -->",
    "]]>",
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "/etc/passwd",
    "C:\\con",
    "con",
    "zarr.json",
    "..",
    ".",
    "",
    " ",
    "a/b",
    "a\\b",
    "a\x00b",
    "a\x1b[31mred",
    "a\x07bell",
    "a\u202edcba",
    "a\u2028b",
    "a\ufeffb",
    '"quoted"',
    "'quoted'",
    "back`tick",
    "semi;colon",
    "comma,comma",
    "line\nbreak",
    "$\\frac{$",
    "[/red]bold",
    "{{7*7}}",
    "${7*7}",
    "%n%s%x",
    "'; DROP TABLE draws; --",
    '""" + __import__("os").system("true") + """',
    "name" * 100,
    "AI2030",
    "R1C1",
    "true",
    "NaN",
    "1e5",
    "\u6570\u636e \U0001f600",
)


@pytest.fixture(scope="session")
def result():
    """A small result of a shipped set: 4 chains of 256 independent draws, two outputs, all they need."""
    outputs = ["energy_served", "tokens_served"]
    names = [*outputs, *load_model("ai_compute").plan(outputs).parameters]
    return mc.simulate("consensus", draws=1024, chains=4, design="random", seed=11, outputs=names)


@pytest.fixture(params=range(len(HOSTILE)), ids=lambda k: f"payload{k}")
def payload(request):
    """One text of a stranger."""
    return HOSTILE[request.param]


@pytest.fixture
def poison(result):
    """Make a small result with a text in every text that a file may show: titles, names, units, sources, notes."""

    def made(text):
        output = next(iter(result["prior_predictive"].data_vars))
        parameter = next(iter(result["prior"].data_vars))
        few = {"draw": slice(32)}
        quantity = result["prior_predictive"].to_dataset()[[output]].isel(few)
        law = result["prior"].to_dataset()[[parameter]].isel(few)
        texts = {"units": text, "long_name": text, "source": text, "note": text, "prior": text}
        for dataset in (quantity, law):
            for array in dataset.data_vars.values():
                array.attrs.update(texts)
        # A tree has no names with slashes, so no file can bring one.
        name = text.replace("/", "|")
        quantity, law = quantity.rename({output: name}), law.rename({parameter: f"{name} "})
        stated = {key: text for key in ("title", "source", "prior_set", "model", "notices", "contract")}
        root = xr.Dataset(attrs={**result.attrs, **stated, "outputs": [name], "draws": 128})
        tree = xr.DataTree(root)
        tree.children = {
            "prior": xr.DataTree(law, name="prior"),
            "prior_predictive": xr.DataTree(quantity, name="prior_predictive"),
        }
        return tree

    return made
