import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { recordSchema } from '../../src/commands/schema.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { HOSTS_OF_2019, RUNS_OF_2019 } from '../bisect/runs-of-2019.js';
import { RXRAY } from '../e2e/rxray.js';
import { type FilePacket, pcap, pcapng } from './capture/build-file.js';
import { ethernet, syn, synAck } from './capture/build-packet.js';
import { measureImport, writeCapture } from './capture/long-capture.js';
import { pcapFile, stallEverySecond } from './capture/traffic.js';
import { imported, refusal } from './import-io.js';

const FIXTURES = 'test/fixtures/imports';
const folder = mkdtempSync(join(tmpdir(), 'rxray-import-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(content: Uint8Array | string): string {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, content);
  return path;
}

const PATH = '10.1.0.0>10.0.0.7:443/syn';
/** 20 s of a sweep over 16 ports, held for 140 ms once a second. */
const STALLED = pcapFile({ protocol: 'syn', probes: 2_000, stalls: stallEverySecond(20) });

describe('import of a capture', () => {
  it('finds every stall in it, passively', async () => {
    const { records, status } = await imported({ files: [file(STALLED)] });
    const stalls = records('finding').filter(({ kind }) => kind === 'stall');
    assert.equal(stalls.length, 20);
    for (const [second, stall] of stalls.entries()) {
      assert.equal(stall.path, PATH);
      assert.ok(Math.abs((stall.release as number) - (second * SECOND + 640 * MS)) < MS, `${stall.release}`);
      assert.ok(
        (stall.startMin as number) <= second * SECOND + 500 * MS &&
          (stall.startMax as number) >= second * SECOND + 500 * MS,
      );
      assert.equal(stall.probes, 14);
      assert.equal(stall.peakRttNs, 140 * MS + 200 * US);
    }
    assert.equal(status, 0);
  });

  it('every line follows the schema, and the path stands before its samples', async () => {
    const { out, records } = await imported({ files: [file(STALLED)] });
    for (const line of out.trim().split('\n')) recordSchema.parse(JSON.parse(line));
    assert.deepEqual(
      records('path').map(({ path, flows, intervalNs, port, source }) => ({ path, flows, intervalNs, port, source })),
      [{ path: PATH, flows: 16, intervalNs: 10 * MS, port: 443, source: '10.1.0.0' }],
    );
    assert.ok(out.indexOf('"type":"path"') < out.indexOf('"type":"sample"'));
    assert.equal(records('sample').length, 2_000);
    const [summary] = records('summary');
    assert.deepEqual([summary?.sent, summary?.received, summary?.lost, summary?.stalls], [2_000, 2_000, 0, 20]);
    assert.equal(records('run')[0]?.epochNs, '1795310000000000000');
  });

  it('text, JSON, CSV and hping lines', async () => {
    const path = file(STALLED);
    const text = (await imported({ files: [path], format: 'text' })).out;
    assert.match(
      text,
      /■ stall {8}10\.1\.0\.0>10\.0\.0\.7:443\/syn {2}155\.0 ms \(±15 ms\), 14 probes held until one instant/,
    );
    assert.match(text, /2000 packets transmitted, 2000 received, 0% packet loss/);
    assert.match(text, /note: a capture shows when a probe was sent, not when it was due/);
    assert.doesNotMatch(text, /send error|footprint/);
    const json = JSON.parse((await imported({ files: [path], format: 'json' })).out);
    assert.deepEqual([json.findings.length, json.paths[0].path, json.engine], [20, PATH, 'import']);
    const csv = (await imported({ files: [path], format: 'csv' })).out.split('\r\n');
    assert.deepEqual([csv.length, csv[1]?.split(',')[0]], [2_002, PATH]);
    assert.match((await imported({ files: [path], format: 'hping' })).out, /flags=SA seq=\d+ rtt=140\.200 ms/);
  });

  it('packed, and from the interfaces of a pcapng, it is the same', async () => {
    const plain = await imported({ files: [file(STALLED)] });
    const packed = await imported({ files: [file(gzipSync(STALLED))] });
    const findings = (one: typeof plain): unknown => one.records('finding');
    assert.deepEqual(findings(packed), findings(plain));
  });

  it('connections of ordinary users, each from a port of its own', async () => {
    const packets: FilePacket[] = [];
    // About every 12 ms, at no regular distance; nothing is answered from 3.0 to 3.2 s.
    for (let i = 0, at = 0; i < 600; i += 1, at += (4 + ((i * 7_919) % 17)) * MS) {
      const heldUntil = at >= 3 * SECOND && at < 3.2 * SECOND ? 3.2 * SECOND + i * US : at;
      packets.push({ timeNs: at, bytes: ethernet(syn(30_000 + i, i * 977)) });
      packets.push({ timeNs: heldUntil + 300 * US, bytes: ethernet(synAck(30_000 + i, i * 977)) });
    }
    packets.sort((a, b) => a.timeNs - b.timeNs);
    const { records } = await imported({
      files: [file(pcapng(packets, { interfaces: [{ linkType: 1, resolution: 9 }] }))],
    });
    const [stall, ...more] = records('finding');
    assert.deepEqual([stall?.kind, more.length], ['stall', 0]);
    assert.ok(Math.abs((stall?.release as number) - 3.2 * SECOND) < 2 * MS);
    const notes = JSON.stringify(records('quality')[0]?.notes);
    assert.match(notes, /1 paths were not probed at regular distances/);
    assert.match(notes, /1 paths have a new source port for each probe/);
  });

  it('a cut capture: what could be read is used, and the byte is told', async () => {
    const { records, err } = await imported({ files: [file(STALLED.subarray(0, 100_000))] });
    assert.ok(records('finding').length >= 5);
    assert.match(err, /byte 99\d{3}: the file ends \d+ bytes into a record/);
    assert.equal(records('quality')[0]?.end, 'cut-off');
  });

  it('--only and --together', async () => {
    const path = file(pcapFile({ protocol: 'syn', probes: 900, paths: 3 }));
    const only = await imported({ files: [path], only: ['10.1.0.1>*'] });
    assert.deepEqual(
      only.records('summary').map(({ path: name }) => name),
      ['10.1.0.1>10.0.0.7:443/syn'],
    );
    const together = await imported({ files: [path], together: true });
    assert.deepEqual(
      together.records('summary').map(({ path: name, sent }) => [name, sent]),
      [['*>10.0.0.7:443/syn', 900]],
    );
  });

  it('--fail-on, and a capture without any answer', async () => {
    assert.equal((await imported({ files: [file(STALLED)], failOn: ['stall'] })).status, 1);
    assert.equal((await imported({ files: [file(STALLED)], failOn: ['slow-drain'] })).status, 0);
    const silent = await imported({ files: [file(pcap([{ timeNs: 0, bytes: ethernet(syn(1, 1)) }]))] });
    assert.deepEqual([silent.status, silent.err], [1, 'no reply at all in what was imported\n']);
  });

  it('from standard input, as the command line has it', () => {
    for (const input of [STALLED, gzipSync(STALLED)]) {
      const out = execFileSync(process.execPath, [RXRAY, 'import', '-', '--format', 'json'], {
        input,
        encoding: 'utf8',
      });
      const { imported: from, findings } = JSON.parse(out);
      assert.deepEqual([from.files, findings.length], [['standard input'], 20]);
    }
  });

  it('progress is shown on a terminal only, and only where it takes long', async () => {
    assert.equal((await imported({ files: [file(STALLED)] }, true)).err, '');
  });
});

describe('import of a long capture', () => {
  // npm run bench does the same with 1 GB.
  it('takes memory that does not depend on its length', async () => {
    const short = join(folder, 'short.pcap');
    const long = join(folder, 'long.pcap');
    const options = { protocol: 'syn', paths: 100, intervalNs: 100 * US, payload: 300 } as const;
    const shortSize = await writeCapture(short, { ...options, probes: 30_000, stalls: stallEverySecond(3) });
    const longSize = await writeCapture(long, { ...options, probes: 300_000, stalls: stallEverySecond(30) });
    assert.ok(longSize - shortSize > 190e6, `${longSize}`);
    const [little, much] = [measureImport(short), measureImport(long)];
    assert.deepEqual([much.sent, much.received, much.stalls], [300_000, 300_000, 3_000]);
    const grown = much.peakBytes - little.peakBytes;
    assert.ok(grown < 90e6, `${grown} bytes more for ${longSize - shortSize} bytes more`);
    rmSync(long);
  });
});

describe('import of captures from both ends', () => {
  it('tells where the packets of a stall waited, and how the clocks lie', async () => {
    const { records, out } = await imported({ files: [`${FIXTURES}/shell.pcap.gz`, `${FIXTURES}/bad.pcap.gz`] });
    const stalls = records('finding').filter(({ kind }) => kind === 'stall');
    assert.equal(stalls.length, 20);
    const arrivals = records('arrivals');
    // The SYNs of nping all have one number, so nothing is known of where they waited.
    assert.equal(arrivals.length, 17);
    assert.deepEqual([...new Set(arrivals.map(({ where }) => where))], ['before-capture']);
    assert.ok(arrivals.every(({ excessNs }) => (excessNs as number) > 110 * MS && (excessNs as number) < 145 * MS));
    assert.match(out, /the clock of bad\.pcap\.gz is 0\.0000\d\d s (ahead of|behind) that of shell\.pcap\.gz/);
    for (const line of out.trim().split('\n')) recordSchema.parse(JSON.parse(line));
  });

  it('in either order', async () => {
    const { records } = await imported({ files: [`${FIXTURES}/bad.pcap.gz`, `${FIXTURES}/shell.pcap.gz`] });
    assert.equal(records('arrivals').length, 17);
  });

  /** What both ends see of 40 s of probing, the far end's clock 77.4 s ahead and 20 ppm fast. */
  function ends(where: 'there' | 'inside' | 'back' | 'nowhere', sentAgain = -1): [string, string] {
    const [near, far]: [FilePacket[], FilePacket[]] = [[], []];
    const hold = (ns: number, place: string): number =>
      place === where && ns >= 15 * SECOND && ns < 15.14 * SECOND ? 15.14 * SECOND : ns;
    const farClock = (ns: number): number => Math.round(ns * 1.000_02 + 77.4 * SECOND);
    for (let i = 0; i < 4_000; i += 1) {
      // The first of a SYN that is sent again reaches nobody.
      const firstNs = i * 10 * MS;
      const sentNs = i === sentAgain ? firstNs + SECOND : firstNs;
      const arrivedNs = hold(sentNs, 'there') + 100 * US + (i % 7) * US;
      const leftNs = hold(arrivedNs, 'inside') + 30 * US + (i % 5) * US;
      const receivedNs = hold(leftNs, 'back') + 100 * US + (i % 3) * US;
      const number = Math.imul(i, 0x5bd1_e995) >>> 0;
      const [out, back] = [ethernet(syn(20_000 + (i % 8), number)), ethernet(synAck(20_000 + (i % 8), number))];
      if (i === sentAgain) near.push({ timeNs: firstNs, bytes: out });
      near.push({ timeNs: sentNs, bytes: out }, { timeNs: receivedNs, bytes: back });
      // The far capture was begun 3 s later.
      if (i >= 300) far.push({ timeNs: farClock(arrivedNs), bytes: out }, { timeNs: farClock(leftNs), bytes: back });
    }
    const byTime = (packets: FilePacket[]): FilePacket[] => packets.sort((a, b) => a.timeNs - b.timeNs);
    return [file(pcap(byTime(near))), file(pcap(byTime(far)))];
  }

  for (const [where, expected] of [
    ['there', 'before-capture'],
    ['inside', 'inside-node'],
    ['back', 'on-the-way-back'],
  ] as const) {
    it(`held ${where}: ${expected}, whatever the clocks say`, async () => {
      const { records } = await imported({ files: ends(where) });
      assert.equal(records('finding').length, 1);
      const [view, ...more] = records('arrivals');
      assert.deepEqual([view?.where, view?.probes, view?.bunched, more.length], [expected, 14, true, 0]);
      assert.ok(Math.abs((view?.excessNs as number) - 140 * MS) < MS);
      assert.ok(Math.abs((view?.to as number) - 15.14 * SECOND) < MS, `${view?.to}`);
      assert.match(JSON.stringify(records('quality')[0]?.notes), /is 77\.40\d{4} s ahead of/);
    });
  }

  it('a SYN that was lost on the way and sent again is told once, by the clock of who sent it', async () => {
    const [near, far] = ends('nowhere', 1_500);
    const { records } = await imported({ files: [near, far] });
    const [found, ...more] = records('finding');
    assert.deepEqual([found?.kind, more.length], ['syn-retransmission', 0]);
    assert.ok(Math.abs((found?.startMin as number) - 15 * SECOND) < 20 * MS, `${found?.startMin}`);
    const [summary] = records('summary');
    assert.ok((summary?.received as number) <= (summary?.sent as number));
  });

  it('captures without a common probe are refused', async () => {
    const other = file(pcapFile({ protocol: 'icmp', probes: 100 }));
    assert.equal(await refusal({ files: [file(STALLED), other] }), 'E_IMPORT_PAIR');
  });
});

describe('import of printed output', () => {
  const FILES: readonly [file: string, findings: readonly string[]][] = [
    ['ping', ['stall', 'stall', 'stall', 'stall']],
    ['fping-default', ['loss-episode', 'loss-episode', 'loss-episode']],
    ['fping-late', ['stall', 'stall']],
    ['hping-icmp', ['stall', 'stall']],
    ['hping-syn', ['stall', 'stall', 'stall']],
    ['busybox', []],
  ];
  for (const [name, findings] of FILES) {
    it(`${name}: ${findings.join(', ') || 'nothing'}`, async () => {
      const { records, status } = await imported({ files: [`${FIXTURES}/${name}.txt`] });
      assert.deepEqual(
        records('finding').map(({ kind }) => kind),
        findings,
      );
      assert.equal(records('run')[0]?.timestamps, 'user');
      assert.equal(status, 0);
    });
  }

  it('what ping printed agrees with the capture made meanwhile', async () => {
    const printed = (await imported({ files: [`${FIXTURES}/ping.txt`] })).records('finding');
    const { records } = await imported({ files: [`${FIXTURES}/shell.pcap.gz`] });
    const captured = records('finding').slice(0, 4);
    for (const [i, finding] of captured.entries()) {
      assert.ok(Math.abs((finding.release as number) - (printed[i]?.release as number)) < 2 * MS, `${i}`);
      assert.equal(printed[i]?.probes, finding.probes);
    }
  });

  it('several files were measured one after the other, and are told apart', async () => {
    const { records } = await imported({ files: [`${FIXTURES}/hping-icmp.txt`, `${FIXTURES}/ping.txt`] });
    assert.deepEqual(
      records('summary').map(({ path, stalls }) => [path, stalls]),
      [
        ['local>172.16.47.27/icmp', 2],
        ['local>172.16.47.27/icmp#2', 4],
      ],
    );
    assert.match(JSON.stringify(records('quality')[0]?.notes), /not measured at the same instants/);
  });

  it('--as says whose text it is', async () => {
    assert.equal(await refusal({ files: [`${FIXTURES}/ping.txt`], as: 'fping' }), 'E_NOT_FPING');
    assert.equal(await refusal({ files: [`${FIXTURES}/ping.txt`], as: 'pcap' }), 'E_IMPORT_FORMAT');
  });

  it('refuses what is nothing known', async () => {
    const cases: readonly [string, Parameters<typeof refusal>[0]][] = [
      ['E_IMPORT_FORMAT', { files: [file('Dear all,\n')] }],
      ['E_IMPORT_FORMAT', { files: [file('')] }],
      ['E_IMPORT_FILE', { files: [join(folder, 'none')] }],
      ['E_IMPORT_FILE', { files: [folder] }],
      ['E_USAGE', { files: [] }],
      ['E_USAGE', { files: [file(STALLED), `${FIXTURES}/ping.txt`] }],
      ['E_USAGE', { paths: [{ name: 'a>b/icmp', file: 'x' }] }],
    ];
    for (const [code, options] of cases) assert.equal(await refusal(options), code);
  });
});

describe('a verdict from runs made one after the other', () => {
  it('the numbers of 2019: a receive queue of the bad node', async () => {
    const { records, status } = await imported({ hosts: file(HOSTS_OF_2019), paths: RUNS_OF_2019 });
    const [verdict] = records('verdict');
    assert.deepEqual([verdict?.cause, verdict?.where, status], ['rx-queue', 'node', 1]);
    assert.match(JSON.stringify(verdict?.quality), /hping3 rounds any loss up to whole per cent/);
  });

  it('one of them alone convicts nobody', async () => {
    const { records, status } = await imported({ hosts: file(HOSTS_OF_2019), paths: RUNS_OF_2019.slice(0, 1) });
    assert.deepEqual([records('verdict')[0]?.cause, status], ['inconclusive', 3]);
  });

  it('refuses what does not fit', async () => {
    const hosts = file(HOSTS_OF_2019);
    const ping = `${FIXTURES}/ping.txt`;
    assert.equal(await refusal({ hosts, paths: [{ name: 'shell>moon/syn', file: ping }] }), 'E_IMPORT_PATH');
    assert.equal(await refusal({ hosts, paths: [{ name: 'shell>node/syn', file: ping }] }), 'E_IMPORT_PATH');
    assert.equal(
      await refusal({ hosts, paths: [{ name: 'shell>node/syn', file: `${FIXTURES}/shell.pcap.gz` }] }),
      'E_IMPORT_FORMAT',
    );
    assert.equal(await refusal({ hosts }), 'E_USAGE');
  });
});
