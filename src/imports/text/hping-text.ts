import { CodedError } from '../../model/errors.js';
import type { Protocol } from '../../model/protocol.js';
import {
  allocateSamples,
  FRESH_FLOW,
  FRESH_SEQ_BIT,
  Outcomes,
  REPLIES,
  type Reply,
  type SampleColumns,
  SampleFlags,
} from '../../model/sample.js';
import { MS, SECOND } from '../../model/time.js';
import { findArtefacts, type HpingArtefact } from './hping-artefact.js';
import { commandOf, intervalOf, portOf, targetOf } from './hping-command.js';
import { msToNs, unwrapped } from './text-series.js';

/** What hping3 calls its interval where the text does not print a command line; the usual choice for stalls. */
const ASSUMED_INTERVAL_NS = 10 * MS;
/** Steps of RTT within this share of the interval are taken for the decay of a stall. */
const DECAY_TOLERANCE = 0.02;
/** Steps that make an estimate: RTTs are printed to 0.1 ms. */
const LEAST_STEPS = 3;
/** More numbers than this without a line are a damaged text. */
const MOST_MISSING = 1_000_000;

/** A series of probes as printed by hping3. */
export interface HpingText {
  readonly samples: SampleColumns;
  readonly target: string | null;
  readonly port: number | null;
  readonly protocol: Protocol;
  /** As asked for on the command line. */
  readonly intervalNs: number;
  /** The text does not say it: 10 ms is what is usual for stalls. */
  readonly intervalAssumed: boolean;
  /**
   * As the decay of the stalls shows it, or null: hping3 arms its timer again only after each send, so that 10 ms
   * become some 10.05. Where known, the send instants are reckoned with it.
   */
  readonly measuredIntervalNs: number | null;
  /**
   * Whether only some probes were printed (by a filter such as egrep). Then a missing `seq` is no loss. A text that
   * does not show how it came about is taken for censored.
   */
  readonly censored: boolean;
  /** hping3 sends each TCP or UDP probe from a port of its own unless told to keep it; such are no fixed flow. */
  readonly freshPorts: boolean;
  readonly duplicates: number;
  /** Sent so shortly before the end that their answers may have been under way. */
  readonly inFlight: number;
  readonly artefacts: readonly HpingArtefact[];
  readonly summary: {
    readonly transmitted: number;
    readonly received: number;
    readonly rttNs: { readonly min: number; readonly avg: number; readonly max: number } | null;
  } | null;
}

interface Line {
  readonly seq: number;
  readonly rttNs: number;
  readonly ttl: number;
  readonly reply: Reply;
}

/** hping2 has its fields in another order. */
const REPLY_LINE = /\bip=\S+.*?\b(icmp_seq|seq)=(\d+)\b.*?\brtt=(\d+(?:[.,]\d+)?) ?ms/;
const TTL = /\bttl=(\d+)\b/;
/** With -V a reply has two lines or three. */
const FIRST_LINE = /\blen=\d+ ip=\S+ (?!.*\brtt=)/;
const HEADER = /(?:^|\n)HPING (\S+) \(/;
const MODE = /(?:^|\n)HPING \S+ \([^)]*\): ([\w ]+set)/;
/** It goes to standard error, and so may stand in the middle of another line. */
const SUMMARY = /\n--- \S+ hping statistic ---\r?\n.*\r?\n(?:round-trip.*\r?\n)?/;
/**
 * Reads hping3's printed output: reply lines, its command line and its summary where they are there; other lines are
 * passed over. A send instant is seq × interval, so only distances are meaningful.
 *
 * Samples stand in the order of the lines. An artefact carries the flag `clockStep`, which keeps its RTT out of all
 * judgement. In an uncensored text the gaps in `seq` are `lost` samples.
 *
 * @param givenIntervalNs where the user knows it; else by the command line, else 10 ms
 * @throws CodedError E_NOT_HPING where the text has neither a reply line nor a summary
 */
