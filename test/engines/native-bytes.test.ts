import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Keys, KeyUse, secretFrom, sipHash } from '../../src/codec/probe-key.js';
import { parseAddress } from '../../src/engines/portable/address.js';
import { type Outgoing, TcpFlags } from '../../src/engines/portable/packet.js';
import { buildPacket } from '../../src/engines/portable/packet-build.js';
import { parsePacket } from '../../src/engines/portable/packet-parse.js';
import { packageFolder } from '../../src/installation/package-folder.js';

const SECRET = '0123456789abcdeffedcba9876543210';
const PATHS = [0, 1, 16_383];
const FLOWS = [0, 1, 15, 0xffff];
const NUMBERS = [0, 1, 1_000, 2 ** 28 - 1, 2 ** 28 + 5];
const SEQS = [0, 1, 0x7fff_ffff, 0x8000_0000];
const KEY = { path: 3, seq: 0x8000_0007, nonce: 0x0102_0304_f5f6_f7f8n };

/** Prints what the prober in C makes of the same input, one hexadecimal word a line, then packets. */
const PROGRAM = `
#include <inttypes.h>
#include <stdio.h>
#include "key.h"
#include "packet.h"

static void print(const char *source, const char *target, struct outgoing out)
{
	struct address from, to;
	uint8_t packet[PACKET_MAX];

	address_parse(source, &from);
	address_parse(target, &to);
	out.source = &from;
	out.target = &to;
	out.ip_id = 0x8abc;
	out.ttl = 61;
	out.source_port = 61234;
	out.target_port = 443;
	out.path = ${KEY.path};
	out.seq = ${KEY.seq}u;
	out.nonce = ${KEY.nonce}ull;
	out.payload = 56;
	for (size_t i = 0, length = packet_build(&out, packet); i < length; i++)
		printf("%02x", packet[i]);
	printf("\\n");
}

int main(void)
{
	const struct secret secret = {{0x${SECRET.slice(0, 16)}ull, 0x${SECRET.slice(16)}ull}};
	const uint32_t paths[] = {${PATHS}}, seqs[] = {${SEQS.map((seq) => `${seq}u`)}};
	const uint16_t flows[] = {${FLOWS}};
	const uint64_t numbers[] = {${NUMBERS}};

	for (int path = 0; path < ${PATHS.length}; path++) {
		for (int seq = 0; seq < ${SEQS.length}; seq++)
			printf("%016" PRIx64 "\\n", key_nonce(&secret, paths[path], seqs[seq]));
		for (int flow = 0; flow < ${FLOWS.length}; flow++)
			for (int n = 0; n < ${NUMBERS.length}; n++)
				for (int use = KEY_SEQUENCE; use <= KEY_ACKNOWLEDGEMENT; use++)
					printf("%08" PRIx32 "\\n", key_number(&secret, use, paths[path], flows[flow], numbers[n]));
	}
	for (int v6 = 0; v6 < 2; v6++) {
		const char *from = v6 ? "2001:db8::7" : "10.1.2.3", *to = v6 ? "2001:db8::ffff:1:2" : "10.200.0.77";

		print(from, to, (struct outgoing){.transport = TRANSPORT_ICMP});
		print(from, to, (struct outgoing){.transport = TRANSPORT_UDP});
		print(from, to, (struct outgoing){.transport = TRANSPORT_TCP, .tcp_flags = TCP_SYN, .tcp_seq = 0xfedcba98u});
		print(from, to, (struct outgoing){.transport = TRANSPORT_TCP, .tcp_flags = TCP_ACK, .tcp_seq = 7, .tcp_ack = 0x89abcdefu});
		print(from, to, (struct outgoing){.transport = TRANSPORT_TCP, .tcp_flags = TCP_RST, .tcp_seq = 9});
	}
	return 0;
}
`;

