import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Packet } from '../../src/imports/capture/packet/packet.js';
import { importText } from '../../src/imports/text/import-text.js';
import { textLines } from '../../src/imports/text/text-lines.js';
import { CodedError } from '../../src/model/errors.js';
import { SECOND } from '../../src/model/time.js';
import { seeded } from '../detect/build-stream.js';
import { pcap, pcapng } from './capture/build-file.js';
import { ethernet, syn, synAck } from './capture/build-packet.js';
import { imported } from './import-io.js';

const temporary = mkdtempSync(join(tmpdir(), 'rxray-fuzz-'));
after(() => rmSync(temporary, { recursive: true, force: true }));

const random = seeded(20_191_121);
const below = (most: number): number => Math.floor(random() * most);
/** One input takes milliseconds; one that runs on is a defect, whatever the machine does meanwhile. */
const LONGEST_MS = 20_000;

/** A copy with some bytes changed, some cut out, and some put in. */
function damaged(content: Uint8Array): Uint8Array {
  const copy = Buffer.from(content);
  for (let flips = 1 + below(8); flips > 0; flips -= 1) copy[below(copy.length)] = below(256);
  if (below(3) === 0) return copy.subarray(0, below(copy.length));
  if (below(3) === 0) {
    const at = below(copy.length);
    return Buffer.concat([copy.subarray(0, at), copy.subarray(at + below(40))]);
  }
  return copy;
}

const noise = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));

/** Refusals are values; anything else is a crash. */
async function survives(content: Uint8Array): Promise<'read' | 'refused'> {
  const path = join(temporary, 'input');
  writeFileSync(path, content);
  const began = performance.now();
  try {
    await imported({ files: [path], format: 'json' });
    return 'read';
  } catch (error) {
    if (error instanceof CodedError) return 'refused';
    throw error;
  } finally {
    assert.ok(performance.now() - began < LONGEST_MS, 'takes too long');
  }
}

const EXCHANGES = Array.from({ length: 60 }, (_, i) => [
  { timeNs: i * 10_000_000, bytes: ethernet(syn(i, i)) },
  { timeNs: i * 10_000_000 + 200_000, bytes: ethernet(synAck(i, i)) },
]).flat();

describe('damaged input', () => {
  for (const [name, whole] of [
    ['pcap', pcap(EXCHANGES)],
    ['pcapng', pcapng(EXCHANGES, { interfaces: [{ linkType: 1, resolution: 9 }] })],
  ] as const) {
    it(`${name} with flipped, missing and cut bytes neither crashes nor runs on`, async () => {
      let read = 0;
      for (let round = 0; round < 150; round += 1) if ((await survives(damaged(whole))) === 'read') read += 1;
      assert.ok(read > 50, `only ${read} of 150 could be read at all`);
    });
  }

  it('noise behind a good start neither crashes nor runs on', async () => {
    for (const start of [
      pcap(EXCHANGES.slice(0, 4)),
      pcapng(EXCHANGES.slice(0, 4), { interfaces: [{ linkType: 1 }] }),
    ]) {
      for (let round = 0; round < 20; round += 1) await survives(Buffer.concat([start, noise(below(60_000))]));
    }
  });

  it('noise is refused, or read as far as it goes', async () => {
    for (let round = 0; round < 60; round += 1) await survives(noise(1 + below(3_000)));
    for (let round = 0; round < 20; round += 1)
      await survives(Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), noise(500)]));
  });

  it('packets of noise, and damaged ones, are taken apart without a crash', () => {
    const packet = new Packet();
    const good = ethernet(syn(1, 2, 3));
    for (let round = 0; round < 30_000; round += 1) {
      const bytes = round % 2 === 0 ? noise(below(120)) : damaged(Uint8Array.from(good));
      packet.read(bytes, 0, bytes.length, [0, 1, 101, 113, 276][below(5)] as number);
    }
  });

  for (const tool of ['hping', 'ping', 'fping', 'nping'] as const) {
    it(`text of ${tool} with changed bytes neither crashes nor runs on`, () => {
      const file = { hping: 'hping-syn', ping: 'ping', fping: 'fping-default', nping: 'nping-icmp' }[tool];
      const whole = readFileSync(`test/fixtures/imports/${file}.txt`).subarray(0, 6_000);
      const began = performance.now();
      for (let round = 0; round < 120; round += 1) {
        try {
          const text = Buffer.from(damaged(whole)).toString('latin1');
          for (const { samples } of importText('x', textLines(text), { waitNs: SECOND }, tool).series) {
            assert.ok(samples.length < 3_000_000);
          }
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
        }
      }
      assert.ok(performance.now() - began < LONGEST_MS * 3);
    });
  }

  for (const folder of ['pasted', 'hunt']) {
    it(`${folder}: damaged, no more is received than was sent, and all that was sent is accounted for`, async () => {
      let read = 0;
      const files = readdirSync(`test/fixtures/${folder}`).filter((name) => name !== 'README.md');
      for (const name of files) {
        const whole = readFileSync(`test/fixtures/${folder}/${name}`);
        for (let round = 0; round < 6; round += 1) {
          const path = join(temporary, 'input');
          writeFileSync(path, damaged(whole));
          const summaries = await imported({ files: [path] })
            .then(({ records }) => records('summary'))
            .catch((error: unknown) => {
              if (error instanceof CodedError) return [];
              throw error;
            });
          read += summaries.length;
          for (const one of summaries) {
            const { sent, received, lost, errors, inFlight } = one as Record<string, number>;
            assert.ok((received ?? 0) <= (sent ?? 0), `${name}: ${JSON.stringify(one)}`);
            const known = (received ?? 0) + (lost ?? 0) + (errors ?? 0) + (inFlight ?? 0);
            assert.equal(known, sent, `${name}: ${JSON.stringify(one)}`);
          }
        }
      }
      assert.ok(read > files.length, `only ${read} paths of ${files.length} files`);
    });
  }
});
