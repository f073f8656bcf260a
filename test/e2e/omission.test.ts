import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QualityRecord, RunRecord, SampleRecord } from '../../src/model/records/run.js';
import type { Summary } from '../../src/model/summary.js';
import { MS, SECOND } from '../../src/model/time.js';
import { type Spread, spread } from '../bench/quantile.js';
import { capturedRequests } from '../requests/captured-requests.js';
import { needsRoot } from './lab-probing.js';
import { records, rxray } from './rxray.js';

const PORT = 8080;
const PROBED_S = 8;
/** Of what is measured beside the faster one, which only has to show what it omits. */
const CLOSED_S = 3;
const STANDS_STILL_MS = 200;
const LIMIT_NS = MS;
/** tcpdump hands its ring over once a second. */
const HAND_OVER_MS = 1_300;

/** Stands still for 200 ms once a second without using a CPU, as one that waits for a lock does. */
const SERVER = `
const word = new Int32Array(new SharedArrayBuffer(4));
require('node:http').createServer((_, response) => response.end('hello')).listen(${PORT}, '127.0.0.1', 4096, () => {
  console.log('ready');
  setInterval(() => Atomics.wait(word, 0, 0, ${STANDS_STILL_MS}), 1000);
});`;

/** One after the other, never earlier than planned, measured from its own send: what closed measuring sees. */
const CLOSED = `
const http = require('node:http');
const [every, until] = [1000 / Number(process.argv[1]), performance.now() + ${CLOSED_S * 1000}];
const took = [];
let due = performance.now();
function next() {
  const began = performance.now();
  if (began > until) return console.log(JSON.stringify(took));
  http.get({ port: ${PORT}, host: '127.0.0.1', agent: false }, (response) => response.resume().once('end', () => {
    took.push((performance.now() - began) * 1e6);
    due = Math.max(due + every, performance.now());
    setTimeout(next, due - performance.now());
  }));
}
next();`;

interface Seen {
  readonly fromSend: Spread;
  readonly fromDue: Spread;
}

interface Compared {
  readonly wire: Seen;
  readonly told: Seen;
  /** How far the longest wait of each pause of the server is off. */
  readonly longestOffNs: Readonly<Record<keyof Seen, readonly number[]>>;
  /** Of few requests a second it shows nothing. */
  readonly closed: Spread | undefined;
  readonly requests: number;
  readonly missed: number;
  readonly cpuPerRequestNs: number;
  /** The longest time for which the event loop stood still, as the run itself tells; 0 never. */
  readonly pausedNs: number;
  /** Answers that have the stamps of their segments. */
  readonly byKernel: number;
}

