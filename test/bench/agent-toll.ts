import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { nativePath } from '../../src/lab/command.js';
import { AgentLab, type LabAgent } from '../e2e/agent-lab.js';
import { median, quantile } from './quantile.js';

/**
 * `agent-toll.js [ROUNDS]`: what packets of others cost on a node with an agent, beside one without, both behind the same
 * router, a few milliseconds each in turn; 200 rounds take about a minute. Needs root.
 */
const [rounds = 200] = process.argv.slice(2).map(Number);
const NEIGHBOURS = 10;
const AGENTS = 3;
const PACKETS = 640;
const MOST_SHARE = 0.03;
const WAYS = { udpReceived: 'UDP received', udpSent: 'UDP sent', tcpReceived: 'TCP received' } as const;

type Way = keyof typeof WAYS;
/** ns a packet: on the node with the agent, and on the one without. */
type Round = Readonly<Record<Way, readonly [number, number]>> & { readonly stamps: boolean };

async function measure(lab: AgentLab, nodes: readonly [string, string]): Promise<Round[]> {
  const places = nodes.map((node) => `${lab.network.namespace(node)}=${lab.address(node)}`);
  const words = [
    '-c',
    '1',
    nativePath('rxray-lab-toll'),
    lab.network.router,
    String(rounds),
    String(PACKETS),
    ...places,
  ];
  const child = spawn('taskset', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const all: Round[] = [];
  for await (const line of createInterface(child.stdout)) all.push(JSON.parse(line) as Round);
  // The first find empty caches.
  if (all.length !== rounds) throw new Error(`${all.length} of ${rounds} rounds were measured`);
  return all.slice(4);
}

function quartiles(values: readonly number[]): string {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): string => quantile(sorted, share).toFixed(0);
  return `${at(0.5)} (${at(0.25)} to ${at(0.75)})`;
}

function tell(title: string, all: readonly Round[]): number[] {
  console.log(`${title}; ns of CPU time a packet, median and quartiles`);
  console.log('| | without | with | more | share |\n|---|---|---|---|---|');
  return (Object.keys(WAYS) as Way[]).map((way) => {
    const less = all.map((round) => round[way][1]);
    const more = all.map((round) => round[way][0] - round[way][1]);
    const share = median(more) / median(less);
    const cells = [less, all.map((round) => round[way][0]), more].map(quartiles).join(' | ');
    console.log(`| ${WAYS[way]} | ${cells} | ${(share * 100).toFixed(1)} % |`);
    return share;
  });
}

/** Of rounds with and without a socket that asks for stamps, one after the other. */
function stampCost(all: readonly Round[], way: Way): number[] {
  return all.flatMap((round, i) => {
    const before = all[i - 1];
    return round.stamps && before?.stamps === false ? [round[way][1] - before[way][1]] : [];
  });
}

const lab = new AgentLab('rxto', NEIGHBOURS + 2);
let shares: number[] = [];
try {
  lab.up();
  const [agent] = lab.agents as [LabAgent];
  const [first, last] = [agent.node, lab.network.nodes.at(-1)] as [string, string];
  const without = await measure(lab, [first, last]);
  // Few, as all share this machine: the kernels of other nodes answer all the same.
  lab.setMembers(lab.network.nodes.slice(0, -1));
  for (const started of lab.agents.slice(0, AGENTS)) lab.start(started);
  await lab.until(async () => (await lab.get(agent, '/readyz')).startsWith('ready'), 60_000);
  await sleep(30_000);
  const withAgent = await measure(lab, [first, last]);
  tell('no agent anywhere: two nodes alike', without);
  for (const way of Object.keys(WAYS) as Way[])
    console.log(`${WAYS[way]}: time stamps for anybody on the machine ${quartiles(stampCost(without, way))} ns`);
  shares = tell('a node without an agent and one with', withAgent);
} finally {
  await lab.down();
}
const most = Math.max(...shares);
console.log(`${most <= MOST_SHARE ? 'ok  ' : 'FAIL'} ${(most * 100).toFixed(1)} % at most (asked for 3 %)`);
process.exitCode = most <= MOST_SHARE ? 0 : 1;
