import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ByteSource } from '../../../src/imports/byte-source.js';
import { type CaptureEnd, readCapture } from '../../../src/imports/capture/file/capture-reader.js';
import { MS } from '../../../src/model/time.js';
import { EPOCH_SECONDS, type FilePacket, pcap, pcapng } from './build-file.js';
import { ethernet, syn } from './build-packet.js';

const folder = mkdtempSync(join(tmpdir(), 'rxray-captures-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface ReadFile {
  readonly end: CaptureEnd;
  readonly times: readonly number[];
  readonly lengths: readonly number[];
  readonly linkTypes: readonly number[];
  readonly epoch: number | undefined;
  readonly dropped: number;
}

let files = 0;

async function read(content: Uint8Array, pieceBytes?: number): Promise<ReadFile> {
  files += 1;
  const path = join(folder, `${files}.bin`);
  writeFileSync(path, content);
  const source = await ByteSource.open(path);
  const start = (await source.next()) ?? new Uint8Array(0);
  const [times, lengths, linkTypes]: [number[], number[], number[]] = [[], [], []];
  let epoch: number | undefined;
  let dropped = 0;
  try {
    const sink = {
      packet: (_bytes: Uint8Array, from: number, to: number, timeNs: number, linkType: number) => {
        times.push(timeNs);
        lengths.push(to - from);
        linkTypes.push(linkType);
      },
      epoch: (seconds: number) => {
        epoch = seconds;
      },
      dropped: (count: number) => {
        dropped += count;
      },
    };
    const end = await readCapture(source, start, sink, () => true, pieceBytes);
    return { end, times, lengths, linkTypes, epoch, dropped };
  } finally {
    source.close();
  }
}

const PACKETS: readonly FilePacket[] = Array.from({ length: 20 }, (_, i) => ({
  timeNs: 250_000_000 + i * 10 * MS + i * 1_000,
  bytes: ethernet(syn(20_000 + i, i)),
}));
const TIMES = PACKETS.map(({ timeNs }) => timeNs);
const RECORD = 16 + (PACKETS[0]?.bytes.length ?? 0);

describe('a capture file', () => {
  for (const little of [true, false]) {
    for (const nanoseconds of [true, false]) {
      it(`pcap, ${little ? 'little' : 'big'}-endian, ${nanoseconds ? 'nano' : 'micro'}seconds`, async () => {
        const { times, epoch, end, linkTypes } = await read(pcap(PACKETS, { little, nanoseconds, linkType: 276 }));
        assert.deepEqual(times, TIMES);
        assert.deepEqual([epoch, end.damages, end.cutOff, linkTypes[0]], [EPOCH_SECONDS, [], false, 276]);
      });
    }
    it(`pcapng, ${little ? 'little' : 'big'}-endian, three interfaces with clocks of their own`, async () => {
      const interfaces = [
        { linkType: 1 },
        { linkType: 101, resolution: 9 },
        { linkType: 276, resolution: 0x80 | 30, offsetSeconds: 1_000_000 },
      ];
      const packets = PACKETS.map((packet, i) => ({ ...packet, on: i % 3 }));
      const { times, epoch, end, linkTypes } = await read(pcapng(packets, { little, interfaces }));
      for (const [i, timeNs] of times.entries()) {
        // Units of 2^-30 s are just below a nanosecond.
        assert.ok(
          Math.abs(timeNs - (TIMES[i] as number)) <= (i % 3 === 2 ? 1 : 0),
          `${i}: ${timeNs - (TIMES[i] as number)}`,
        );
      }
      assert.deepEqual([times.length, epoch, end.damages], [20, EPOCH_SECONDS, []]);
      assert.deepEqual(linkTypes.slice(0, 3), [1, 101, 276]);
    });
  }

  it('pcapng: two sections one behind the other, and what the kernel dropped', async () => {
    const one = pcapng(PACKETS.slice(0, 10), { interfaces: [{ linkType: 1 }], dropped: 3 });
    const other = pcapng(PACKETS.slice(10), {
      little: false,
      interfaces: [{ linkType: 1, resolution: 9 }],
      dropped: 4,
    });
    const { times, dropped } = await read(Buffer.concat([one, other]));
    assert.deepEqual([times, dropped], [TIMES, 7]);
  });

  for (const [name, content] of [
    ['pcap', pcap(PACKETS)],
    ['pcapng', pcapng(PACKETS, { interfaces: [{ linkType: 1, resolution: 9 }] })],
  ] as const) {
    it(`${name}, packed with gzip`, async () => {
      assert.deepEqual((await read(gzipSync(content))).times, TIMES);
    });

    it(`${name}, in pieces of a few bytes`, async () => {
      assert.deepEqual((await read(content, 7)).times, TIMES);
    });

    it(`${name}, cut at any byte: what is whole is read, and the place of the rest is told`, async () => {
      let most = 0;
      for (let length = content.length - 1; length >= 28; length -= 13) {
        const { times, end } = await read(content.subarray(0, length));
        assert.deepEqual(times, TIMES.slice(0, times.length));
        most = Math.max(most, times.length);
        const [damage] = end.damages;
        if (end.cutOff)
          assert.ok(damage !== undefined && damage.atByte <= length && /ends \d+ bytes into/.test(damage.why));
      }
      assert.equal(most, 19);
    });
  }

  it('gzip that ends in the middle: all that could be unpacked, and the byte', async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => ({ timeNs: i * MS, bytes: ethernet(syn(i, i * 7_919)) }));
    const packed = gzipSync(pcap(many));
    const { times, end } = await read(packed.subarray(0, packed.length / 2));
    assert.ok(times.length > 1_500 && times.length < 4_000, `${times.length}`);
    assert.equal(end.cutOff, true);
    assert.match(end.damages[0]?.why ?? '', /gzip data end in the middle/);
    assert.ok((end.damages[0]?.atByte ?? 0) >= times.length * RECORD);
  });

  it('a damaged pcap record is passed over, and its place told', async () => {
    const content = pcap(PACKETS);
    const at = 24 + 5 * RECORD;
    content.writeUInt32LE(0xdead_beef, at + 8);
    const { times, end } = await read(content);
    assert.deepEqual(times, [...TIMES.slice(0, 5), ...TIMES.slice(6)]);
    assert.deepEqual(end.damages, [{ atByte: at, why: `${RECORD} bytes make no sense and were passed over` }]);
    assert.equal(end.cutOff, false);
  });

  it('damage up to the end of a pcapng is told, and what is before it is read', async () => {
    const content = pcapng(PACKETS, { interfaces: [{ linkType: 1 }] });
    const at = content.length - 200;
    content.fill(0xff, at);
    const { times, end } = await read(content);
    assert.deepEqual(times.length, 17);
    assert.equal(end.cutOff, true);
    assert.match(end.damages[0]?.why ?? '', /make no sense and were passed over/);
  });

  it('a damaged pcapng block is passed over, and the blocks behind it are read', async () => {
    const content = pcapng(PACKETS, { interfaces: [{ linkType: 1, resolution: 9 }] });
    const block = 88;
    const at = content.length - 10 * block;
    content.fill(0xff, at, at + 40);
    for (const pieceBytes of [undefined, 128]) {
      const { times, end } = await read(content, pieceBytes);
      assert.deepEqual(times, [...TIMES.slice(0, 10), ...TIMES.slice(11)]);
      assert.deepEqual(end.damages, [{ atByte: at, why: `${block} bytes make no sense and were passed over` }]);
    }
  });

  it('a bad packet far into a pcapng is told by its byte of the file', async () => {
    const packets = PACKETS.map((packet, i) => ({ ...packet, on: i === 15 ? 5 : 0 }));
    const content = pcapng(packets, { interfaces: [{ linkType: 1 }] });
    const places = await Promise.all([undefined, 128].map(async (bytes) => (await read(content, bytes)).end.damages));
    assert.equal(places[0]?.length, 1);
    assert.ok((places[0]?.[0]?.atByte ?? 0) > 15 * 60);
    assert.deepEqual(places[1], places[0]);
  });

  it('a packet of an interface that is not described costs that packet alone', async () => {
    const packets = PACKETS.map((packet, i) => ({ ...packet, on: i === 4 ? 5 : 0 }));
    const { times, end } = await read(pcapng(packets, { interfaces: [{ linkType: 1 }] }));
    assert.equal(times.length, 19);
    assert.match(end.damages[0]?.why ?? '', /a packet of interface 5, which is not described/);
  });

  it('a clock that is set by decades damages nothing', async () => {
    const moved = PACKETS.map((packet, i) => ({ ...packet, timeNs: packet.timeNs + (i < 7 ? 0 : 1.7e18) }));
    const { times, end } = await read(pcap(moved, { nanoseconds: false }));
    assert.deepEqual([times.length, end.damages], [20, []]);
  });

  it('a fraction of a second and more is taken as tcpdump takes it', async () => {
    const content = pcap(PACKETS);
    const record = 24 + 3 * RECORD;
    content.writeUInt32LE(content.readUInt32LE(record) - 2, record);
    content.writeUInt32LE(content.readUInt32LE(record + 4) + 2_000_000_000, record + 4);
    const { times, end } = await read(content);
    assert.deepEqual([times, end.damages], [TIMES, []]);
  });

  it('what is no capture is refused', async () => {
    await assert.rejects(read(Buffer.from('PING 10.0.0.1 56 bytes of data')), { code: 'E_IMPORT_FORMAT' });
  });
});