async function compare(t: TestContext, rate: number): Promise<Compared> {
  const netns = `rxray-omit-${process.pid}-${rate}`;
  const folder = mkdtempSync(join(tmpdir(), 'rxray-omission-'));
  execFileSync('ip', ['netns', 'add', netns]);
  const children: ChildProcess[] = [];
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
    execFileSync('ip', ['netns', 'del', netns]);
    rmSync(folder, { recursive: true, force: true });
  });
  execFileSync('ip', ['-n', netns, 'link', 'set', 'lo', 'up']);
  const begun = (...words: string[]): ChildProcess => {
    const child = spawn('ip', ['netns', 'exec', netns, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  };
  // Before others, as the one who asks is: there is a CPU for each of the two, which no third may hold.
  const within = (...words: string[]): ChildProcess => begun('chrt', '--fifo', '1', ...words);
  const server = within(process.execPath, '-e', SERVER);
  if (server.stdout) await once(server.stdout, 'data');
  const file = join(folder, 'requests.pcap');
  // biome-ignore format: one command line
  const capture = begun('tcpdump', '-i', 'lo', '-n', '-s', '96', '-B', '65536', '--immediate-mode', '--time-stamp-precision=nano', '-Z', 'root', '-w', file, `tcp port ${PORT}`);
  await listening(capture);
  const asked = await rxray(
    ...['probe', '--json', '--requests-alone', '--netns', netns, '--http', `http://127.0.0.1:${PORT}/`],
    ...['--rate', String(rate), '-d', `${PROBED_S}s`, '--max-pps', '2000'],
  );
  await sleep(HAND_OVER_MS);
  const ended = once(capture, 'close');
  capture.kill('SIGINT');
  await ended;
  const closed = rate > 100 ? await closedLoop(within(process.execPath, '-e', CLOSED, String(rate))) : undefined;
  const [run] = records<RunRecord>(asked.out, 'run');
  const [summary] = records<Summary>(asked.out, 'summary');
  const [quality] = records<QualityRecord>(asked.out, 'quality');
  assert.ok(run !== undefined && summary !== undefined, asked.err);
  const samples = records<SampleRecord>(asked.out, 'sample')
    .filter(({ outcome }) => outcome === 'reply')
    .sort((a, b) => a.sent - b.sent);
  const wire = capturedRequests(readFileSync(file), PORT);
  assert.equal(wire.length, samples.length, 'the capture has other requests');
  const epochNs = BigInt(run.epochNs);
  const requests = summary.requests;
  assert.ok(requests?.fromDueNs && requests.fromSendNs);
  const dueOf = (i: number): number => samples[i]?.due ?? 0;
  const wireNs = {
    fromSend: wire.map(({ synNs, lastByteNs }) => Number(lastByteNs - synNs)),
    fromDue: wire.map(({ lastByteNs }, i) => Number(lastByteNs - epochNs) - dueOf(i)),
  };
  const toldNs = {
    fromSend: samples.map(({ rttNs }) => rttNs ?? 0),
    fromDue: samples.map(({ sent, rttNs }, i) => sent + (rttNs ?? 0) - dueOf(i)),
  };
  const seconds = samples.map((_, i) => Math.floor(dueOf(i) / SECOND));
  return {
    wire: { fromSend: spread(wireNs.fromSend), fromDue: spread(wireNs.fromDue) },
    told: {
      fromSend: { count: samples.length, ...requests.fromSendNs },
      fromDue: { count: samples.length, ...requests.fromDueNs },
    },
    longestOffNs: {
      fromSend: longestOff(seconds, wireNs.fromSend, toldNs.fromSend),
      fromDue: longestOff(seconds, wireNs.fromDue, toldNs.fromDue),
    },
    closed,
    requests: samples.length,
    missed: summary.missedSlots,
    cpuPerRequestNs: quality?.cpuPerProbeNs ?? Number.NaN,
    pausedNs: quality?.longestPauseNs ?? 0,
    byKernel: requests.kernelStamped ?? 0,
  };
}

/** The server pauses once in each second, whose longest wait is that of the first request it kept waiting. */
function longestOff(seconds: readonly number[], wireNs: readonly number[], toldNs: readonly number[]): number[] {
  const longest = (ns: readonly number[]): Map<number, number> => {
    const of = new Map<number, number>();
    for (const [i, second] of seconds.entries()) of.set(second, Math.max(of.get(second) ?? 0, ns[i] ?? 0));
    return of;
  };
  const told = longest(toldNs);
  return [...longest(wireNs)].map(([second, ns]) => Math.abs((told.get(second) ?? 0) - ns));
}

async function closedLoop(client: ChildProcess): Promise<Spread> {
  let printed = '';
  client.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await once(client, 'close');
  return spread(JSON.parse(printed) as number[]);
}

/** Resolves once tcpdump says that it listens, which may not be the first that it says. */
async function listening({ stderr }: ChildProcess): Promise<void> {
  for (let told = ''; stderr !== null && !told.includes('listening on'); )
    told += String((await once(stderr, 'data'))[0]);
}

const line = (name: string, { p50, p90, p99, max }: Spread): string =>
  `${name.padEnd(26)} p50 ${(p50 / MS).toFixed(2)}, p90 ${(p90 / MS).toFixed(2)}, p99 ${(p99 / MS).toFixed(2)}, max ${(max / MS).toFixed(2)} ms`;

for (const rate of [10, 500]) {
  test(`a server that stands still 200 ms once a second, ${rate} requests/s: p50, p99 and max are those of a capture`, {
    ...needsRoot,
    timeout: 90_000,
  }, async (t) => {
    const { wire, told, longestOffNs, closed, requests, missed, cpuPerRequestNs, pausedNs, byKernel } = await compare(
      t,
      rate,
    );
    for (const text of [
      `${requests} requests, ${missed} slots missed, ${(cpuPerRequestNs / MS).toFixed(2)} ms of CPU a request, paused for ${(pausedNs / MS).toFixed(1)} ms at most, ${byKernel} answers stamped by the kernel`,
      line('capture, from due', wire.fromDue),
      line('rxray, from due', told.fromDue),
      line('capture, from SYN', wire.fromSend),
      line('rxray, from send', told.fromSend),
      ...(closed === undefined ? [] : [line('closed loop beside it', closed)]),
    ])
      t.diagnostic(text);
    assert.ok(requests + missed >= rate * PROBED_S - 1 && missed <= 0.02 * rate * PROBED_S, `${missed} slots missed`);
    // An answer whose segment the helper did not hear is told by the event loop's own stamp, and says so.
    assert.ok(requests - byKernel <= requests / 1_000, `${requests - byKernel} answers without the kernel's stamps`);
    for (const which of ['fromDue', 'fromSend'] as const) {
      for (const quantile of ['p50', 'p99', 'max'] as const) {
        const off = told[which][quantile] - wire[which][quantile];
        assert.ok(Math.abs(off) <= LIMIT_NS, `${which} ${quantile}: ${off} ns off`);
      }
      const far = longestOffNs[which].filter((offNs) => offNs > LIMIT_NS);
      assert.ok(longestOffNs[which].length >= PROBED_S && far.length === 0, `${which}: longest waits off by ${far}`);
    }
    // One request in five meets the pause; whoever waits for each answer meets it once, however many were due.
    // Two of ten a second may meet its end alone, by the phase of the one to the other.
    assert.ok(wire.fromDue[rate > 100 ? 'p90' : 'p99'] > 50 * MS && wire.fromDue.max < 0.35 * SECOND);
    if (closed !== undefined) assert.ok(closed.p90 < 20 * MS, 'closed measuring saw what it should have omitted');
  });
}
