import type { Finding } from '../../model/finding.js';
import type { Outage } from '../../model/outage.js';
import type { Incident } from '../../model/verdict.js';
import type { CulpritWords } from '../dashboard-feed.js';

/** Entries remembered; the oldest go first. */
const KEPT = 500;

export type LogEntry =
  | { readonly kind: 'finding'; readonly atNs: number; readonly finding: Finding }
  | { readonly kind: 'outage'; readonly atNs: number; readonly outage: Outage }
  /** Findings that overlap in time, which it replaces; the path is the first that was hit. */
  | { readonly kind: 'incident'; readonly atNs: number; readonly incident: Incident; readonly findings: Finding[] }
  | { readonly kind: 'culprit'; readonly atNs: number; readonly culprit: CulpritWords }
  | { readonly kind: 'message'; readonly atNs: number; readonly text: string };

/** What happened, in the order in which it was told. */
export class IncidentLog {
  #entries: LogEntry[] = [];
  /** Entries ever added, so that a view can tell whether anything changed. */
  #added = 0;

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  get added(): number {
    return this.#added;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#added += 1;
    if (this.#entries.length > KEPT) this.#entries.splice(0, this.#entries.length - KEPT);
  }

  /** One incident stands for the findings it is made of. */
  addIncident(incident: Incident): void {
    const findings: Finding[] = [];
    this.#entries = this.#entries.filter((entry) => {
      if (entry.kind !== 'finding' || !belongs(entry.finding, incident)) return true;
      findings.push(entry.finding);
      return false;
    });
    this.add({ kind: 'incident', atNs: incident.release, incident, findings });
  }

  clear(): void {
    this.#entries = [];
  }
}

function belongs(finding: Finding, incident: Incident): boolean {
  return (
    !finding.selfInflicted &&
    incident.paths.includes(finding.path) &&
    finding.startMin <= incident.release &&
    finding.release >= incident.startMin
  );
}
