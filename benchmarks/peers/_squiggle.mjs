// W1 and single laws in Squiggle: `node _squiggle.mjs FOLDER`, where FOLDER has node_modules; a line of JSON goes in,
// and one comes out.
//
// Distributions are sample sets, so that arithmetic is done draw by draw; functions of a draw, as in `SampleSet.map`,
// take four times as long and more, and are called only where there is no operation. Terms that are exponentials of the
// year are multiplied on from one year to the next. `quantile` sorts all samples each time it is called, and there is
// no shortest interval, so samples are sorted once, here.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.argv[2], "node_modules", "any.js"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { run } = await load("@quri/squiggle-lang");

const YEARS = 11;
const PROBABILITIES = [0.05, 0.25, 0.5, 0.75, 0.95];
const CI_PROB = 0.9;

const W1 = `
score = Sym.normal(0, 1)
share = beta(5, 2)
share_score = SampleSet.map(share ^ 5 * (6 - 5 * share), {|u| inv(score, u)})
growth = 0.6 + 0.25 * (0.4 * share_score + normal(0, ${Math.sqrt(1 - 0.4 ** 2)}))

chip_level = uniform(0, 1)
chip_score = SampleSet.map(chip_level, {|u| inv(score, u)})
log_chip = log(5) + log(200) * chip_level
log_eff = log(90) / 2 + log(10) / (2 * 1.6448536269514722) * (normal(0, ${Math.sqrt(1 - 0.3 ** 2)}) - 0.3 * chip_score)

cap = exp(uniform(log(10), log(1000)))
rise = 0.8 to 3
boost = share * ((20 to 300) - 1)
damping = triangular(0, 0.3, 0.9) - 1
rest = exp(growth * cap / (1 - cap))
late = exp(-rise)
old = exp(-log(2) / uniform(0.5, 3))
slow = exp(-uniform(0.1, 0.6))

floor = 1 / cap
most = 1 + boost

start = {
  usage: 1 - floor,
  before: exp(rise * normal(2, 0.7)),
  eff: damping * log_eff,
  chip: damping * log_chip
}
whole = start.eff + start.chip

next(state) = {
  usage: state.usage * rest,
  before: state.before * late,
  eff: state.eff * old,
  chip: state.chip * slow
}

demand(state) = exp(whole - state.eff - state.chip) * (most + state.before) / (
  (floor + state.usage) * (1 + state.before)
)

step(so_far) = {
  state = next(so_far.state)
  { state: state, found: List.append(so_far.found, demand(state)) }
}

List.reduce(List.upTo(1, ${YEARS - 1}), { state: start, found: [demand(start)] }, {|so_far, year| step(so_far)}).found
`;

const LAWS = {
  lognormal: "lognormal(1, 0.7)",
  beta: "beta(2, 5)",
  mixture: "mixture(lognormal(1, 0.7), normal(10, 2), [0.3, 0.7])",
  categorical: "SampleSet.fromDist(mixture(0, 1, 2, 3, [0.1, 0.2, 0.3, 0.4]))",
  gamma: "gamma(2.5, 1)",
};

async function evaluate(source, seed, draws) {
  const environment = { sampleCount: draws, xyPointLength: 1000, seed: String(seed) };
  const { result } = await run(source, { environment });
  if (!result.ok) throw new Error(result.value.toString());
  return result.value.result.value;
}

function quantile(ordered, probability) {
  const step = (ordered.length - 1) * probability;
  const place = Math.floor(step);
  const next = ordered[Math.min(place + 1, ordered.length - 1)];
  return ordered[place] + (step - place) * (next - ordered[place]);
}

function shortest(ordered) {
  const width = Math.floor(CI_PROB * ordered.length);
  let first = 0;
  for (let i = 0; i + width < ordered.length; i++) {
    if (ordered[i + width] - ordered[i] < ordered[first + width] - ordered[first]) first = i;
  }
  return [ordered[first], ordered[first + width]];
}

function meanOf(values) {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

function summarize(samples) {
  const ordered = Float64Array.from(samples).sort();
  const quantiles = PROBABILITIES.map((p) => quantile(ordered, p));
  return { mean: meanOf(ordered), quantiles, interval: shortest(ordered) };
}

function describe(samples) {
  const ordered = Float64Array.from(samples).sort();
  const mean = meanOf(ordered);
  const sd = Math.sqrt(meanOf(ordered.map((x) => (x - mean) ** 2)));
  // A mixture of numbers gives 0 as -1e-16.
  return [mean, sd, ...[0.05, 0.5, 0.95].map((p) => Math.round(1e12 * quantile(ordered, p)) / 1e12)];
}

async function w1({ seed, draws }) {
  const begun = performance.now();
  const years = (await evaluate(W1, seed, draws)).getValues().map((one) => one.value.getSamples());
  const simulated = performance.now();
  const found = years.map(summarize);
  const phases = { simulate: (simulated - begun) / 1000, summarise: (performance.now() - simulated) / 1000 };
  const names = ["mean", "quantiles", "interval"];
  return { phases, figures: Object.fromEntries(names.map((name) => [name, found.map((year) => year[name])])) };
}

async function laws({ seed, draws }) {
  const phases = {};
  const samples = {};
  for (const [name, source] of Object.entries(LAWS)) {
    const begun = performance.now();
    samples[name] = (await evaluate(source, seed, draws)).getSamples();
    phases[name] = (performance.now() - begun) / 1000;
  }
  return { phases, figures: Object.fromEntries(Object.keys(LAWS).map((name) => [name, describe(samples[name])])) };
}

const JOBS = { w1, laws };

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const found = await JOBS[request.job](request);
  console.log(JSON.stringify({ ...found, peak_bytes: process.resourceUsage().maxRSS * 1024 }));
}