suite('keys and packets of the portable engine are those of rxray-prober', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-bytes-'));
  let lines: string[] = [];
  before(() => {
    const native = join(packageFolder(), 'native', 'prober', 'send');
    const [source, program] = [join(folder, 'bytes.c'), join(folder, 'bytes')];
    writeFileSync(source, PROGRAM);
    const parts = ['key.c', 'packet_build.c', 'address.c'].map((name) => join(native, name));
    execFileSync('cc', ['-std=c17', '-D_GNU_SOURCE', '-w', '-I', native, '-o', program, source, ...parts]);
    lines = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('nonces and sequence numbers of many probes are the same', () => {
    const keys = new Keys(secretFrom(SECRET));
    const ours = PATHS.flatMap((path) => [
      ...SEQS.map((seq) => keys.nonce(path, seq).toString(16).padStart(16, '0')),
      ...FLOWS.flatMap((flow) =>
        NUMBERS.flatMap((n) =>
          [KeyUse.sequence, KeyUse.acknowledgement].map((use) =>
            keys.number(use, path, flow, n).toString(16).padStart(8, '0'),
          ),
        ),
      ),
    ]);
    assert.deepEqual(ours, lines.slice(0, ours.length));
  });

  test('packets of every kind are the same to the byte, in IPv4 and IPv6', () => {
    assert.deepEqual(
      packets().map((out) => buildPacket(out).toString('hex')),
      lines.slice(-10),
    );
  });

  test('what is built is taken apart again', () => {
    for (const out of packets()) {
      const parsed = parsePacket(buildPacket(out));
      assert.ok(parsed);
      const { transport, sourcePort, targetPort, ttl, tcp, key } = parsed;
      assert.deepEqual(
        { transport, sourcePort, targetPort, ttl },
        { transport: out.transport, sourcePort: 61_234, targetPort: 443, ttl: 61 },
      );
      if (out.tcp) assert.deepEqual(tcp, out.tcp);
      else assert.deepEqual(key, KEY);
    }
  });
});

test('SipHash-2-4 gives the value of its paper', () => {
  const secret = secretFrom('07060504030201000f0e0d0c0b0a0908');
  assert.equal(
    sipHash(
      secret,
      Uint8Array.from({ length: 15 }, (_, i) => i),
    ),
    0xa129_ca61_49be_45e5n,
  );
});

test('a number leads back to its probe, and to no other', () => {
  const keys = new Keys(secretFrom(SECRET));
  const number = keys.number(KeyUse.sequence, 3, 4, 1_000);
  const index = (value: number, newest: number, flow = 4) => keys.index(KeyUse.sequence, 3, flow, value, newest);
  assert.equal(index(number, 1_005), 1_000);
  assert.equal(index(number, 1_000), 1_000);
  assert.equal(index(number, 999), undefined, 'it was not sent yet');
  assert.equal(index(number + 1, 1_005), undefined, 'a number in between is forged');
  assert.equal(index(number, 1_005, 5), undefined, "another flow's number is forged");
  const wrapped = keys.number(KeyUse.sequence, 3, 4, 2 ** 28 - 1);
  assert.equal(index(wrapped, 2 ** 28 + 5), 2 ** 28 - 1, 'numbers that have wrapped still lead to the youngest');
});

test('an ICMP error is read as the probe that it quotes', () => {
  for (const probe of packets()) {
    const quoted = buildPacket(probe);
    const parsed = parsePacket(unreachable(quoted, probe.target.version));
    assert.ok(parsed?.error);
    assert.equal(parsed.transport, probe.transport);
    assert.deepEqual([parsed.sourcePort, parsed.targetPort], [61_234, 443]);
    if (probe.tcp) assert.equal(parsed.tcp?.seq, probe.tcp.seq);
    else assert.deepEqual(parsed.key, KEY);
  }
});

test('a packet cut off anywhere is refused or read, and never throws', () => {
  for (const probe of packets()) {
    const whole = unreachable(buildPacket(probe), probe.target.version);
    for (let length = 0; length <= whole.length; length += 1) parsePacket(whole.subarray(0, length));
  }
});

function packets(): Outgoing[] {
  return ([4, 6] as const).flatMap((version): Outgoing[] => {
    const ends = {
      source: parseAddress(version === 4 ? '10.1.2.3' : '2001:db8::7'),
      target: parseAddress(version === 4 ? '10.200.0.77' : '2001:db8::ffff:1:2'),
      sourcePort: 61_234,
      targetPort: 443,
      ttl: 61,
      ipId: 0x8abc,
    };
    return [
      { ...ends, transport: 'icmp', key: KEY },
      { ...ends, transport: 'udp', key: KEY },
      { ...ends, transport: 'tcp', tcp: { flags: TcpFlags.syn, seq: 0xfedc_ba98, ack: 0 } },
      { ...ends, transport: 'tcp', tcp: { flags: TcpFlags.ack, seq: 7, ack: 0x89ab_cdef } },
      { ...ends, transport: 'tcp', tcp: { flags: TcpFlags.rst, seq: 9, ack: 0 } },
    ];
  });
}

/** A router's answer that quotes all of a packet. */
function unreachable(quoted: Buffer, version: 4 | 6): Buffer {
  const header = Buffer.from(quoted.subarray(0, version === 4 ? 20 : 40));
  header[version === 4 ? 9 : 6] = version === 4 ? 1 : 58;
  const icmp = Buffer.alloc(8);
  icmp[0] = version === 4 ? 3 : 1;
  icmp[1] = 1;
  return Buffer.concat([header, icmp, quoted]);
}
