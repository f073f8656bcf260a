import type { InstantValue, Labels } from './prometheus-api.js';

/** Which node a series speaks for, and under which targets the agents of a node are scraped. */
export class AgentNames {
  readonly #nodeOf = new Map<string, string>();
  readonly #instancesOf = new Map<string, Set<string>>();

  /** @param infos series of `agent_info`; a label of the scrape that clashes with its own leaves that as `exported_node` */
  constructor(infos: readonly InstantValue[]) {
    for (const { labels } of infos) {
      const node = labels.exported_node ?? labels.node;
      const { instance } = labels;
      if (node === undefined || instance === undefined) continue;
      this.#nodeOf.set(instance, node);
      this.#instancesOf.set(node, (this.#instancesOf.get(node) ?? new Set()).add(instance));
    }
  }

  /** undefined for a target that tells no name of its own, as an agent that is gone. */
  nodeOf({ instance = '', node }: Labels): string | undefined {
    return this.#nodeOf.get(instance) ?? (node === '' ? undefined : node);
  }

  instancesOf(nodes: readonly string[]): string[] {
    return nodes.flatMap((node) => [...(this.#instancesOf.get(node) ?? [])]);
  }
}
