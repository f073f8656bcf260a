import { setTimeout as sleep } from 'node:timers/promises';
import type { LabAgent } from '../e2e/agent-lab.js';
import { CPU, groupsMissing, QuotaGroup } from '../e2e/control-groups.js';
import { FleetLab } from '../e2e/fleet-lab.js';
import { accusations } from '../e2e/kill-rounds.js';
import { startBusyLoops } from './busy-loops.js';

/**
 * `agent-quiet.js [SECONDS [NODES [PHASE…]]]`: agents with a real Prometheus and Alertmanager while nothing is wrong with
 * any node: idle, with all CPUs busy, under a CPU quota, stopped and continued, and while members come and go. Nothing
 * in this network waits for a CPU but agents themselves, so nobody may be accused, and no alert may fire but those on the
 * watch itself. Needs root.
 */
const [seconds = '240', nodes = '8', ...asked] = process.argv.slice(2);
const lab = new FleetLab('rxqt', Number(nodes), { queues: 0 });
const lengthMs = Number(seconds) * 1000;

/** Alerts on the watch itself. */
const OWN_ALERTS = ['RxrayAgentSilent', 'RxrayAgentBlind', 'RxrayAgentThrottled', 'RxrayNodeUnwatched'];
const QUOTA_MILLICORES = 200;
const CHURN_EVERY_MS = 2_000;

const PHASES: Readonly<Record<string, () => Promise<void>>> = {
  idle: () => sleep(lengthMs),
  busy: async () => {
    const loops = startBusyLoops(lengthMs / 1000);
    await sleep(lengthMs);
    await loops.stop();
  },
  quota: async () => {
    const missing = groupsMissing(CPU);
    if (missing !== false) return console.log(`not tried: ${missing}`);
    const groups = lab.agents.slice(0, 2).map((agent) => {
      const pids = lab.processes(agent).map(({ pid }) => pid);
      return new QuotaGroup(`rxray-quiet-${process.pid}-${agent.node}`, QUOTA_MILLICORES, pids);
    });
    await sleep(lengthMs);
    for (const group of groups) group.end();
  },
  stopped: async () => {
    const end = performance.now() + lengthMs;
    for (let round = 0; performance.now() < end; round += 1) {
      const agent = lab.agents[round % lab.agents.length] as LabAgent;
      const pids = lab.processes(agent).map(({ pid }) => pid);
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      await sleep(300 + 400 * (round % 8));
      for (const pid of pids) process.kill(pid, 'SIGCONT');
      await sleep(3_000);
    }
  },
  churn: async () => {
    const all = lab.network.nodes;
    const end = performance.now() + lengthMs;
    for (let round = 0; performance.now() < end; round += 1) {
      lab.setMembers(round % 2 === 0 ? all.filter((_, i) => i !== (round / 2) % all.length) : all);
      await sleep(CHURN_EVERY_MS);
    }
    lab.setMembers(all);
  },
};

const problems: string[] = [];
try {
  lab.up();
  await lab.startAll();
  await lab.watch();
  await sleep(15_000);
  for (const name of asked.length === 0 ? Object.keys(PHASES) : asked) {
    const before = (await accusations(lab)).length;
    await PHASES[name]?.();
    await sleep(4_000);
    const accused = (await accusations(lab)).slice(before);
    const alerts = [...new Set((await lab.alerts()).map(({ labels }) => labels.alertname ?? ''))];
    const { verdict } = await lab.fleet(...lab.byAgents, '--window', '2m');
    const wrong = alerts.filter((alert) => !OWN_ALERTS.includes(alert));
    console.log(
      `${name}, ${seconds} s: stalls that accuse ${accused.length}; alerts ${alerts.join(', ') || 'none'}; ${verdict.cause}`,
    );
    for (const words of accused) console.log(`  ${words}`);
    if (accused.length > 0 || wrong.length > 0 || verdict.bad.length > 0) problems.push(name);
  }
} finally {
  await lab.down();
}
process.exitCode = problems.length === 0 ? 0 : 1;
