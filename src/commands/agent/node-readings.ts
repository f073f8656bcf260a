import type { AgentView } from '../../exporter/agent-series.js';
import { readNodeFigures } from '../../fleet/node-figures.js';
import { memoryStat } from '../../kernel/checks/memory-stat.js';
import { zombieGroups } from '../../kernel/checks/zombie-groups.js';
import { HelperNodeReader } from '../../kernel/node-reader.js';
import { readNode } from '../../kernel/read-node.js';
import { SECOND } from '../../model/time.js';
import { localTransport } from '../../transports/local/local-transport.js';

/** Cheap figures are read again after this, … */
const CHEAP_MS = 10_000;
/** … those that may make the kernel work for long only so often: reading memory.stat is what held CPUs in 2019. */
const DEAR_MS = 600_000;
const FIRST_DEAR_MS = 60_000;

/** What `rxray check` reads of a node and an agent exports. */
export class NodeReadings {
  #figures: AgentView['nodeFigures'] = {};
  #readMs = Number.NEGATIVE_INFINITY;
  #dear: { readonly node_memory_stat_read_seconds?: number; readonly node_dying_cgroups?: number } = {};
  #timer: NodeJS.Timeout;

  constructor(private readonly onCpu: (ns: number) => void) {
    this.#timer = setTimeout(() => this.#beginDear(), FIRST_DEAR_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** At most ten seconds old. */
  async figures(): Promise<AgentView['nodeFigures']> {
    if (performance.now() - this.#readMs > CHEAP_MS) {
      this.#readMs = performance.now();
      const { softnetDropped, softnetSqueezed, stealSeconds, conntrackEntries, conntrackLimit } =
        await readNodeFigures();
      this.#figures = {
        node_softnet_dropped_total: softnetDropped,
        node_softnet_squeezed_total: softnetSqueezed,
        node_steal_seconds_total: stealSeconds,
        node_conntrack_entries: conntrackEntries,
        node_conntrack_limit: conntrackLimit,
      };
    }
    return { ...this.#figures, ...this.#dear };
  }

  #beginDear(): void {
    this.#readDear().catch(() => {});
  }

  async #readDear(): Promise<void> {
    const reader = new HelperNodeReader(localTransport);
    try {
      const checks = [memoryStat, zombieGroups];
      const run = await readNode(checks, { network: reader, machine: reader }, 0, new AbortController().signal);
      const measured = Object.assign(
        {},
        ...checks.flatMap((check) => check.judge(run).map(({ measured: m }) => m ?? {})),
      );
      const { slowestNs, readNs, dying } = measured as Record<string, number | undefined>;
      const readingNs = readNs ?? slowestNs;
      this.#dear = {
        ...(readingNs === undefined ? {} : { node_memory_stat_read_seconds: readingNs / SECOND }),
        ...(dying === undefined ? {} : { node_dying_cgroups: dying }),
      };
      this.onCpu(run.cpuNs);
    } catch {
      // A node that does not tell has no such figures; the others do not depend on them.
    } finally {
      await reader.close();
      this.#timer = setTimeout(() => this.#beginDear(), DEAR_MS);
      this.#timer.unref();
    }
  }
}
