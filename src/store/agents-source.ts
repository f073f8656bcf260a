import type { Culprit } from '../model/culprit.js';
import { CodedError } from '../model/errors.js';
import type {
  EdgeSighting,
  EdgeSpike,
  FleetMember,
  FleetScreen,
  FleetSource,
  InboundSighting,
  PathCounts,
  SuspectEvidence,
  TracedNode,
  WatchedPath,
} from '../model/fleet/fleet-evidence.js';
import { SECOND } from '../model/time.js';
import { type AgentAnswer, readAgentAnswer } from './agent-answer.js';
import { call, placeOf, refused } from './http-client.js';
import type { HttpAccess } from './http-config.js';

export interface AgentsOptions {
  readonly urls: readonly URL[];
  readonly access: HttpAccess;
  readonly timeoutMs: number;
  readonly windowNs: number;
  readonly stop?: AbortSignal;
}

/** Agents asked at the same time. */
const AT_ONCE = 16;
/** A clock that is less sure than this, half of the time on the way, is asked for again, and so often in all. */
const SURE_MS = 50;
const MOST_ASKED = 4;
const MOST_TOLD = 5;

/** A fleet as its agents themselves tell it, where no store scrapes them. */
export class AgentsSource implements FleetSource {
  #answers: readonly AgentAnswer[] = [];
  #nowS = 0;
  #asked = 0;
  readonly #notes: string[] = [];

  constructor(private readonly options: AgentsOptions) {}

  get epochNs(): bigint {
    return BigInt(Math.round((this.#nowS - this.options.windowNs / SECOND) * 1000)) * 1_000_000n;
  }

  get asked(): number {
    return this.#asked;
  }

  /** What limits the worth of the answers. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** @throws CodedError that of the first agent, where none answered */
  async screen(): Promise<FleetScreen> {
    const { windowNs } = this.options;
    this.#answers = await this.#ask();
    this.#nowS = Date.now() / 1000;
    const heard = new Map(this.#answers.map((answer) => [answer.agent.node, memberOf(answer)]));
    const units = new Map(
      this.#answers.flatMap(({ edges }) =>
        edges.map(({ from, to, kind }) => [`${from}\0${to}\0${kind}`, { from, to, kind }] as const),
      ),
    );
    const silent = new Set([...units.values()].map(({ to }) => to).filter((node) => !heard.has(node)));
    return {
      windowNs,
      members: [...heard.values(), ...[...silent].map((node): FleetMember => ({ node, agent: { state: 'silent' } }))],
      units: [...units.values()],
      counts: this.#answers.flatMap((answer) => this.#counts(answer)),
      inbound: this.#answers.map((answer) => ({ node: answer.agent.node, stalls: this.#arrivals(answer).length })),
    };
  }

  suspects(nodes: readonly string[]): Promise<SuspectEvidence> {
    const wanted = new Set(nodes);
    const touches = ({ from, to }: { readonly from: string; readonly to: string }): boolean =>
      wanted.has(from) || wanted.has(to);
    return Promise.resolve({
      from: 'findings',
      paths: this.#answers.flatMap((answer) => this.#paths(answer).filter(touches)),
      edges: this.#answers.flatMap((answer) => this.#sightings(answer).filter(touches)),
      inbound: this.#answers.flatMap((answer) => (wanted.has(answer.agent.node) ? this.#arrivals(answer) : [])),
      spikes: this.#answers.flatMap((answer) => this.#spikes(answer).filter(({ to }) => wanted.has(to))),
      traced: this.#answers.flatMap((answer) => (wanted.has(answer.agent.node) ? this.#traced(answer) : [])),
      asked: this.#answers.map(({ agent }) => agent.node),
    });
  }

  /** Agents keep what they found for a while: as far back as that goes. */
  since(nodes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const first = new Map<string, number>();
    for (const answer of this.#answers) {
      for (const { from, to, release, finding } of answer.findings) {
        if (finding.kind !== 'stall' || finding.selfInflicted) continue;
        const releaseNs = this.#instant(release, answer);
        if (releaseNs >= 0) continue;
        for (const node of [from, to]) {
          if (nodes.includes(node)) first.set(node, Math.min(first.get(node) ?? 0, releaseNs));
        }
      }
    }
    return Promise.resolve(first);
  }

  async #ask(): Promise<AgentAnswer[]> {
    const { urls } = this.options;
    const open = [...urls];
    const answers: AgentAnswer[] = [];
    const failures: CodedError[] = [];
    const worker = async (): Promise<void> => {
      for (let url = open.shift(); url !== undefined; url = open.shift()) {
        try {
          answers.push(await this.#askOne(url));
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, urls.length) }, worker));
    this.#asked = urls.length;
    if (answers.length === 0 && failures[0] !== undefined) throw failures[0];
    for (const { message } of failures.slice(0, MOST_TOLD)) this.#notes.push(message);
    if (failures.length > MOST_TOLD) this.#notes.push(`${failures.length - MOST_TOLD} agents more did not answer`);
    const unread = answers.reduce((sum, one) => sum + one.unread, 0);
    if (unread > 0) this.#notes.push(`${unread} lines of agents could not be read: are they newer than this program?`);
    return answers;
  }

  /**
   * Its clock was read at some instant while question and answer were on their way. Where that took so long that the clock is
   * unsure by more than the clocks of agents may differ, it is asked again: the answer that came soonest holds.
   */
  async #askOne(url: URL): Promise<AgentAnswer> {
    const untilMs = performance.now() + this.options.timeoutMs;
    let best = await this.#askOnce(url, this.options.timeoutMs);
    for (let asked = 1; best.onWayMs > 2 * SURE_MS && asked < MOST_ASKED; asked += 1) {
      const leftMs = Math.floor(untilMs - performance.now());
      if (leftMs < best.onWayMs) break;
      const again = await this.#askOnce(url, leftMs).catch(() => undefined);
      if (again !== undefined && again.onWayMs < best.onWayMs) best = again;
    }
    return best.answer;
  }

  async #askOnce(url: URL, timeoutMs: number): Promise<{ readonly answer: AgentAnswer; readonly onWayMs: number }> {
    const { access, stop } = this.options;
    const place = new URL(`${url.pathname.replace(/\/$/, '')}/findings`, url);
    const answer = await call({ url: place, access, timeoutMs, ...(stop === undefined ? {} : { stop }) });
    const receivedS = (performance.timeOrigin + answer.answeredAtMs) / 1000;
    if (answer.status !== 200) throw refused(place, answer, 'an agent of rxray');
    const read = readAgentAnswer(answer, receivedS);
    if (read !== undefined) return { answer: read, onWayMs: answer.waitedMs - answer.heldMs };
    throw new CodedError(
      'E_NOT_THERE',
      `${placeOf(place)} is no agent of rxray`,
      'check address and port (9469 by default)',
    );
  }

