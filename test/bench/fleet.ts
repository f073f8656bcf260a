import { writeFileSync } from 'node:fs';
import { drawFleet, runTrial, TRIAL_KINDS, type TrialKind, type TrialOutcome } from '../survey/sim/fleet-trial.js';
import { SimulatedSource } from '../survey/sim/simulated-source.js';

/** `fleet.js [RUNS [NODES [SEED [FILE]]]]`: verdicts on simulated fleets, a table of how often they are right. */
const [runs = 1000, nodes = 1000, seed = 1] = process.argv.slice(2, 5).map(Number);
const file = process.argv[5];

interface Row {
  readonly kind: TrialKind;
  readonly outcomes: readonly TrialOutcome[];
}

const rows: Row[] = [];
for (const [index, kind] of TRIAL_KINDS.entries()) {
  const share = Math.ceil((runs - index) / TRIAL_KINDS.length);
  const outcomes: TrialOutcome[] = [];
  for (let run = 0; run < share; run += 1) {
    const drawn = seed + run * TRIAL_KINDS.length + index;
    const outcome = await runTrial(drawFleet(kind, drawn, nodes), (fleet) => new SimulatedSource(fleet));
    outcomes.push(outcome);
    if (!outcome.exact || !outcome.causesRight) console.error(wrongOf(kind, drawn, outcome));
  }
  rows.push({ kind, outcomes });
  console.error(`${kind}: ${outcomes.filter(({ exact }) => exact).length} of ${outcomes.length}`);
}

const all = rows.flatMap(({ outcomes }) => outcomes);
const table = [
  '| fleet | runs | exact | missed | healthy accused | cause right | p95 of the verdict |',
  '|---|---|---|---|---|---|---|',
  ...rows.map(({ kind, outcomes }) => line(kind, outcomes)),
  line('**all**', all),
].join('\n');
console.log(table);
if (file !== undefined) writeFileSync(file, `${table}\n`);

function line(name: string, outcomes: readonly TrialOutcome[]): string {
  const share = (test: (outcome: TrialOutcome) => boolean): string =>
    `${((100 * outcomes.filter(test).length) / Math.max(1, outcomes.length)).toFixed(1)} %`;
  const sum = (count: (outcome: TrialOutcome) => number): number =>
    outcomes.reduce((total, one) => total + count(one), 0);
  const took = outcomes.map(({ tookMs }) => tookMs.rates + tookMs.closer).sort((a, b) => a - b);
  const p95 = took[Math.floor(0.95 * took.length)] ?? 0;
  return `| ${name} | ${outcomes.length} | ${share(({ exact }) => exact)} | ${sum(({ missed }) => missed.length)} | ${sum(({ accused }) => accused.length)} | ${share(({ causesRight }) => causesRight)} | ${(p95 / 1000).toFixed(2)} s |`;
}

function wrongOf(kind: TrialKind, drawn: number, { missed, accused, conclusion }: TrialOutcome): string {
  const told = conclusion.nodes
    .filter(({ state }) => state === 'bad' || state === 'suspect')
    .map((one) => `${one.node} ${one.state} ${one.cause} ${one.probability?.toFixed(3)} ${one.reason ?? ''}`);
  return `${kind} ${drawn}: missed ${missed.join()}; accused ${accused.join()}; said ${told.join(' | ')}; links ${JSON.stringify(conclusion.links.map(({ scope, between }) => [scope, between]))}`;
}
