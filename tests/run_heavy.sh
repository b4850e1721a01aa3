#!/usr/bin/env bash
# Tests against other tools' own readers, which are too heavy for every run: bash tests/run_heavy.sh FOLDER
# What is not in FOLDER yet is installed there: Python packages, node packages, three checkouts from GitHub; where GitHub
# is out of reach, put those there first. node with npm, and R with its package posterior, are the machine's own (Debian:
# nodejs npm r-cran-posterior). A tool that is missing ends the run, and so does a test that was skipped.
# All passed on 2026-12-01 with: squiggle-lang 0.10.0 on node 20.20, squigglepy 0.30, PreliZ 0.21 and 0.28, PyMC 6.4.0,
# posterior 1.4.0 on R 4.2.2, vl-convert 1.9.0 and altair 6.3.0 (Vega-Lite 6.4), hubdata 0.2.0 and the hubverse schema
# 6.0.0, PySIPmath 5172310, Metaculus 100c4088, OpenTURNS 1.27.
set -euo pipefail
folder=$(realpath -m "${1:?name a folder for the tools}")
mkdir -p "$folder"
cd "$(dirname "$0")/.."
uv=.tools/bin/uv

need() {  # what is needed, a command that shows it
    "${@:2}" >"$folder/check.log" 2>&1 || { echo "missing: $1 (see $folder/check.log)" >&2; exit 1; }
}

environment() {  # name, packages ...
    local place="$folder/$1"
    [ -e "$place/complete" ] && return
    "$uv" venv -q --clear "$place" && "$uv" pip install -q --python "$place/bin/python" "${@:2}" && touch "$place/complete"
}

checkout() {  # owner/name, folder
    [ -d "$folder/$2" ] || git clone -q --depth 1 "https://github.com/$1" "$folder/$2" ||
        { echo "missing: a checkout of github.com/$1 in $folder/$2" >&2; exit 1; }
}

need "uv: the README's first command installs it" "$uv" --version
need "node (Debian: nodejs)" node --version
need "npm (Debian: npm)" npm --version
need "R with posterior (Debian: r-cran-posterior)" Rscript -e 'library(posterior)'
checkout probability-management/PySIPmath PySIPmath
checkout Metaculus/metaculus metaculus
checkout hubverse-org/schemas hub-schemas
environment squigglepy squigglepy
environment preliz "preliz==0.21" "matplotlib<3.10" arviz-base  # the last with the older matplotlib; pymc has the newest
environment pymc "pymc>=6" "preliz>=0.28" arviz-base
environment vega altair vl-convert-python
environment hub hubdata jsonschema
environment sipmath "numpy<2.3" scipy jsonschema  # PySIPmath turns arrays of one number into numbers
[ -e "$folder/squiggle/complete" ] ||
    { npm install --silent --prefix "$folder/squiggle" @quri/squiggle-lang date-fns && touch "$folder/squiggle/complete"; }

export MCDEMAND_SQUIGGLE="$folder/squiggle" MCDEMAND_SQUIGGLEPY="$folder/squigglepy/bin/python"
export MCDEMAND_PRELIZ="$folder/preliz/bin/python" MCDEMAND_PYMC_PYTHON="$folder/pymc/bin/python"
export MCDEMAND_VEGA_PYTHON="$folder/vega/bin/python" MCDEMAND_HUBDATA="$folder/hub/bin/python"
export MCDEMAND_HUB_SCHEMA="$folder/hub-schemas/v6.0.0/tasks-schema.json" MCDEMAND_METACULUS="$folder/metaculus"
export MCDEMAND_PYSIPMATH="$folder/PySIPmath" MCDEMAND_PYSIPMATH_PYTHON="$folder/sipmath/bin/python"
"$uv" run --with openturns pytest -q -m heavy tests/exporters/heavy tests/importers/heavy | tee "$folder/tests.log"
if grep -Eq '[0-9]+ skipped' "$folder/tests.log"; then echo "a test was skipped: see above" >&2; exit 1; fi

echo "with:"
node --version
npm ls --prefix "$folder/squiggle" --depth 0 | tail -n +2
Rscript -e 'cat("posterior", format(packageVersion("posterior")), "of", R.version.string, "\n")'
for place in squigglepy preliz pymc vega hub sipmath; do
    echo "$place:" $("$uv" pip freeze -q --python "$folder/$place/bin/python" |
        grep -Ei '^(squigglepy|preliz|pymc|altair|vl-convert-python|hubdata|jsonschema|numpy|scipy)==')
done
"$uv" run --with openturns python -c 'import openturns; print("openturns", openturns.__version__)'
for place in PySIPmath metaculus hub-schemas; do git -C "$folder/$place" log -1 --format="$place %h of %cs"; done
