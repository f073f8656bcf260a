import { setTimeout as sleep } from 'node:timers/promises';
import { closest } from '../../format/closest.js';
import { CodedError } from '../../model/errors.js';
import type { NodeVerdict } from '../../model/fleet/fleet-verdict.js';
import { MS } from '../../model/time.js';
import { whyText } from '../../report/fleet/why-text.js';
import { bisect } from '../bisect/bisect.js';
import type { BisectOptions } from '../bisect/bisect-options.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { type FleetOptions, type FleetSurvey, surveyFleet } from './survey.js';

export interface WhyOptions extends FleetOptions {
  readonly node: string;
  /** Vantages around the node, for a measurement of now. */
  readonly hosts: string | undefined;
  /** … or who finds them, where no file names any. */
  readonly find?: (() => Promise<FoundHosts>) | undefined;
  /** The program by which pods are reached, by default `kubectl`. */
  readonly kubectl?: string | undefined;
  readonly liveNs: number;
  /** Measure, where there are vantages. */
  readonly live: boolean;
  readonly json: boolean;
}

type FoundHosts = NonNullable<BisectOptions['found']>;

const THRESHOLD_NS = 100 * MS;

/**
 * `why NODE`: from alert to process. What the agents around a node have seen is judged first, with no new packet; then,
 * where there are vantages around it, its paths are measured and the kernel of the node is asked.
 *
 * @returns 0 healthy; 1 at fault; 3 inconclusive: of the measurement where there is one
 * @throws CodedError E_NO_NODE for a node that nobody knows (2); as `fleet` and `bisect`
 */
export async function why(options: WhyOptions, io: Io): Promise<number> {
  const finding = options.live && options.hosts === undefined ? findVantages(options, io) : undefined;
  const { survey, seen } = await lookAt(options, io.stop);
  const found = await finding;
  const isMeasured = options.live && (options.hosts !== undefined || found !== undefined);
  await io.out(options.json ? ndjson(survey, seen) : whyText(survey, seen, isMeasured));
  if (!isMeasured) return statusOf(seen);
  const isSuspected = seen.state === 'bad' || seen.state === 'suspect';
  return bisect(
    {
      hosts: options.hosts,
      found,
      kubectl: options.kubectl,
      // Who is convicted already need not be convicted again before its kernel is asked.
      suspects: isSuspected ? [options.node] : [],
      thresholdNs: THRESHOLD_NS,
      stallThresholdNs: undefined,
      queues: undefined,
      durationNs: options.liveNs,
      fixedDuration: false,
      only: [],
      except: [],
      family: 'any',
      trace: true,
      plan: false,
      explain: false,
      json: options.json,
      quiet: !options.json,
      engine: 'helper',
      cpu: 'auto',
      live: false,
      ascii: false,
      record: undefined,
    },
    io,
  );
}

/** What keeps from measuring is told, and does not keep from what is known already. */
async function findVantages({ find }: WhyOptions, io: Io): Promise<FoundHosts | undefined> {
  try {
    return await find?.();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    io.err(`nothing is measured: ${error.message}; ${error.remedy}\n`);
    return undefined;
  }
}

/** Agents scrape and tell what is new about as often. */
const AGAIN_MS = 3_000;

/** With more incidents the kernel may still show who it is. */
const UNSETTLED: ReadonlySet<string> = new Set(['partly', 'unattributed', 'nothing-to-explain']);

/**
 * Asks about the node; where its fault goes on, its kernel is traced and nobody is named yet, again and again for as
 * long as a measurement would take.
 */
async function lookAt(options: WhyOptions, stop: AbortSignal) {
  const endMs = performance.now() + options.liveNs / MS;
  for (;;) {
    const survey = await surveyFleet(options, stop, [options.node]);
    const seen = nodeVerdict(options.node, survey);
    const isOpen = seen.state === 'bad' && seen.kernelSays !== undefined && UNSETTLED.has(seen.kernelSays);
    const isLate = performance.now() + AGAIN_MS > endMs;
    const isMeasured = options.hosts !== undefined || options.find !== undefined;
    if (!options.live || isMeasured || !isOpen || isLate || stop.aborted) return { survey, seen };
    await sleep(AGAIN_MS, undefined, { signal: stop }).catch(() => {});
  }
}

/** @throws CodedError E_NO_NODE */
function nodeVerdict(node: string, { nodes, screen }: FleetSurvey): NodeVerdict {
  const told = nodes.find((one) => one.node === node);
  if (told !== undefined) return told;
  const known = screen.members.map((member) => member.node);
  if (known.includes(node)) return { type: 'node-verdict', node, state: 'healthy' };
  const meant = closest(node, known);
  throw new CodedError(
    'E_NO_NODE',
    `no agent knows a node ${node}`,
    meant === undefined ? `the nodes are ${known.slice(0, 8).join(', ')}${known.length > 8 ? ' …' : ''}` : `${meant}?`,
    2,
  );
}

function ndjson({ run, verdict, links }: FleetSurvey, seen: NodeVerdict): string {
  return [run, seen, ...links, verdict].map((record) => `${JSON.stringify(record)}\n`).join('');
}

function statusOf({ state }: NodeVerdict): number {
  return state === 'healthy' ? EXIT.completed : state === 'bad' ? EXIT.found : EXIT.inconclusive;
}
