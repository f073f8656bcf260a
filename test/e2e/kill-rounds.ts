import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentLab, LabAgent } from './agent-lab.js';

/** One process of one agent that was ended, and what came of it. */
export interface KillRound {
  readonly node: string;
  /** Name of the process, as /proc has it. */
  readonly process: string;
  readonly signal: NodeJS.Signals;
  /** Until another one of the name was there, and the agent answered; undefined where that took too long. */
  readonly backMs: number | undefined;
  /** Where it took longer: that its agent had said when it would try again. */
  readonly saidWhy: boolean;
  /** Processes that outlived an agent that was ended. */
  readonly left: readonly string[];
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGABRT', 'SIGINT', 'SIGHUP'];
const BACK_MS = 5_000;
const GONE_MS = 5_000;

/**
 * Ends a process of an agent, chosen by `word`: one of its helpers, or the agent itself, which is then started again as a
 * service manager would. SIGHUP ends no agent: it reads its configuration again.
 */
export async function killOne(lab: AgentLab, word: number): Promise<KillRound> {
  const agent = lab.agents[word % lab.agents.length] as LabAgent;
  const all = lab.processes(agent);
  const victim = all[Math.floor(word / 7) % all.length];
  const signal = SIGNALS[Math.floor(word / 61) % SIGNALS.length] as NodeJS.Signals;
  if (victim === undefined) throw new Error(`${agent.node} has no process`);
  const same = (): number[] => lab.processes(agent).flatMap(({ pid, name }) => (name === victim.name ? [pid] : []));
  const before = same();
  const told = agent.log.length;
  const began = performance.now();
  process.kill(victim.pid, signal);
  const about = { node: agent.node, process: victim.name, signal };
  const isAgent = victim.pid === agentPid(agent);
  let left: readonly string[] = [];
  if (isAgent && signal !== 'SIGHUP') {
    await gone(() => !same().includes(victim.pid));
    await gone(() => lab.processes(agent).length === 0);
    left = lab.processes(agent).map(({ name }) => name);
    await lab.end(agent);
    lab.start(agent);
  }
  const restarted = performance.now();
  for (;;) {
    const isBack =
      isAgent && signal === 'SIGHUP'
        ? same().length >= before.length
        : same().filter((pid) => pid !== victim.pid).length >= before.length;
    if (isBack && (await lab.get(agent, '/readyz')).startsWith('ready')) {
      return { ...about, backMs: performance.now() - (isAgent ? restarted : began), saidWhy: true, left };
    }
    if (performance.now() - restarted > BACK_MS) break;
    await sleep(100);
  }
  return { ...about, backMs: undefined, saidWhy: /is started again in/.test(agent.log.slice(told)), left };
}

/** What agents accuse somebody of that nothing of their own explains: of nothing, as long as only processes end. */
export async function accusations(lab: AgentLab): Promise<string[]> {
  const lines = await Promise.all(lab.agents.map((agent) => lab.findings(agent)));
  return lines.flat().flatMap((line) => {
    if (line.type === 'edge-finding' && line.finding.kind === 'stall' && !line.finding.selfInflicted)
      return `${line.from} saw a stall of ${(line.durationNs / 1e6).toFixed(0)} ms on the way to ${line.to}, ${line.probes} probes`;
    if (line.type === 'inbound-finding' && line.place !== 'unclear' && !line.selfInflicted)
      return `${line.node} saw a stall of ${(line.durationNs / 1e6).toFixed(0)} ms of what arrives (${line.place}), ${line.probes} probes`;
    return [];
  });
}

/** `ip netns exec` becomes what it runs. */
function agentPid(agent: LabAgent): number | undefined {
  return agent.process?.pid;
}

async function gone(isSo: () => boolean): Promise<void> {
  const end = performance.now() + GONE_MS;
  while (!isSo() && performance.now() < end) await sleep(50);
}
