"""The draws_df CSV, read by R's posterior (Debian's r-cran-posterior)."""

import shutil
import subprocess

import numpy as np
import pytest

import mcdemand as mc

SCRIPT = """
suppressMessages(library(posterior))
d <- as_draws_df(read.csv(commandArgs(TRUE)[1], check.names = FALSE))
r <- as_draws_rvars(d)
s <- summarise_draws(subset_draws(d, variable = "energy_served"), "mean", "sd", ~quantile(.x, c(0.05, 0.5, 0.95)))
cat(nchains(d), ndraws(d), length(r$energy_served), "\\n")
cat(format(mean(r$year), digits = 17), "\\n")
cat(format(mean(r$energy_served), digits = 17), "\\n")
for (k in 2:6) cat(format(as.numeric(s[[k]]), digits = 17), "\\n")
y <- as_draws_rvars(as_draws_df(read.csv(commandArgs(TRUE)[2], check.names = FALSE)))
cat(format(mean(y$energy_served["y2030"]), digits = 17), "\\n")
"""

pytestmark = pytest.mark.heavy


@pytest.mark.skipif(not shutil.which("Rscript"), reason="needs Rscript and r-cran-posterior")
def test_posterior_reads_the_same_numbers(result, tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, index in zip(paths, ("position", "year"), strict=True):
        mc.export(result, path, "draws-df", index=index)
    script = tmp_path / "read.R"
    script.write_text(SCRIPT, encoding="utf-8")
    printed = subprocess.run(["Rscript", script, *paths], capture_output=True, text=True, check=True).stdout
    sizes, *rows = [np.array(line.split(), dtype=float) for line in printed.splitlines()]
    assert sizes.tolist() == [4, 1024, 12]
    draws = result["prior_predictive"]["energy_served"].values.reshape(-1, 12)
    quantiles = np.quantile(draws, [0.05, 0.5, 0.95], axis=0)
    years = result["prior_predictive"]["year"].values
    expected = [years, draws.mean(axis=0), draws.mean(axis=0), draws.std(axis=0, ddof=1), *quantiles]
    for found, one in zip(rows, expected, strict=False):
        np.testing.assert_allclose(found, one, rtol=1e-12)
    np.testing.assert_allclose(rows[-1], draws[:, 6].mean(), rtol=1e-12)
