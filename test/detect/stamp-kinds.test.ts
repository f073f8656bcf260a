import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeFinding } from '../../src/format/finding-words.js';
import type { Finding } from '../../src/model/finding.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS } from '../../src/model/time.js';
import { buildStream, findIn, type StreamOptions } from './build-stream.js';

const SOCKET = SampleFlags.socketReceivedStamp;

/** Which replies lost the driver's stamp, and how much later than that the packet socket's is. */
interface Mixture {
  readonly stream?: StreamOptions;
  readonly isSocket: (sentNs: number, flow: number) => boolean;
  readonly laterNs: (sentNs: number, flow: number) => number;
  readonly thresholdNs?: number;
}

function findingsOf({ stream: options = {}, isSocket, laterNs, thresholdNs = 100 * MS }: Mixture): Finding[] {
  const stream = buildStream({
    flows: 4,
    ...options,
    delayNs: (sentNs, flow) => (isSocket(sentNs, flow) ? laterNs(sentNs, flow) : 0),
  });
  const { samples } = stream;
  for (let i = 0; i < samples.length; i += 1) {
    if (isSocket(samples.sentNs[i] as number, samples.flow[i] as number)) samples.flags[i] = SOCKET;
  }
  return findIn(stream, { thresholdNs });
}

const oddFlows = (_sentNs: number, flow: number): boolean => flow % 2 === 1;
const shown = (findings: readonly Finding[]) =>
  findings.map(({ kind, probes, flowsHit, flowsExposed, receivedStamp }) => ({
    kind,
    probes,
    flowsHit,
    flowsExposed,
    ...(receivedStamp === undefined ? {} : { receivedStamp }),
  }));

describe('replies of one path with stamps of the driver and of the packet socket', () => {
  it('are no spikes, however much later the one stamp is than the other', () => {
    assert.deepEqual(findingsOf({ isSocket: oddFlows, laterNs: () => 120 * MS }), []);
  });

  it('are no congestion where the driver loses its stamp for good in the middle of the run', () => {
    const isSocket = (sentNs: number) => sentNs >= 2500 * MS;
    assert.deepEqual(findingsOf({ isSocket, laterNs: () => 60 * MS, thresholdNs: 50 * MS }), []);
  });

  it('are no stall where every tenth is later by turns', () => {
    const isSocket = (sentNs: number) => (sentNs / MS) % 100 < 30;
    assert.deepEqual(findingsOf({ isSocket, laterNs: (sentNs) => 50 * MS - ((sentNs / MS) % 100) * MS }), []);
  });

  it('waited for one release before the driver: one stall with the probes of both', () => {
    const stalls = [{ fromNs: 3000 * MS, toNs: 3130 * MS }];
    const findings = findingsOf({ stream: { stalls }, isSocket: oddFlows, laterNs: () => 7 * MS });
    assert.deepEqual(shown(findings), [{ kind: 'stall', probes: 13, flowsHit: [0, 1, 2, 3], flowsExposed: [] }]);
    const [stall] = findings;
    assert.ok(stall?.kind === 'stall' && stall.releaseSpreadNs < MS, JSON.stringify(stall));
  });

  it('waited behind the driver: the stall says whose stamps show it, and what the driver stamped passed nothing there', () => {
    const isBehind = (sentNs: number): boolean => sentNs > 3000 * MS && sentNs <= 3130 * MS;
    const laterNs = (sentNs: number) => (isBehind(sentNs) ? 3130 * MS - sentNs : 0);
    const findings = findingsOf({ isSocket: oddFlows, laterNs });
    const [stall, ...more] = shown(findings);
    assert.deepEqual(more, []);
    const words = findings.map((finding) => describeFinding(finding, 100 * MS));
    assert.match(
      words.join(),
      /by stamps of the packet socket alone: it may have waited on this machine, behind the driver/,
    );
    assert.deepEqual(
      { ...stall, probes: undefined },
      { kind: 'stall', probes: undefined, flowsHit: [1, 3], flowsExposed: [], receivedStamp: 'socket' },
    );
  });

  it('tell nothing of a wait while too few have come of their kind', () => {
    const isSocket = (sentNs: number) => sentNs >= 3000 * MS && sentNs < 3130 * MS;
    assert.deepEqual(findingsOf({ isSocket, laterNs: (sentNs) => 3130 * MS - sentNs }), []);
  });

  it('show a wait where only held ones have the stamp of the driver, time and again', () => {
    const stalls = [3000, 3600, 4200].map((ms) => ({ fromNs: ms * MS, toNs: (ms + 200) * MS }));
    const within = (sentNs: number): boolean => stalls.some(({ fromNs, toNs }) => sentNs > fromNs && sentNs <= toNs);
    const isSocket = (sentNs: number): boolean => !within(sentNs) || (sentNs / MS) % 20 < 10;
    const findings = findingsOf({ stream: { stalls, flows: 1 }, isSocket, laterNs: () => 0 });
    assert.deepEqual(
      shown(findings),
      stalls.map(() => ({ kind: 'stall', probes: 20, flowsHit: [0], flowsExposed: [] })),
    );
  });

  it('are judged as ever where only the first was another', () => {
    const stalls = [{ fromNs: 3000 * MS, toNs: 3130 * MS }];
    const findings = findingsOf({ stream: { stalls }, isSocket: (sentNs) => sentNs === 0, laterNs: () => 90 * MS });
    assert.deepEqual(shown(findings), [{ kind: 'stall', probes: 13, flowsHit: [0, 1, 2, 3], flowsExposed: [] }]);
  });
});