  #counts(answer: AgentAnswer): PathCounts[] {
    const stalls = this.#sightings(answer).flatMap(({ from, to, hit }) =>
      hit.map(({ kind, protocol }) => ({ from, to, kind, protocol, stalls: 1, lost: 0 })),
    );
    const losses = answer.findings.flatMap(({ from, to, hit, release, finding }) =>
      finding.kind === 'loss-episode' && !finding.selfInflicted && this.#instant(release, answer) >= 0
        ? hit.map(({ kind, protocol, flows }) => ({
            from,
            to,
            kind,
            protocol,
            stalls: 0,
            lost: Math.max(1, flows.length),
          }))
        : [],
    );
    return [...stalls, ...losses];
  }

  #sightings(answer: AgentAnswer): EdgeSighting[] {
    return answer.findings.flatMap(({ from, to, release, durationNs, hit, exposed, finding }) => {
      const releaseNs = this.#instant(release, answer);
      if (finding.kind !== 'stall' || finding.selfInflicted || releaseNs < 0) return [];
      return [{ from, to, releaseNs, durationNs, hit, exposed }];
    });
  }

  #spikes(answer: AgentAnswer): EdgeSpike[] {
    return answer.findings.flatMap(({ from, to, release, finding }) => {
      const releaseNs = this.#instant(release, answer);
      return finding.kind === 'rtt-spike' && !finding.selfInflicted && releaseNs >= 0 ? [{ from, to, releaseNs }] : [];
    });
  }

  #arrivals(answer: AgentAnswer): InboundSighting[] {
    return answer.inbound.flatMap(({ node, place, release, durationNs, held, passed, selfInflicted }) => {
      const releaseNs = this.#instant(release, answer);
      if (selfInflicted || releaseNs < 0 || (place !== 'receive' && place !== 'all')) return [];
      const flows = (all: typeof held): number => all.reduce((sum, one) => sum + one.flows, 0);
      return [{ node, releaseNs, durationNs, flowsHeld: flows(held), flowsExposed: flows(held) + flows(passed) }];
    });
  }

  #traced(answer: AgentAnswer): TracedNode[] {
    const { node, traced } = answer.agent;
    if (traced === undefined) return [];
    const culprits = answer.culprits.flatMap(({ release, culprit }) => {
      const releaseNs = this.#instant(release, answer);
      return releaseNs < 0 ? [] : [shiftedTo(culprit, releaseNs)];
    });
    const { since, minNs, lostEvents } = traced;
    return [{ node, culprits, minNs, lostEvents, tracedFromNs: this.#instant(since, answer) }];
  }

  #paths(answer: AgentAnswer): WatchedPath[] {
    return answer.edges.map(({ from, to, kind, protocol, since, intervalNs }) => ({
      from,
      to,
      kind,
      protocol,
      sinceNs: this.#instant(since, answer),
      probesPerSecond: SECOND / intervalNs,
    }));
  }

  /** Nanoseconds since the beginning of the window, on the clock of this machine. */
  #instant(unixS: number, { clockAheadS }: AgentAnswer): number {
    return Math.round((unixS - clockAheadS - this.#nowS) * SECOND) + this.options.windowNs;
  }
}

/** On another time line, on which it ended then. */
function shiftedTo(culprit: Culprit, releaseNs: number): Culprit {
  const shiftNs = releaseNs - culprit.release;
  return {
    ...culprit,
    start: culprit.start + shiftNs,
    release: releaseNs,
    heldStart: culprit.heldStart + shiftNs,
    queuedOn: culprit.queuedOn.map((place) => ({ ...place, start: place.start + shiftNs })),
  };
}

function memberOf({ agent }: AgentAnswer): FleetMember {
  return {
    node: agent.node,
    zone: agent.zone,
    overlay: agent.overlay,
    agent: agent.throttled
      ? { state: 'blind', because: 'its CPU quota stopped it in the last minute' }
      : { state: 'watching' },
  };
}