export function parseHpingText(text: string, givenIntervalNs?: number): HpingText {
  const lines = joinedReplies(text.replace(SUMMARY, '').split(/\r?\n/));
  const command = commandOf(lines);
  const summary = parseSummary(text);
  let duplicates = 0;
  const replies: Line[] = [];
  for (const line of lines) {
    const reply = parseReply(line);
    if (reply !== null && line.startsWith('DUP!')) {
      duplicates += 1;
    } else if (reply !== null) {
      // Numbers have 16 bits: at 10 ms they begin again every 11 minutes.
      replies.push({ ...reply, seq: unwrapped(reply.seq, replies.at(-1)?.seq ?? 0) });
    }
  }
  if (replies.length === 0 && summary === null) {
    throw new CodedError(
      'E_NOT_HPING',
      'the text has no line of the form "len=46 ip=… seq=1 … rtt=0.2 ms" and no summary',
      'give the printed output of hping3',
      2,
    );
  }
  const protocol = protocolOf(command, replies, MODE.exec(text)?.[1] ?? '');
  const intervalNs = givenIntervalNs ?? (command === null ? ASSUMED_INTERVAL_NS : intervalOf(command));
  const measuredIntervalNs = measureInterval(replies, intervalNs);
  const spacingNs = measuredIntervalNs ?? intervalNs;
  const isPartial = replies.length > 0 && replies.length !== summary?.received;
  const filtered = command === null ? isPartial : command.includes('|');
  const freshPorts = protocol !== 'icmp' && !/\s(-k|--keep)\b/.test(command ?? '');
  const ends = endsOf(replies, { summary, command, filtered, spacingNs, hasBegin: HEADER.test(text) });
  const artefacts = findArtefacts(replies, spacingNs, summary?.rttNs?.max ?? 0);
  return {
    samples: toSamples(replies, { spacingNs, freshPorts, artefacts, censored: filtered, ...ends }),
    inFlight: ends.inFlight,
    target: HEADER.exec(text)?.[1] ?? targetOf(command),
    port: portOf(command),
    protocol,
    intervalNs,
    intervalAssumed: givenIntervalNs === undefined && command === null,
    measuredIntervalNs,
    censored: filtered,
    freshPorts,
    duplicates,
    artefacts,
    summary,
  };
}

function parseReply(line: string): Line | null {
  const match = REPLY_LINE.exec(line);
  if (match === null) {
    return null;
  }
  const ttl = Number(TTL.exec(line)?.[1] ?? 0);
  const flags = /\bflags=([A-Z]+)/.exec(line)?.[1];
  const reply =
    match[1] === 'icmp_seq' ? 'echo' : flags === undefined ? 'udp' : flags.includes('R') ? 'rst' : 'syn-ack';
  return { seq: Number(match[2]), rttNs: msToNs(match[3] ?? '0'), ttl, reply };
}

function parseSummary(text: string): HpingText['summary'] {
  const counts = /(\d+) packets (?:transmitted|tramitted), (\d+) packets received/.exec(text);
  if (counts === null) {
    return null;
  }
  const rtt = /min\/avg\/max = ([\d.]+)\/([\d.]+)\/([\d.]+) ms/.exec(text);
  const ns = (at: number): number => Math.round(Number(rtt?.[at]) * MS);
  return {
    transmitted: Number(counts[1]),
    received: Number(counts[2]),
    rttNs: rtt === null ? null : { min: ns(1), avg: ns(2), max: ns(3) },
  };
}

/** @param mode as the header has it: `S set`, `icmp mode set` */
function protocolOf(command: string | null, replies: readonly Line[], mode: string): Protocol {
  if (/icmp mode/.test(mode)) return 'icmp';
  if (/udp mode/.test(mode)) return 'udp';
  if (/^A set/.test(mode)) return 'ack';
  if (command !== null && /(^|\s)(-1|--icmp)\b/.test(command)) {
    return 'icmp';
  }
  if (command !== null && /(^|\s)(-2|--udp)\b/.test(command)) {
    return 'udp';
  }
  if (command !== null && /(^|\s)(-A|--ack)\b/.test(command)) {
    return 'ack';
  }
  const reply = replies[0]?.reply;
  return reply === 'echo' ? 'icmp' : reply === 'udp' ? 'udp' : 'syn';
}

