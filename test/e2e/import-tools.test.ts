import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { imported } from '../imports/import-io.js';
import { needsRoot } from './lab-probing.js';

const folder = mkdtempSync(join(tmpdir(), 'rxray-tools-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Of loopback, and nobody else's. */
const ADDRESS = '127.9.8.7';
const PROBES = 20;

const TOOLS: readonly [program: string, args: readonly string[], path: string][] = [
  ['ping', ['-D', '-O', '-i', '0.01', '-c', String(PROBES), ADDRESS], `local>${ADDRESS}/icmp`],
  ['fping', ['-D', '-p', '10', '-t', '1000', '-c', String(PROBES), ADDRESS], `local>${ADDRESS}/icmp`],
  ['hping3', ['--icmp', '-i', 'u10000', '-c', String(PROBES), ADDRESS], `local>${ADDRESS}/icmp`],
  ['hping3', ['-S', '-p', '9', '-i', 'u10000', '-c', String(PROBES), ADDRESS], `local>${ADDRESS}:9/syn`],
  ['nping', ['--icmp', '--delay', '10ms', '-c', String(PROBES), ADDRESS], `local>${ADDRESS}/icmp`],
  ['nping', ['--tcp', '-p', '9', '--delay', '10ms', '-c', String(PROBES), ADDRESS], `local>${ADDRESS}:9/syn`],
];

const installed = (program: string): boolean =>
  ['/bin', '/usr/bin', '/usr/sbin', '/sbin'].some((place) => existsSync(join(place, program)));

suite('what the installed tools print today', needsRoot, () => {
  for (const [program, args, path] of TOOLS) {
    const skip = installed(program) ? false : `${program} is not installed`;
    test(`${program} ${args.join(' ')}`, { skip }, async () => {
      // nping loses the last answers where it had no CPU before.
      const { stdout, stderr } = spawnSync('chrt', ['-f', '50', program, ...args], {
        encoding: 'utf8',
        timeout: 20_000,
      });
      const file = join(folder, 'printed.txt');
      writeFileSync(file, `${stdout}\n${stderr}`);
      const { records } = await imported({ files: [file] });
      const [summary, ...more] = records('summary');
      assert.deepEqual([summary?.path, more.length], [path, 0]);
      // The tools themselves may end before the last reply.
      assert.ok((summary?.received as number) >= PROBES - 1 && (summary?.sent as number) <= PROBES, stdout);
      assert.doesNotMatch(JSON.stringify(records('quality')), /not understood/);
    });
  }

  const skip = installed('tcpdump') && installed('ping') ? false : 'tcpdump or ping is not installed';
  test('what tcpdump wrote of ping agrees with what ping printed', { skip }, async () => {
    const file = join(folder, 'captured.pcap');
    const packets = String(2 * PROBES);
    const args = ['-i', 'lo', '-n', '-U', '-Z', 'root', '-c', packets, '-w', file, `icmp and host ${ADDRESS}`];
    const capture = spawn('timeout', ['30', 'tcpdump', ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(capture, 'close');
    let told = '';
    await new Promise<void>((resolve, reject) => {
      capture.once('close', () => reject(new Error(`tcpdump ended: ${told}`)));
      capture.stderr.setEncoding('utf8').on('data', (text: string) => {
        told += text;
        if (told.includes('listening on')) resolve();
      });
    });
    const { stdout } = spawnSync('ping', ['-D', '-i', '0.01', '-c', String(PROBES), ADDRESS], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    await ended;
    const printed = join(folder, 'ping.txt');
    writeFileSync(printed, stdout);
    const [seen, said] = [await imported({ files: [file] }), await imported({ files: [printed] })];
    const counts = ({ records }: typeof seen): unknown =>
      records('summary').map(({ sent, received, lost }) => [sent, received, lost]);
    assert.deepEqual(counts(seen), [[PROBES, PROBES, 0]]);
    assert.deepEqual(counts(said), [[PROBES, PROBES, 0]]);
    assert.equal(seen.records('summary')[0]?.path, `127.0.0.1>${ADDRESS}/icmp`);
  });
});
