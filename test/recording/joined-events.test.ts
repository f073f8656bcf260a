import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import { FrameEncoder } from '../../src/codec/frame-encoder.js';
import { HELPER } from '../../src/codec/frames.gen.js';
import { recordedMeasurement } from '../../src/commands/recording/replay.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import { MS, SECOND } from '../../src/model/time.js';
import { probeEvents, probeInfo } from './build-recording.js';

const info = probeInfo();
const [path] = info.plan.paths;
const PLAN = { ...info.plan, paths: [path, { ...path, name: 'local>192.0.2.7:80/syn' }] } as typeof info.plan;

/**
 * Some minutes of two paths with stalls, counters each second and clock readings between them. The second path says
 * nothing for a while, so that only time ends what began before.
 */
function* minutes(): Generator<EngineEvent> {
  let block = 0;
  for (const event of probeEvents(24_000, 2.97 * SECOND)) {
    if (event.kind === 'samples') {
      block += 1;
      const [sentNs = 0] = event.samples.sentNs;
      if (block % 2 === 1) event.samples.path.fill(1);
      if (block % 2 === 1 && sentNs > 35.8 * SECOND && sentNs < 80 * SECOND) continue;
    }
    yield event;
    if (event.kind !== 'counters') continue;
    const timeNs = event.counters.timeNs + 3 * MS;
    const stepNs = timeNs > 100 * SECOND ? 5 * MS : 0;
    yield { kind: 'clock', clock: { timeNs, realDriftNs: 0, stepNs, uncertaintyNs: 0 } };
  }
}

test('what is told between blocks that are put together counts at its place: findings, results and their order', () => {
  const encoder = new FrameEncoder(HELPER.prober);
  const bytes = Buffer.concat([...minutes()].map((event) => encoder.encode(event)));
  const measured = (joinSamples: boolean, pieceBytes: number) => {
    const decoder = new FrameDecoder({ joinSamples });
    const measurement = recordedMeasurement({ ...info, plan: PLAN }, {});
    const findings: string[] = [];
    let events = 0;
    let told = 0;
    for (let at = 0; at < bytes.length; at += pieceBytes)
      for (const event of decoder.push(bytes.subarray(at, at + pieceBytes))) {
        events += 1;
        if (event.kind === 'samples') told += event.told?.length ?? 0;
        for (const finding of measurement.take(event)) findings.push(JSON.stringify(finding));
      }
    for (const finding of measurement.finish()) findings.push(JSON.stringify(finding));
    return { findings, result: measurement.result(), events, told };
  };
  const apart = measured(false, 1 << 16);
  assert.ok(apart.findings.length > 50 && apart.told === 0, `${apart.findings.length}`);
  for (const pieceBytes of [1 << 16, 5_000, 1 << 24]) {
    const joined = measured(true, pieceBytes);
    assert.deepEqual(joined.findings, apart.findings);
    assert.deepEqual(joined.result, apart.result);
    assert.ok(joined.told > 200, `${joined.told} told`);
    assert.ok(joined.events < apart.events / 10, `${joined.events} of ${apart.events} events`);
  }
});
