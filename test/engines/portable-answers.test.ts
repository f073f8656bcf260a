import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Keys, KeyUse, secretFrom } from '../../src/codec/probe-key.js';
import type { Answer, ProbeEvents } from '../../src/engines/node-prober/means.js';
import { parseAddress } from '../../src/engines/portable/address.js';
import { Answers } from '../../src/engines/portable/answers.js';
import { type Outgoing, TcpFlags } from '../../src/engines/portable/packet.js';
import { buildPacket } from '../../src/engines/portable/packet-build.js';
import { SourcePorts } from '../../src/engines/portable/source-ports.js';
import type { ProbePlan } from '../../src/model/plan.js';
import { OUTCOMES, REPLIES } from '../../src/model/sample.js';
import { simPath, simPlan } from './sim-plan.js';

const OWN = parseAddress('10.0.0.1');
const TARGET = parseAddress('10.0.0.2');
const ROUTER = parseAddress('10.0.0.254');
const THIRD = parseAddress('10.9.9.9');
const PORT = 443;
const UDP_PORT = 33_434;
const FLOWS = 4;
const { syn: SYN, ack: ACK, rst: RST } = TcpFlags;

const plan: ProbePlan = simPlan({
  paths: [
    simPath({ name: 'a>b/syn', address: '10.0.0.2', port: PORT, flows: FLOWS, freshPerSecond: 1 }),
    simPath({ name: 'a>b/icmp', protocol: 'icmp', address: '10.0.0.2' }),
    simPath({ name: 'a>b/udp', protocol: 'udp', address: '10.0.0.2', port: UDP_PORT }),
  ],
});
const SOURCES = plan.paths.map(() => '10.0.0.1');
const keys = new Keys(secretFrom('00112233445566778899aabbccddeeff'));

/** Notes what it is told; a probe has had as many answers as were told before. */
class Events implements ProbeEvents {
  readonly told: string[] = [];
  readonly warnings: string[] = [];
  readonly #counts = new Map<string, number>();

  sent(): void {}
  failed(): void {}
  answered(train: number, k: number, { outcome, reply, router }: Answer): number {
    this.told.push(
      `${train}/${k} ${OUTCOMES[outcome]} ${REPLIES[reply]}${router === undefined ? '' : ` by ${router}`}`,
    );
    const before = this.#counts.get(`${train}/${k}`) ?? 0;
    this.#counts.set(`${train}/${k}`, before + 1);
    return before;
  }
  stray(): void {
    this.told.push('stray');
  }
  forged(): void {
    this.told.push('forged');
  }
  warn(code: string): void {
    this.warnings.push(code);
  }
}

