import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { records, rxray, scenarioFile, startRxray } from '../e2e/rxray.js';
import { readRecording } from './read-recording.js';
import { withFolder } from './temporary-folder.js';

test('--speed 4 takes a quarter of the time', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'run.rxr');
    const scenario = join(folder, 'clean.yaml');
    writeFileSync(scenario, `speed: realtime\n${readFileSync(scenarioFile('clean'), 'utf8')}`);
    await rxray('record', file, '172.16.47.27', '-d', '6s', '--engine', 'sim', '--scenario', scenario, '-q');
    const took = async (...words: string[]): Promise<number> => {
      const began = performance.now();
      const { status, err } = await rxray('replay', file, '--json', ...words);
      assert.equal(status, 0, err);
      return performance.now() - began;
    };
    // A quarter of 6 s, beside what starting and printing take on this machine: 4.5 s less than in real time.
    const slowedMs = (await took('--speed', '4')) - (await took());
    assert.ok(slowedMs >= 1_000 && slowedMs < 4_000, `${slowedMs} ms longer than as fast as it goes`);
  });
});

test('killed at any moment: all that was printed is in the recording, but for the last moments', async () => {
  await withFolder(async (folder) => {
    const scenario = join(folder, 'clean.yaml');
    writeFileSync(scenario, `speed: realtime\n${readFileSync(scenarioFile('rx-queue-stall'), 'utf8')}`);
    for (const [ending, lines] of [
      ['', 700],
      ['.gz', 1_100],
      ['.zst', 1_500],
    ] as const) {
      const file = join(folder, `run.rxr${ending}`);
      const words = ['172.16.47.27', '-i', '1ms', '--engine', 'sim', '--scenario', scenario, '--max-pps', '2000'];
      const run = startRxray('record', file, ...words, '--json');
      await run.printed(lines);
      run.child.kill('SIGKILL');
      const { out } = await run.ended;
      // The last line may be cut.
      const printed = records(out.slice(0, out.lastIndexOf('\n') + 1), 'sample').length;
      const { samples, error } = await readRecording(file);
      assert.equal(error, undefined);
      // 1,000 a second: 100 ms are on their way to the disk, the rest is for a machine that pauses by itself.
      assert.ok(printed > 300 && samples >= printed - 300, `${ending}: ${printed} printed, ${samples} recorded`);
      const again = await rxray('replay', file, '-q');
      assert.equal(again.status, 0, again.err);
      assert.match(again.err, /the recording was cut off/);
    }
  });
});
