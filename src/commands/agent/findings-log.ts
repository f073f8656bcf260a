import type { AgentCulprit, EdgeFinding, InboundFinding } from '../../model/records/agent.js';

/** What `/findings` still has of the past. */
const MOST_FINDINGS = 1_000;

/** The latest findings of an agent, oldest first. */
export class FindingsLog {
  #lines: (EdgeFinding | InboundFinding | AgentCulprit)[] = [];

  add(line: EdgeFinding | InboundFinding | AgentCulprit): void {
    this.#lines.push(line);
    if (this.#lines.length > 1.25 * MOST_FINDINGS) this.#lines = this.#lines.slice(-MOST_FINDINGS);
  }

  /** @param since release, seconds since 1970 */
  since(since: number): readonly (EdgeFinding | InboundFinding | AgentCulprit)[] {
    return this.#lines.filter(({ release }) => release >= since);
  }
}
