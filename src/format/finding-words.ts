import type { Finding, RequestAccount, Stall, SynRetransmission, TcpWait } from '../model/finding.js';
import { formatLength, formatMs } from './duration.js';
import { formatFlows } from './flow-list.js';

/** A glyph for each kind, so that colour is never the only sign. */
export const FINDING_GLYPHS = {
  stall: '■',
  'slow-drain': '◣',
  congestion: '▲',
  'rtt-spike': '↑',
  'loss-episode': '?',
  'syn-retransmission': '↻',
  'next-probe-release': '⇥',
  'tcp-wait': '⧖',
} as const satisfies Record<Finding['kind'], string>;

const NEIGHBOURS = { normal: ', its neighbours normal', slow: ', its neighbours slow as well', none: '' } as const;

/** What a finding says in one line, without time, path and glyph. */
export function describeFinding(finding: Finding, thresholdNs: number): string {
  const words = [specifics(finding, thresholdNs)];
  const flows = finding.flowsHit.length + finding.flowsExposed.length;
  if (flows > 1 && finding.flowsHit.length > 0) {
    words.push(`flows ${formatFlows(finding.flowsHit)} held, ${finding.flowsExposed.length} of ${flows} passed`);
  }
  if (finding.receivedStamp === 'socket' || finding.receivedStamp === 'user') {
    words.push(
      `by stamps of ${finding.receivedStamp === 'socket' ? 'the packet socket' : 'user space'} alone: it may have waited on this machine, behind the driver`,
    );
  }
  if (finding.request !== undefined) words.push(accountWords(finding.request));
  if (finding.selfInflicted) words.push('SELF-INFLICTED: the prober itself paused, this convicts nobody');
  return words.join('; ');
}

const PHASE_WORDS: Readonly<Record<RequestAccount['phase'], string>> = {
  dns: 'waited for the name',
  connect: 'waited for the connection',
  tls: 'waited for the TLS handshake',
  'first-byte': 'waited for the first byte',
  body: 'waited for the rest of the answer',
};

/** Where a request waited, and what that says of the way to the server. */
function accountWords({ phase, phaseNs, wire, packets, slowestPacketNs = 0 }: RequestAccount): string {
  const waited = `${PHASE_WORDS[phase]} (${formatMs(phaseNs)})`;
  const port = `${count(packets, 'SYN')} to the same port meanwhile`;
  switch (wire) {
    case 'passed':
      return phase === 'dns'
        ? `${waited}: the name, not the way to the server`
        : `${waited}; ${port} answered within ${formatMs(slowestPacketNs)}: not the network`;
    case 'held':
      return `${waited}; ${port}, the slowest answered after ${formatMs(slowestPacketNs)}: packets waited too`;
    case 'lost':
      return `${waited}; of ${port} some were lost: the network, or a full queue of the port`;
    case 'unseen':
      return waited;
  }
}

const TCP_WAITS: Readonly<Record<TcpWait['reason'], string>> = {
  'delayed-ack':
    "the sender held small data back (Nagle's algorithm) until the receiver's delayed acknowledgement came: set TCP_NODELAY, or write once",
  'zero-window': 'the receiver had no room and did not read: its process, not the network',
  'retransmission-timeout': 'a segment was lost, and sent again by a time-out only',
};

function specifics(finding: Finding, thresholdNs: number): string {
  const length = formatMs(holdNs(finding));
  switch (finding.kind) {
    case 'stall':
      return (
        `${lengthOf(finding)}, ${count(finding.probes, 'probe')} held until one instant, ` +
        `${finding.probesAboveThreshold} above ${formatMs(thresholdNs)}, peak ${formatMs(finding.peakRttNs)}, ` +
        `fit ${finding.fit.toFixed(3)}` +
        (finding.leg === 'out' ? "; on this machine's own way out, before the interface sent them" : '')
      );
    case 'slow-drain':
      return (
        `${length}, ${count(finding.probes, 'probe')} of a queue that emptied slowly ` +
        `(slope ${finding.slope.toFixed(2)}), peak ${formatMs(finding.peakRttNs)}`
      );
    case 'congestion':
      return `${length}, RTT rose and fell over ${count(finding.probes, 'probe')}, peak ${formatMs(finding.peakRttNs)}`;
    case 'rtt-spike':
      return `one ${finding.request ? 'request' : 'probe'} at ${formatMs(finding.peakRttNs)}${NEIGHBOURS[finding.neighbours ?? 'none']}`;
    case 'loss-episode':
      if (finding.repeated === true) {
        const what = finding.request?.phase === 'connect' ? 'SYN was' : 'query was';
        return (
          `${count(finding.probes, 'request')} answered only when a ${what} sent again, the longest after ` +
          `${formatMs(finding.peakRttNs)}: packets were lost, nothing waited`
        );
      }
      return (
        `${count(finding.probes, 'probe')} lost in ${length}` +
        (finding.duringStall === true ? ', all sent while a stall held their flows: its release lost them' : '')
      );
    case 'syn-retransmission':
      if (finding.answeredSyn !== undefined) return capturedRetransmission(finding);
      return (
        `${count(finding.probes, 'probe')} answered only when the SYN, or its answer, was sent again, ` +
        `the longest after ${formatMs(finding.peakRttNs)}: packets were lost, nothing waited`
      );
    case 'tcp-wait':
      return `${formatMs(finding.peakRttNs)}, ${TCP_WAITS[finding.reason]}`;
    case 'next-probe-release':
      return (
        `${count(finding.probes, 'probe')} answered only when the next one was sent (RTT = interval, up to ` +
        `${formatMs(finding.peakRttNs)}): a missed interrupt or doorbell, a deep idle state, or a radio asleep` +
        (finding.certain ? '' : '; or the path is just that long: probe with another -i to tell')
      );
  }
}

/** Of a capture, in which each SYN is seen. */
function capturedRetransmission(finding: SynRetransmission): string {
  const { probes, answeredSyn = 2, answerRttNs = 0, answersLost = 0, peakRttNs } = finding;
  const inAll = `${formatMs(peakRttNs)} from the first to the answer`;
  if (answersLost === probes) {
    return `${count(probes, 'SYN')} sent again although answered: the answer was lost behind the capture point`;
  }
  if (probes > 1) {
    return (
      `${probes} SYNs lost and sent again, up to the ${ordinal(answeredSyn)} of a connection was answered, ` +
      `in ${formatMs(answerRttNs)} at most; ${inAll} at most: a SYN or its answer was lost, nothing waited`
    );
  }
  return (
    `a SYN was lost and sent again after ${formatMs(peakRttNs - answerRttNs)}; the ${ordinal(answeredSyn)} was answered ` +
    `in ${formatMs(answerRttNs)}, ${inAll}: a SYN or its answer was lost, nothing waited`
  );
}

function ordinal(number: number): string {
  return ['zeroth', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'][number] ?? `${number}th`;
}

/** With what is not known of it. */
function lengthOf(stall: Stall): string {
  const length = formatMs(holdNs(stall));
  if (stall.startUnseen === true) return `${length} at least (under way when the run began)`;
  return `${length} (±${formatLength((stall.startMax - stall.startMin) / 2)})`;
}

/**
 * How long packets were held: `durationNs` runs to the arrival of the replies at the prober, so on a long path it
 * contains a round trip that nothing held.
 */
export function holdNs(finding: Finding): number {
  const usualRttNs = Math.max(0, finding.peakRttNs - finding.excessNs);
  return Math.max(0, finding.durationNs - usualRttNs);
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
