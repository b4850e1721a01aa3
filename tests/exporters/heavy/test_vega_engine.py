"""The Vega-Lite specification, drawn: `MCDEMAND_VEGA_PYTHON` names a Python that has vl-convert-python and altair."""

import os
import subprocess

import pytest

import mcdemand as mc

PYTHON = os.environ.get("MCDEMAND_VEGA_PYTHON", "")
CODE = """
import json, sys
import altair, vl_convert
for path in sys.argv[1:]:
    spec = json.load(open(path))
    altair.Chart.from_dict(spec)
    svg = vl_convert.vegalite_to_svg(spec, vl_version="6.4")
    open(path + ".svg", "w").write(svg)
    open(path + ".png", "wb").write(vl_convert.vegalite_to_png(spec, vl_version="6.4", scale=1))
"""

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not PYTHON, reason="MCDEMAND_VEGA_PYTHON names no Python with vl-convert-python and altair"),
]


def draw(*paths):
    subprocess.run([PYTHON, "-c", CODE, *paths], check=True)
    return [path.with_name(f"{path.name}.svg").read_text(encoding="utf-8") for path in paths]


def test_altair_takes_it_and_vega_draws_it(result, tmp_path):
    requests = [{"outputs": "energy_served"}, {}, {"outputs": "energy_served", "years": 2030}, {"scale": "linear"}]
    paths = [mc.export(result, tmp_path / f"{k}.vl.json", **one).path for k, one in enumerate(requests)]
    for svg in draw(*paths):
        assert "AI electricity used in a year" in svg
        assert "TWh" in svg
        assert "90 % interval" in svg
        assert "NaN" not in svg


def test_texts_of_strangers_are_text_in_the_picture(poison, tmp_path):
    paths = []
    for k, text in enumerate(("<script>alert(1)</script>", "=1+1", "{{7*7}}", "${7*7}", "a\u202edcba", "'quoted'")):
        tree = poison(text)
        tree.attrs["design"] = "random"
        paths.append(mc.export(tree, tmp_path / f"{k}.vl.json").path)
    script, formula, *_, bidi, quoted = draw(*paths)
    assert "<script" not in script
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in script
    assert "=1+1" in formula
    assert "\u202e" not in bidi
    assert "quoted" in quoted
