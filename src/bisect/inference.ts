import type { Finding } from '../model/finding.js';
import type { MeasuredPath } from '../model/measured-path.js';
import { Outcomes, type SampleColumns } from '../model/sample.js';
import type { Summary } from '../model/summary.js';
import { MS, SECOND } from '../model/time.js';
import type { Incident, Verdict } from '../model/verdict.js';
import { type FlowGroups, groupFlows } from '../stats/flow-groups.js';
import { asTheyAre, branchingPaths } from './causes/branching.js';
import type { Hypothesis } from './causes/hypothesis.js';
import type { PlannedTarget, PlannedVantage, Scene } from './causes/scene.js';
import { CountedIncidents } from './evidence/counted-incidents.js';
import { queueNotes, sightingsAt } from './evidence/flow-sightings.js';
import { type FindingGroup, IncidentGroups } from './evidence/incident-groups.js';
import { IncidentStore, MOST_INCIDENTS } from './evidence/incident-store.js';
import type { LocalEvidence, TraceCoverage } from './evidence/local-evidence.js';
import type { MachineAccount } from './evidence/machine-account.js';
import { type MisdescribedPath, misdescribedPaths } from './evidence/misdescribed-paths.js';
import type { Observation } from './evidence/observation.js';
import { observeIncident } from './evidence/observe-incident.js';
import { NO_PROFILES, waysMayDiffer } from './evidence/parted-flows.js';
import { type FlowProfiles, PathLog } from './paths/path-log.js';
import type { Receiver } from './paths/queue-prediction.js';
import { machineOfVantage, topologyOf } from './paths/topology.js';
import { type Case, makeCase } from './weigh/case.js';
import { judgeCase } from './weigh/judge-case.js';
import { type Judgement, unlessFailing } from './weigh/judgement.js';
import { hypothesesOf, type Posterior, posteriorOf } from './weigh/posterior.js';
import { isStale, mayBeOld, type Weighed } from './weigh/staleness.js';
import { type Settlement, StoppingRule } from './weigh/stopping.js';
import { failedRequests } from './words/failed-requests.js';
import { incidentOf } from './words/incident-cause.js';
import { accountText } from './words/machine-account-words.js';
import { makeVerdict } from './words/make-verdict.js';
import { misdescribedNotes } from './words/misdescribed-words.js';
import { slowAsARule } from './words/slow-as-a-rule.js';

/** Clocks of different vantages are aligned to a few milliseconds where nothing better is said. */
const DEFAULT_CLOCK_NS = 2 * MS;
/** Findings come with the delay of a transport; a pause further back blinds none of them. */
const BLIND_REMEMBERED_NS = 60 * SECOND;

export interface InferenceOptions {
  readonly thresholdNs: number;
  /** Uncertainty of the clock of each vantage against the common time line; widens the windows of overlap. */
  readonly clockUncertaintyNs?: Readonly<Record<string, number>>;
  /** Machines whose helper watches CPUs and receive threads: there the absence of a gap is evidence too. */
  readonly heartbeats?: readonly string[];
  /** Machines that could be asked how they receive. */
  readonly receivers?: Readonly<Record<string, Receiver>>;
  /** All vantages and targets that are known, whether a path leads there or not, for advice; default those of paths. */
  readonly vantages?: readonly PlannedVantage[];
  readonly targets?: readonly PlannedTarget[];
}

/** What is told for a verdict from outside of the inference. */
export interface VerdictContext {
  readonly summaries: readonly Summary[];
  readonly excluded: readonly { readonly path: string; readonly because: string }[];
  readonly notes: readonly string[];
  /** Machines whose kernel was asked who holds packets back. */
  readonly traced?: readonly string[];
}

/**
 * From what was seen on several paths at the same time to the stage that is to blame. Pure: the same samples, findings
 * and evidence give the same verdict, in whatever batches they come.
 */
export interface Inference {
  /**
   * Samples of one vantage's run; instants are those of the common time line, in nanoseconds since the epoch of the
   * whole run. @param pathIndex maps `samples.path` to indices of the paths the inference was made with
   */
  samples(samples: SampleColumns, pathIndex: readonly number[]): void;
  /** A finding, its path by name, its instants on the common time line. */
  finding(finding: Finding): void;
  /** Evidence from a helper on a target machine. */
  local(evidence: LocalEvidence): void;
  /** What the kernel of a machine has counted of a server since the run began; what is told last of it holds. */
  account(account: MachineAccount): void;
  /** From when on, or until when, the kernel of a machine is asked: no wait in that time is evidence too. */
  trace(coverage: TraceCoverage): void;
  /** Incidents that are complete by now. */
  advance(nowNs: number): Incident[];
  /** The run has ended: the rest of the incidents. */
  finish(nowNs: number): Incident[];
  verdict(nowNs: number, about: VerdictContext): Verdict;
  /** Whether more measurement would change anything. */
  settled(nowNs: number): Settlement;
  /**
   * Which flows to a machine stall together, and how many receive queues that suggests.
   * Flows are numbered as {@link flowNumber} does.
   */
  flowGroups(machine: string): FlowGroups;
}

