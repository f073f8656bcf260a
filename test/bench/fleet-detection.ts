import { MS, SECOND } from '../../src/model/time.js';
import { atLeast } from '../../src/stats/binomial.js';
import { nodeName } from '../survey/sim/fleet-model.js';
import { judgeFleet } from '../survey/sim/fleet-trial.js';
import { SimulatedSource } from '../survey/sim/simulated-source.js';
import { watchNode } from '../survey/sim/watched-node.js';

/**
 * `fleet-detection.js [RUNS [SEED [QUEUES]]]`: one of eight receive queues of a node stalls for 140 ms once a minute, for
 * ten minutes. Plans, detectors, escalation and verdict are those of agents and of `fleet`; packets and clocks are
 * simulated. Says how often the node is named, how often a stall is seen beside what the binomial law predicts, and
 * whether the truth lies within what was said of its start.
 */
const [runs = 300, seed = 1, queues = 8] = process.argv.slice(2).map(Number);
const NODES = 24;
const LEAST_NAMED = 0.99;
const NEAR = 0.03;
/** Probes with one release make a stall, or two, one of which is slow by the threshold. */
const LEAST_HELD = 3;
const SLOW_NS = 100 * MS;
const STALL_NS = 140 * MS;
/** Stamps and the way to the queue put the start of a hold this far from what a sender can know of it. */
const SLACK_NS = 0.3 * MS;

const count = { named: 0, others: 0, stalls: 0, predicted: 0, byArrivals: 0, judged: 0, byAnyone: 0, strangers: 0 };
const start = { inside: 0, all: 0 };
const probes = { held: 0, predicted: 0, told: 0, toldOf: 0 };

const share = (part: number, whole: number): number => part / Math.max(1, whole);
const ms = (ns: number): string => `${(ns / MS).toFixed(2)} ms`;
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

for (let run = 0; run < runs; run += 1) {
  const trial = {
    seed: seed + run,
    nodes: NODES,
    queues,
    windowNs: 600 * SECOND,
    periodNs: 60 * SECOND,
    stallNs: STALL_NS,
  };
  const { fleet, bad, stalls, strangers } = watchNode(trial);
  const { conclusion } = await judgeFleet(new SimulatedSource(fleet));
  const named = conclusion.verdict.bad;
  if (named.includes(nodeName(bad))) count.named += 1;
  else
    console.error(
      `seed ${trial.seed}: ${nodeName(bad)} not named; ${conclusion.nodes.map(({ reason }) => reason).join()}`,
    );
  const wrong = named.filter((node) => node !== nodeName(bad));
  if (wrong.length > 0) console.error(`seed ${trial.seed}: ${wrong.join()} named beside ${nodeName(bad)}`);
  count.others += wrong.length;
  count.strangers += strangers;
  for (const { startNs, arrived, held, inbound, edges } of stalls) {
    count.stalls += 1;
    probes.held += held;
    probes.predicted += arrived / queues;
    count.predicted += shown(arrived, 1 / queues);
    if (inbound !== undefined) {
      count.byArrivals += 1;
      if (inbound.place === 'receive' || inbound.place === 'all') count.judged += 1;
      probes.told += inbound.finding.probes;
      probes.toldOf += held;
    }
    if (inbound !== undefined || edges.length > 0) count.byAnyone += 1;
    const told = [...edges, ...(inbound === undefined ? [] : [{ ...inbound.finding, by: 'arrivals' }])];
    for (const { by, startMin, startMax, probes: ofThem } of told) {
      start.all += 1;
      if (startNs >= startMin - SLACK_NS && startNs <= startMax + SLACK_NS) start.inside += 1;
      else
        console.error(
          `seed ${trial.seed}: ${by} of ${ofThem} probes: began ${ms(startNs - startMin)} after startMin, ${ms(startMax - startNs)} before startMax`,
        );
    }
  }
}

const seen = { told: share(count.byArrivals, count.stalls), predicted: share(count.predicted, count.stalls) };
const checks: readonly (readonly [boolean, string])[] = [
  [share(count.named, runs) >= LEAST_NAMED, `${count.named} of ${runs} nodes named within ten minutes`],
  [count.others === 0, `${count.others} others named`],
  [
    Math.abs(seen.told - seen.predicted) <= NEAR,
    `${count.stalls} stalls, by arrivals seen ${percent(seen.told)}; binomial ${percent(seen.predicted)}`,
  ],
  [
    Math.abs(share(probes.held, probes.predicted) - 1) <= NEAR,
    `${probes.held} probes held; binomial ${probes.predicted.toFixed(0)}`,
  ],
  [
    true,
    `of arrivals told as the receive side ${percent(share(count.judged, count.stalls))}; by anyone seen ${percent(share(count.byAnyone, count.stalls))}; held probes told of ${percent(share(probes.told, probes.toldOf))}`,
  ],
  [start.inside === start.all, `${start.inside} of ${start.all} times the start lay where it was said to`],
  [count.strangers === 0, `${count.strangers} findings of no stall`],
];
for (const [isSo, words] of checks) console.log(`${isSo ? 'ok  ' : 'FAIL'} ${words}`);
process.exitCode = checks.every(([isSo]) => isSo) ? 0 : 1;

/**
 * The chance that a stall is shown by so many probes that reach the node meanwhile, each of which is in the stalled queue
 * with this chance and has waited for any part of the stall.
 */
function shown(of: number, chance: number): number {
  const three = atLeast(LEAST_HELD, of, chance);
  const two = atLeast(LEAST_HELD - 1, of, chance) - three;
  return three + two * (1 - (SLOW_NS / STALL_NS) ** 2);
}
