import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST_ADDRESS, NODEPORT_LOCAL } from '../../src/lab/addresses.js';
import { faultEnd, faultOff, faultOn } from '../../src/lab/faults.js';
import { namespaceOf } from '../../src/lab/state.js';
import { MS } from '../../src/model/time.js';
import { imported } from '../imports/import-io.js';
import { LAB, needsRoot, pathTo, startProbing, withLab } from './lab-probing.js';

const STALLS = 8;
const LENGTH_MS = 130;
const THRESHOLD_NS = 20 * MS;
/** The prober's stamps are turned into its own time line. */
const SAME_RELEASE_NS = 3 * MS;

/** tcpdump on a host of the lab, which ends by itself should nobody end it. */
async function capture(host: 'shell' | 'bad', file: string): Promise<() => Promise<void>> {
  const filter = `tcp port ${NODEPORT_LOCAL}`;
  // biome-ignore format: one command line
  const args = ['-s', 'INT', '60', 'ip', 'netns', 'exec', namespaceOf(LAB, host), 'tcpdump', '-i', 'eth0', '-n',
    '-s', '96', '-B', '16384', '-U', '--immediate-mode', '--time-stamp-precision=nano', '-Z', 'root', '-w', file, filter];
  const child = spawn('timeout', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  let told = '';
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`tcpdump ended: ${told}`)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.includes('listening on')) resolve();
    });
  });
  return async () => {
    // Passed on by timeout.
    child.kill('SIGINT');
    await ended;
  };
}

test('captures of both ends show the stalls that the prober saw, and where its packets waited', {
  ...needsRoot,
  timeout: 120_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-passive-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = [join(folder, 'shell.pcap'), join(folder, 'bad.pcap')];
  await withLab(4, async () => {
    const stops = [await capture('shell', files[0] as string), await capture('bad', files[1] as string)];
    const path = pathTo('shell>nodeport/syn', HOST_ADDRESS.bad, { protocol: 'syn', port: NODEPORT_LOCAL, flows: 8 });
    const probing = startProbing('shell', [path], { thresholdNs: THRESHOLD_NS });
    await probing.started;
    const fault = {
      lab: { name: LAB },
      count: STALLS,
      lengthMs: [LENGTH_MS, LENGTH_MS],
      periodMs: [600, 900],
      seed: 5,
    } as const;
    await faultEnd(await faultOn('device', fault, () => {}));
    await faultOff('device', { name: LAB });
    await sleep(1_500);
    probing.stop();
    const probed = await probing.ended;
    for (const stop of stops) await stop();

    const { records } = await imported({ files, thresholdNs: THRESHOLD_NS });
    const epochNs = BigInt(records('run')[0]?.epochNs as string);
    const name = `${HOST_ADDRESS.shell}>${HOST_ADDRESS.bad}:${NODEPORT_LOCAL}/syn`;
    const passive = records('finding').filter(({ kind, path: own }) => kind === 'stall' && own === name);
    // Shorter ones are the machine's own pauses, some of which stand at the threshold.
    const active = probed.stalls.filter(({ peakRttNs }) => peakRttNs > 60 * MS);
    assert.ok(active.length >= STALLS - 1, `the prober saw ${active.length}`);
    for (const stall of active) {
      const releaseNs = Number(probed.epochNs - epochNs) + stall.release;
      const same = passive.find(({ release }) => Math.abs((release as number) - releaseNs) < SAME_RELEASE_NS);
      assert.ok(same, `nothing at ${releaseNs}: ${JSON.stringify(passive.map(({ release }) => release))}`);
      // A flow held for a millisecond only may count for one and not for the other.
      const shared = stall.flowsHit.filter((flow) => (same.flowsHit as number[]).includes(flow));
      assert.ok(shared.length >= stall.flowsHit.length - 1, `${same.flowsHit} where the prober saw ${stall.flowsHit}`);
    }
    const [summary] = records('summary');
    const received = probed.result.summaries[0]?.received ?? 0;
    assert.ok(
      Math.abs((summary?.received as number) - received) <= received / 100,
      `${summary?.received} of ${received}`,
    );
    // The kernel hands a packet to the capture when the receive queue is polled: it waited before that.
    const before = records('arrivals').filter(
      ({ excessNs, where }) => (excessNs as number) > 60 * MS && where === 'before-capture',
    );
    assert.ok(before.length >= STALLS - 1, JSON.stringify(records('arrivals')));
  });
});