suite('answers of the portable engine', () => {
  let ports: SourcePorts;
  before(async () => {
    ports = await SourcePorts.reserve(plan);
  });
  after(() => ports.release());

  function setup(youngest = 40): { events: Events; take: (packet: Outgoing | Buffer) => Outgoing | undefined } {
    const events = new Events();
    const answers = new Answers(plan, ports, keys, events, SOURCES);
    for (const train of [0, 2, 4])
      answers.expect({ train, k: youngest, path: train / 2, fresh: false, seq: 0, flow: 0 });
    return { events, take: (packet) => answers.take(Buffer.isBuffer(packet) ? packet : buildPacket(packet), 1_000) };
  }

  /** What the target sends to the port of a flow, which answers slot k. */
  function reply(k: number, flags: number, change: { port?: number; add?: number } = {}): Outgoing {
    const flow = k % FLOWS;
    const number = keys.number(KeyUse.sequence, 0, flow, Math.floor(k / FLOWS));
    return {
      source: TARGET,
      target: OWN,
      sourcePort: PORT,
      targetPort: change.port ?? ports.of(0, flow),
      transport: 'tcp',
      ttl: 60,
      ipId: 1,
      tcp: { flags, seq: 77, ack: (number + 1 + (change.add ?? 0)) % 2 ** 32 },
    };
  }

  test('a SYN-ACK and a RST lead to the probe that they answer', () => {
    const { events, take } = setup();
    take(reply(22, SYN | ACK));
    take(reply(23, RST | ACK));
    assert.deepEqual(events.told, ['0/22 reply syn-ack', '0/23 reply rst']);
  });

  test('a wrong number is forged, one not sent yet too, and a bare ACK is a stray', () => {
    const { events, take } = setup(22);
    take(reply(20, SYN | ACK, { add: 1 }));
    take(reply(24, SYN | ACK));
    take(reply(20, ACK));
    assert.deepEqual(events.told, ['forged', 'forged', 'stray']);
  });

  test("another flow's number does not fit", () => {
    const { events, take } = setup();
    take(reply(20, SYN | ACK, { port: ports.of(0, 1) }));
    assert.deepEqual(events.told, ['forged']);
  });

  test('of a fresh port only the latest probe is believed', () => {
    const { events, take } = setup();
    const port = ports.takeFresh(0, 5);
    const number = keys.number(KeyUse.sequence, 0, 0xffff, 5);
    const tcp = { flags: RST | ACK, seq: 0, ack: (number + 1) % 2 ** 32 };
    take({ ...reply(0, RST | ACK, { port }), tcp });
    take({ ...reply(0, RST | ACK, { port }), tcp: { ...tcp, ack: tcp.ack - 16 } });
    assert.deepEqual(events.told, ['1/5 reply rst', 'forged']);
  });

  test('where a firewall holds back our RST, the prober sends it after three repetitions', () => {
    const { events, take } = setup();
    const resets = Array.from({ length: 5 }, () => take(reply(20, SYN | ACK)));
    assert.deepEqual(
      resets.map((reset) => reset?.tcp?.flags),
      [undefined, undefined, undefined, RST, RST],
    );
    const { tcp } = reply(20, SYN | ACK);
    assert.equal(resets[3]?.tcp?.seq, tcp?.ack, 'its number is the one that the target expects');
    assert.equal(resets[3]?.targetPort, PORT);
    assert.deepEqual(events.warnings, ['W_RST_BY_PROBER']);
  });

  test('an echo reply is believed by its nonce only', () => {
    const { events, take } = setup();
    const echo = (nonce: bigint): Buffer => {
      const request = buildPacket({
        source: TARGET,
        target: OWN,
        sourcePort: ports.of(1, 0),
        targetPort: 7,
        transport: 'icmp',
        ttl: 60,
        ipId: 1,
        key: { path: 1, seq: 7, nonce },
      });
      request[20] = 0; // from request to reply; no checksum is looked at here
      return request;
    };
    take(echo(keys.nonce(1, 7)));
    take(echo(keys.nonce(1, 8)));
    assert.deepEqual(events.told, ['2/7 reply echo', 'forged']);
  });

  test('our own probes that come by are counted, and answer nothing', () => {
    const events = new Events();
    const answers = new Answers(plan, ports, keys, events, SOURCES);
    const probe = { ...reply(3, SYN), source: OWN, target: TARGET, sourcePort: ports.of(0, 3), targetPort: PORT };
    answers.take(buildPacket(probe), 0);
    assert.equal(answers.ownSeen, 1);
    assert.deepEqual(events.told, []);
  });

  /** The SYN probe of slot 6, or the UDP probe of slot 6, as it was sent. */
  function probe(transport: 'tcp' | 'udp'): Outgoing {
    const ends = { source: OWN, target: TARGET, ttl: 1, ipId: 0x8006 };
    if (transport === 'udp')
      return {
        ...ends,
        transport,
        sourcePort: ports.of(2, 0),
        targetPort: UDP_PORT,
        key: { path: 2, seq: 6, nonce: keys.nonce(2, 6) },
      };
    const tcp = { flags: SYN, seq: keys.number(KeyUse.sequence, 0, 2, 1), ack: 0 };
    return { ...ends, transport, sourcePort: ports.of(0, 2), targetPort: PORT, tcp };
  }

  /** An ICMP error of `sender` to this machine; routers must quote no more than 8 bytes of what is inside (RFC 792). */
  function refusal(sender: typeof OWN, type: number, code: number, quote: Outgoing, quotedBytes = 8): Buffer {
    const inner = buildPacket(quote);
    const header = Buffer.from(inner.subarray(0, 20));
    header[9] = 1;
    sender.bytes.copy(header, 12);
    OWN.bytes.copy(header, 16);
    return Buffer.concat([header, Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), inner.subarray(0, 20 + quotedBytes)]);
  }

  const refusals: [title: string, packet: () => Buffer, told: string][] = [
    [
      'of a router that drops a SYN',
      () => refusal(ROUTER, 11, 0, probe('tcp')),
      '0/6 error ttl-exceeded by 10.0.0.254',
    ],
    ['that quotes another target', () => refusal(ROUTER, 11, 0, { ...probe('tcp'), target: THIRD }), 'stray'],
    ['that quotes another source', () => refusal(ROUTER, 11, 0, { ...probe('tcp'), source: THIRD }), 'stray'],
    ['that quotes another port', () => refusal(ROUTER, 11, 0, { ...probe('tcp'), targetPort: 1 }), 'stray'],
    ['of the target, that nobody listens', () => refusal(TARGET, 3, 3, probe('udp')), '4/6 reply unreachable'],
    ['of a router that rejects', () => refusal(ROUTER, 3, 3, probe('udp'), 64), '4/6 error unreachable by 10.0.0.254'],
    [
      'of a third party with a wrong key',
      () => refusal(THIRD, 3, 3, { ...probe('udp'), key: { path: 2, seq: 6, nonce: 1n } }, 64),
      'forged',
    ],
  ];
  for (const [title, packet, told] of refusals) {
    test(`an ICMP error ${title}: ${told}`, () => {
      const { events, take } = setup();
      take(packet());
      assert.deepEqual(events.told, [told]);
    });
  }

  test('the right key is believed from another address too, which is told once', () => {
    const { events, take } = setup();
    take({ ...reply(20, SYN | ACK), source: THIRD, sourcePort: 8080 });
    take({ ...reply(21, SYN | ACK), source: THIRD, sourcePort: 8080 });
    assert.deepEqual(events.told, ['0/20 reply syn-ack', '0/21 reply syn-ack']);
    assert.deepEqual(events.warnings, ['W_OTHER_SOURCE']);
  });
});
