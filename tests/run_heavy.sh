#!/usr/bin/env bash
# Tests against other tools' own readers, which are too heavy for every run: bash tests/run_heavy.sh FOLDER
# What is not in FOLDER yet is installed there: Python packages, node packages, three checkouts from GitHub. node and R with
# its package posterior (Debian: nodejs npm r-cran-posterior) must be there; what is not is skipped, and pytest says so.
# All passed on 2026-11-29 with: squiggle-lang 0.10.0 on node 20.20, squigglepy 0.30, PreliZ 0.21 and 0.28, PyMC 6.4.0,
# posterior 1.4.0, vl-convert 1.9.0 and altair 6.3.0 (Vega-Lite 6.4), hubdata 0.2.0 and the hubverse schema 6.0.0,
# PySIPmath 5172310, Metaculus 100c4088, OpenTURNS 1.27.
set -euo pipefail
folder=$(realpath -m "${1:?name a folder for the tools}")
mkdir -p "$folder"
cd "$(dirname "$0")/.."

environment() {  # name, packages ...
    local place="$folder/$1"
    [ -x "$place/bin/python" ] && return
    python3 -m venv "$place" && "$place/bin/pip" install -q "${@:2}"
}

checkout() {  # owner/name, folder
    [ -d "$folder/$2" ] || git clone -q --depth 1 "https://github.com/$1" "$folder/$2"
}

environment squigglepy squigglepy
environment preliz preliz "matplotlib<3.10" arviz-base
environment pymc "pymc>=6" "preliz>=0.28" arviz-base
environment vega altair vl-convert-python
environment hub hubdata jsonschema
environment sipmath "numpy<2" scipy jsonschema
checkout probability-management/PySIPmath PySIPmath
checkout Metaculus/metaculus metaculus
checkout hubverse-org/schemas hub-schemas
[ -d "$folder/squiggle/node_modules" ] || npm install --silent --prefix "$folder/squiggle" @quri/squiggle-lang date-fns

export MCDEMAND_SQUIGGLE="$folder/squiggle" MCDEMAND_SQUIGGLEPY="$folder/squigglepy/bin/python"
export MCDEMAND_PRELIZ="$folder/preliz/bin/python" MCDEMAND_PYMC_PYTHON="$folder/pymc/bin/python"
export MCDEMAND_VEGA_PYTHON="$folder/vega/bin/python" MCDEMAND_HUBDATA="$folder/hub/bin/python"
export MCDEMAND_HUB_SCHEMA="$folder/hub-schemas/v6.0.0/tasks-schema.json" MCDEMAND_METACULUS="$folder/metaculus"
export MCDEMAND_PYSIPMATH="$folder/PySIPmath" MCDEMAND_PYSIPMATH_PYTHON="$folder/sipmath/bin/python"
.tools/bin/uv run --with openturns pytest -q -m heavy tests/exporters/heavy tests/importers/heavy