/** During a stall RTT falls by exactly one interval a probe; the mean of such steps is the interval. */
function measureInterval(replies: readonly Line[], intervalNs: number): number | null {
  const steps = replies.flatMap((reply, i) => {
    const previous = replies[i - 1];
    const step = previous === undefined || reply.seq !== previous.seq + 1 ? 0 : previous.rttNs - reply.rttNs;
    return Math.abs(step - intervalNs) <= DECAY_TOLERANCE * intervalNs ? [step] : [];
  });
  return steps.length < LEAST_STEPS ? null : Math.round(steps.reduce((sum, step) => sum + step, 0) / steps.length);
}

/** Where the numbers begin and end, as header and summary have it. */
function endsOf(
  replies: readonly Line[],
  run: {
    readonly summary: HpingText['summary'];
    readonly command: string | null;
    readonly filtered: boolean;
    readonly spacingNs: number;
    readonly hasBegin: boolean;
  },
): { readonly first: number; readonly end: number; readonly inFlight: number } {
  const last = replies.reduce((most, { seq }) => Math.max(most, seq), -1);
  const least = replies.reduce((lowest, { seq }) => Math.min(lowest, seq), Math.max(0, last));
  const first = run.hasBegin || run.summary !== null ? 0 : least;
  const transmitted = run.summary?.transmitted ?? 0;
  if (run.filtered || transmitted <= last + 1) return { first, end: last + 1, inFlight: 0 };
  // With -c it waits for a second at the end; else the last ones had no time to be answered.
  const asked = /(?:^|\s)(?:-c|--count)[\s=]*(\d+)/.exec(run.command ?? '')?.[1];
  const waited = Number(asked) === transmitted || replies.length === 0;
  const inFlight = waited ? 0 : Math.min(transmitted - last - 1, Math.ceil(SECOND / run.spacingNs));
  return { first, end: transmitted - inFlight, inFlight };
}

/** The lines of -V, each reply as one. */
function joinedReplies(lines: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] as string;
    const next = lines[i + 1];
    if (FIRST_LINE.test(`${line} `) && next !== undefined && /\brtt=/.test(next) && !/\blen=/.test(next)) {
      joined.push(`${line} ${next}`);
      i += 1;
    } else {
      joined.push(line);
    }
  }
  return joined;
}

interface SeriesShape {
  readonly spacingNs: number;
  readonly freshPorts: boolean;
  readonly artefacts: readonly HpingArtefact[];
  readonly censored: boolean;
  readonly first: number;
  readonly end: number;
}

function toSamples(replies: readonly Line[], shape: SeriesShape): SampleColumns {
  const answered = new Map(replies.map((reply) => [reply.seq, reply]));
  const madeUp = new Set(shape.artefacts.map((artefact) => artefact.seq));
  const lost: number[] = [];
  for (let seq = shape.first; !shape.censored && seq < shape.end && lost.length < MOST_MISSING; seq += 1) {
    if (!answered.has(seq)) {
      lost.push(seq);
    }
  }
  const samples = allocateSamples(replies.length + lost.length);
  const put = (i: number, seq: number, reply: Line | null): void => {
    const sentNs = seq * shape.spacingNs;
    samples.seq[i] = shape.freshPorts ? (seq | FRESH_SEQ_BIT) >>> 0 : seq;
    samples.flow[i] = shape.freshPorts ? FRESH_FLOW : 0;
    samples.dueNs[i] = sentNs;
    samples.sentNs[i] = sentNs;
    samples.rttNs[i] = reply?.rttNs ?? -1;
    samples.outcome[i] = reply === null ? Outcomes.lost : Outcomes.reply;
    samples.reply[i] = REPLIES.indexOf(reply?.reply ?? 'none');
    samples.ttl[i] = reply?.ttl ?? 0;
    samples.flags[i] =
      SampleFlags.userSentStamp |
      SampleFlags.userReceivedStamp |
      (shape.freshPorts ? SampleFlags.freshFlow : 0) |
      (madeUp.has(seq) ? SampleFlags.clockStep : 0);
  };
  for (const [i, reply] of replies.entries()) {
    put(i, reply.seq, reply);
  }
  for (const [i, seq] of lost.entries()) {
    put(replies.length + i, seq, null);
  }
  return samples;
}
