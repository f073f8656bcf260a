import { setTimeout as sleep } from 'node:timers/promises';
import { AgentLab } from '../e2e/agent-lab.js';
import { accusations, type KillRound, killOne } from '../e2e/kill-rounds.js';

/**
 * `agent-kills.js [ROUNDS [SEED]]`: ends a process of an agent again and again, each time another one by another signal,
 * and looks when it is back, what is left running, and whether anybody is accused of it. 200 rounds take about 12
 * minutes. Needs root.
 */
const [rounds = 200, seed = 1] = process.argv.slice(2).map(Number);
const STEP = 104_729;

const lab = new AgentLab('rxkb', 4, { configOf: (node) => (node === 'node-2' ? 'tier: trace\n' : '') });
const all: KillRound[] = [];
let accused: string[] = [];
let left: string[] = [];
try {
  lab.up();
  await lab.startAll();
  await sleep(6_000);
  for (let round = 0; round < rounds; round += 1) {
    const killed = await killOne(lab, (seed + round) * STEP);
    all.push(killed);
    if (killed.backMs === undefined || killed.left.length > 0) console.error(JSON.stringify(killed));
    await sleep(500);
  }
  await sleep(3_000);
  accused = await accusations(lab);
  await Promise.all(lab.agents.map((agent) => lab.end(agent)));
  left = lab.agents.flatMap((agent) => lab.processes(agent).map(({ name }) => name));
} finally {
  await lab.down();
}
const names = [...new Set(all.map(({ process: name }) => name))].sort();
console.log('| process | ended | back within 5 s | said why not | longest |\n|---|---|---|---|---|');
for (const name of names) {
  const own = all.filter(({ process: one }) => one === name);
  const back = own.flatMap(({ backMs }) => backMs ?? []);
  const said = own.filter(({ backMs, saidWhy }) => backMs === undefined && saidWhy).length;
  console.log(`| ${name} | ${own.length} | ${back.length} | ${said} | ${(Math.max(0, ...back) / 1000).toFixed(1)} s |`);
}
const outlived = all.flatMap((round) => round.left);
console.log(
  `left running by ended agents: ${outlived.length}; at the end: ${left.length}; accusations: ${accused.length}`,
);
for (const words of accused) console.log(words);
const silent = all.filter(({ backMs, saidWhy }) => backMs === undefined && !saidWhy).length;
process.exitCode = silent + outlived.length + left.length + accused.length === 0 ? 0 : 1;