export function createInference(paths: readonly MeasuredPath[], options: InferenceOptions): Inference {
  const topology = topologyOf(paths);
  const vantages = new Set(paths.map(({ vantage }) => vantage)).size;
  const logs = paths.map((path) => new PathLog(path));
  const indexOf = new Map(paths.map((path, index) => [path.name, index]));
  const groups = new IncidentGroups();
  const counted = new CountedIncidents(paths, logs, options.thresholdNs);
  const stopping = new StoppingRule();
  const blind: { vantage: string; fromNs: number; toNs: number }[] = [];
  const heartbeats = new Set(options.heartbeats ?? []);
  const store = new IncidentStore();
  const accounts = new Map<string, MachineAccount>();
  const queues = Object.fromEntries(
    // Behind RPS a packet waits for the CPU that software chose, however many queues the card has.
    Object.entries(options.receivers ?? {}).flatMap(([machine, { side }]) =>
      side.spreadBySoftware ? [] : [[machine, side.rxQueues]],
    ),
  );
  const described = hypothesesOf(topology, queues);
  let hypotheses: { readonly of: string; readonly list: readonly Hypothesis[] } = { of: '', list: described };
  const noProfiles = paths.map(() => NO_PROFILES);
  let contradicted: { readonly leastNs: readonly number[]; readonly paths: readonly MisdescribedPath[] } = {
    leastNs: [],
    paths: [],
  };
  let selfInflicted = 0;
  let named = false;
  let firstNs = Number.POSITIVE_INFINITY;
  let weighed:
    | (Weighed & {
        readonly posterior: Posterior;
        readonly judgement: Judgement;
        readonly known: Case;
        readonly hypotheses: readonly Hypothesis[];
      })
    | null = null;

  const clockOf = (vantage: string): number =>
    options.clockUncertaintyNs?.[vantage] ?? (vantages > 1 ? DEFAULT_CLOCK_NS : 0);
  const neverAnswered = (path: number): boolean => logs[path]?.silent ?? false;

  function close(group: FindingGroup): Incident[] {
    const findings = group.findings.filter(({ path }) => !neverAnswered(path));
    if (findings.length === 0) {
      return [];
    }
    const seen = observeIncident(
      { kind: group.kind, findings },
      {
        paths,
        logs,
        slackNs: (path) => clockOf(paths[path]?.vantage ?? ''),
        blind: (path, fromNs, toNs) => neverAnswered(path) || isBlind(path, fromNs, toNs),
      },
    );
    const observation = store.add(seen);
    // One incident alone does not tell by what flows part.
    const alone = caseOf([observation], observation.releaseNs, noProfiles);
    return [incidentOf(alone, hypothesesFor(alone))];
  }

  function isBlind(path: number, fromNs: number, toNs: number): boolean {
    const vantage = paths[path]?.vantage;
    return blind.some((gap) => gap.vantage === vantage && gap.fromNs <= toNs && gap.toNs >= fromNs);
  }

  /** What contradicts the hosts file changes only with a reply that is quicker than all before it. */
  function misdescribed(): readonly MisdescribedPath[] {
    const leastNs = logs.map(({ leastRttNs }) => leastRttNs);
    if (leastNs.some((least, path) => least !== contradicted.leastNs[path]))
      contradicted = { leastNs, paths: misdescribedPaths(paths, leastNs) };
    return contradicted.paths;
  }

  function profiles(): readonly FlowProfiles[] {
    return logs.map(({ profiles }) => (profiles.size === 1 || waysMayDiffer(profiles) ? profiles : NO_PROFILES));
  }

  function caseOf(observations: readonly Observation[], nowNs: number, profiles: Case['profiles']): Case {
    return makeCase({
      topology,
      incidents: observations,
      misdescribed: misdescribed(),
      branching: branchingPaths(
        paths,
        logs.map(({ ttls }) => ttls.size),
      ),
      replies: logs.map(({ leastRttNs, ttls }) => ({ quickestNs: leastRttNs, ttls })),
      profiles,
      seconds: Math.max(1, (nowNs - Math.min(firstNs, nowNs)) / SECOND),
      heartbeats,
      accounts: [...accounts.values()],
      queues,
    });
  }

  /** Made anew only where replies show that a path is not what it was taken for. */
  function hypothesesFor({ misdescribed, branching }: Case): readonly Hypothesis[] {
    if (misdescribed.length === 0 && !branching.includes(true)) return described;
    const wrong = paths.map((_, index) => misdescribed.some((one) => one.path === index));
    const of = JSON.stringify([branching, wrong]);
    if (hypotheses.of !== of) hypotheses = { of, list: asTheyAre(described, topology, branching, wrong) };
    return hypotheses.list;
  }

  /** @param slack share by which the time that was measured may have grown since it was weighed last */
  function weighNow(nowNs: number, slack: number): NonNullable<typeof weighed> {
    const seconds = Math.max(1, (nowNs - Math.min(firstNs, nowNs)) / SECOND);
    const { revision, count } = store;
    if (weighed === null || isStale(weighed, { revision, seconds, count }, slack)) {
      // What comes later is not weighed, and nothing may be settled by it.
      const known = caseOf([...store.incidents], nowNs, profiles());
      const list = hypothesesFor(known);
      const posterior = posteriorOf(known, list);
      weighed = {
        revision,
        seconds,
        count,
        posterior,
        judgement: judgeCase(known, list, posterior),
        known,
        hypotheses: list,
      };
    }
    return weighed;
  }

  function advance(nowNs: number): Incident[] {
    const closed = groups.take(nowNs).flatMap(close);
    closed.push(...counted.take(nowNs, accounts.values(), store.incidents).flatMap(close));
    store.forgetBefore(nowNs);
    while (blind[0] !== undefined && blind[0].toNs < nowNs - BLIND_REMEMBERED_NS) blind.shift();
    return closed;
  }

  return {
    samples(samples, pathIndex) {
      for (let i = 0; i < samples.length; i += 1) {
        const path = pathIndex[samples.path[i] as number];
        const log = path === undefined ? undefined : logs[path];
        if (log !== undefined) {
          log.observe(samples, i);
          const sentNs = samples.sentNs[i] as number;
          if (sentNs < firstNs && samples.outcome[i] !== Outcomes.sendFailed) firstNs = sentNs;
        }
      }
    },
    finding(finding) {
      const path = indexOf.get(finding.path);
      const vantage = path === undefined ? undefined : paths[path]?.vantage;
      if (path === undefined || vantage === undefined) {
        return;
      }
      if (finding.selfInflicted) {
        selfInflicted += 1;
        blind.push({ vantage, fromNs: finding.startMin, toNs: finding.release });
        return;
      }
      groups.add({ finding, path, vantage, clockNs: clockOf(vantage), baseNs: logs[path]?.baseNs ?? 0 });
    },
    local: (evidence) => store.addLocal(evidence),
    account(account) {
      accounts.set(`${account.machine} ${account.port ?? ''}`, account);
      weighed = null;
    },
    trace: (coverage) => store.trace(coverage),
    advance,
    finish: () => advance(Number.POSITIVE_INFINITY),
    verdict(nowNs, { summaries, excluded, notes, traced = [] }) {
      // A verdict depends on what was measured, not on when it was asked about before.
      const { known, posterior, judgement, hypotheses } = weighNow(nowNs, 0);
      const silent = paths.flatMap(({ name }, path) =>
        neverAnswered(path) && !excluded.some((other) => other.path === name)
          ? [{ path: name, because: 'no probe was ever answered' }]
          : [],
      );
      const failed = failedRequests(paths, summaries);
      return makeVerdict({
        known,
        hypotheses,
        posterior,
        judgement: unlessFailing(judgement, failed.filter(({ most }) => most).length),
        failing: failed.flatMap(({ what, most }) => (most ? [what] : [])),
        summaries,
        scene: {
          ...sceneOf(paths, options, heartbeats, [...traced, ...store.traced]),
          asked: { of: store.incidents.length, inOf: store.asked },
        },
        quality: {
          durationNs: Math.max(0, Math.round(nowNs - Math.min(firstNs, nowNs))),
          selfInflicted,
          excludedPaths: [...excluded, ...silent],
          clockUncertaintyNs: Math.max(0, ...paths.map(({ vantage }) => clockOf(vantage))),
          notes: [
            ...notes,
            ...[...accounts.values()].map((account) => `${account.machine} counted: ${accountText(account)}`),
            ...slowAsARule(paths, summaries, options.thresholdNs),
            ...failed.map(
              ({ what }) =>
                `${what}: what fails at once waits for nobody and makes no incident, and "healthy" says nothing of it`,
            ),
            ...misdescribedNotes(known),
            ...queueNotes(judgement, known, options.receivers ?? {}),
            ...(store.forgotten > 0 ? [`the verdict rests on the last ${MOST_INCIDENTS} incidents`] : []),
          ],
        },
      });
    },
    flowGroups: (machine) => groupFlows(sightingsAt(machine, topology, store.incidents)),
    settled(nowNs) {
      const { judgement, known } = weighNow(nowNs, mayBeOld(weighed, store, named));
      const standing = stopping.decide(judgement, { incidents: known.incidents, seconds: known.seconds });
      named = standing.settled && judgement.says === 'cause';
      return standing;
    },
  };
}

function sceneOf(
  paths: readonly MeasuredPath[],
  { vantages, targets }: InferenceOptions,
  watched: ReadonlySet<string>,
  traced: readonly string[],
): Scene {
  return {
    paths,
    vantages:
      vantages ?? paths.map((path) => ({ name: path.vantage, overlay: false, machine: machineOfVantage(path) })),
    targets:
      targets ??
      paths.map(({ target, targetKind, answeredBy }) => ({ name: target, kind: targetKind, machine: answeredBy })),
    watched,
    traced: new Set(traced),
  };
}
