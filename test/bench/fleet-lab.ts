import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { STORE_KINDS } from '../e2e/alerting-store.js';
import { FleetLab } from '../e2e/fleet-lab.js';
import type { NodeFault } from '../e2e/node-faults.js';

/**
 * `fleet-lab.js [--store KIND] [NODES [SITUATION…]]`: agents in namespaces with a real store (Prometheus, or
 * VictoriaMetrics with its vmalert) and Alertmanager; a node is made bad, and it is measured how long it takes until the
 * alert for it, and what `fleet` and `why` say then, by the store and by the agents themselves.
 */
interface Situation {
  readonly bad: readonly (readonly [node: string, fault: NodeFault])[];
  /** Packets between the first nodes, so many, and the others are held on the router. */
  readonly parted?: number;
}

const one = (fault: NodeFault): Situation => ({ bad: [['node-3', fault]] });
const SITUATIONS: Readonly<Record<string, Situation>> = {
  'rx-queue': one('rx-queue'),
  starved: one('starved'),
  host: one('host'),
  nat: one('nat'),
  overlay: one('overlay'),
  sender: one('sender'),
  two: {
    bad: [
      ['node-3', 'host'],
      ['node-6', 'nat'],
    ],
  },
  link: { bad: [], parted: 3 },
  none: { bad: [] },
};

const PERIOD_MS = 5_000;
/** An alert comes after a minute and more; by then what was before is out of the window. */
const APART_MS = 60_000;
const HEADING_ROWS = 2;
/** Faults of two machines keep no time with each other. */
const LATER_MS = 1_300;
/** NodePorts have a fifth of the probes of an edge: of 140 ms none is held more than once. */
const LENGTH_MS: { readonly [fault in NodeFault]?: number } = { nat: 500 };
/** So long after the beginning no alert is awaited any more. */
const MOST_MS = 180_000;
/** With nobody to be accused it is waited so long. */
const QUIET_MS = 110_000;
/** Usual round-trip times are known by then, and rates of the store have begun. */
const SETTLE_MS = 10_000;
/** The shortest window that `fleet` takes. */
const LEAST_WINDOW_S = 120;

const { values, positionals } = parseArgs({
  options: { store: { type: 'string', default: 'prometheus' } },
  allowPositionals: true,
});
const [nodes = '8', ...asked] = positionals;
const store = STORE_KINDS.find((kind) => kind === values.store);
if (store === undefined) throw new Error(`no store ${values.store}: ${STORE_KINDS.join(', ')}`);
const names = asked.length === 0 ? Object.keys(SITUATIONS) : asked;
const lab = new FleetLab('rxfl', Number(nodes), { traced: ['node-3'], store });
const rows = [
  '| situation | alert after | alerts | fleet, by the store | by the agents | why |',
  '|---|---|---|---|---|---|',
];

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: string }> {
  const began = performance.now();
  const result = await work();
  return { result, seconds: ((performance.now() - began) / 1000).toFixed(1) };
}

async function look(name: string, { bad, parted }: Situation): Promise<void> {
  await lab.watch();
  await sleep(SETTLE_MS);
  const began = performance.now();
  for (const [i, [node, fault]] of bad.entries()) {
    lab.faults.begin(node, fault, { periodMs: PERIOD_MS + i * LATER_MS, lengthMs: LENGTH_MS[fault] ?? 140 });
  }
  if (parted !== undefined) lab.faults.beginOnRouter({ periodMs: PERIOD_MS }, ...lab.between(parted));
  let accused: string[] = [];
  const mostMs = bad.length === 0 ? QUIET_MS : MOST_MS;
  while (accused.length < Math.max(1, bad.length) && performance.now() - began < mostMs) {
    await sleep(2_000);
    accused = await lab.accused();
  }
  const afterS = (performance.now() - began) / 1000;
  const windowS = Math.max(LEAST_WINDOW_S, Math.ceil(afterS));
  const others = (await lab.alerts()).flatMap(({ labels }) =>
    labels.alertname === 'RxrayNodeBad' ? [] : labels.alertname,
  );
  const byStore = await timed(() => lab.fleet(...lab.byStore, '--window', `${windowS}s`));
  const byAgents = await timed(() => lab.fleet(...lab.byAgents, '--window', `${windowS}s`));
  const [first] = bad;
  const why =
    first === undefined
      ? undefined
      : await timed(() => lab.rxray('why', first[0], ...lab.byAgents, '--window', `${windowS}s`));
  rows.push(
    `| ${name} | ${accused.length === 0 ? 'never' : `${afterS.toFixed(0)} s`} | ${[...accused, ...others].join(', ')} | ${told(byStore.result)} (${byStore.seconds} s) | ${told(byAgents.result)} (${byAgents.seconds} s) | ${why === undefined ? '' : `${why.seconds} s`} |`,
  );
  console.error(rows.at(-1));
  console.error((await lab.rxray('fleet', ...lab.byStore, '--window', `${windowS}s`)).text);
  if (why !== undefined) console.error(why.result.text);
  await lab.faults.end();
  await lab.unwatch();
}

function told({ verdict, nodes: all, links }: Awaited<ReturnType<FleetLab['fleet']>>): string {
  const said = all.map(
    ({ node, state, cause, probability }) => `${node} ${state} ${cause ?? ''} ${probability?.toFixed(3) ?? ''}`,
  );
  return [verdict.cause, ...said, ...links.map(({ scope }) => `link between ${scope}`)].join('; ');
}

try {
  lab.up();
  await lab.startAll();
  for (const name of names) {
    const situation = SITUATIONS[name];
    if (situation === undefined) throw new Error(`no situation ${name}: ${Object.keys(SITUATIONS).join(', ')}`);
    if (rows.length > HEADING_ROWS) await sleep(APART_MS);
    await look(name, situation);
  }
  for (const agent of lab.agents) if (agent.log.includes('warning')) console.error(agent.node, agent.log.slice(-1500));
} finally {
  await lab.down();
}
console.log(rows.join('\n'));
