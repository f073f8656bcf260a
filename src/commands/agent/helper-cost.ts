import { readFileSync } from 'node:fs';
import type { Counters } from '../../model/engine-event.js';
import { AGENT_PROCESSES, type AgentProcess } from '../../model/fleet/metrics-table.js';
import { SECOND } from '../../model/time.js';

export interface ProcessCost {
  readonly process: AgentProcess;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly restarts: number;
}

type Used = Pick<Counters, 'cpuUserNs' | 'cpuSystemNs' | 'residentBytes'>;

interface Cost {
  /** Of runs that are over. */
  pastNs: number;
  presentNs: number;
  residentBytes: number;
  restarts: number;
}

/** What an agent's processes cost, by their own counters, added up over restarts. */
export class HelperCosts {
  readonly #costs = new Map<AgentProcess, Cost>();

  counters(process: AgentProcess, { cpuUserNs, cpuSystemNs, residentBytes }: Used): void {
    const cost = this.#of(process);
    const ns = cpuUserNs + cpuSystemNs;
    if (ns < cost.presentNs) cost.pastNs += cost.presentNs;
    cost.presentNs = ns;
    cost.residentBytes = residentBytes;
  }

  /** One that ran for a moment and is over. */
  ran(process: AgentProcess, cpuNs: number): void {
    this.#of(process).pastNs += cpuNs;
  }

  ended(process: AgentProcess): void {
    const cost = this.#of(process);
    cost.pastNs += cost.presentNs;
    cost.presentNs = 0;
    cost.residentBytes = 0;
  }

  restarted(process: AgentProcess): void {
    this.ended(process);
    this.#of(process).restarts += 1;
  }

  get all(): ProcessCost[] {
    const { user, system } = process.cpuUsage();
    const own = { cpuSeconds: (user + system) / 1e6, residentBytes: residentNow(), restarts: 0 };
    return AGENT_PROCESSES.map((name) => {
      if (name === 'agent') return { process: name, ...own };
      const { pastNs, presentNs, residentBytes, restarts } = this.#of(name);
      return { process: name, cpuSeconds: (pastNs + presentNs) / SECOND, residentBytes, restarts };
    });
  }

  #of(process: AgentProcess): Cost {
    const known = this.#costs.get(process);
    if (known !== undefined) return known;
    const cost = { pastNs: 0, presentNs: 0, residentBytes: 0, restarts: 0 };
    this.#costs.set(process, cost);
    return cost;
  }
}

/** As `process.memoryUsage` says it, at a tenth of the cost. */
function residentNow(): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
