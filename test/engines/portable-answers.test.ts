import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Keys, KeyUse, secretFrom } from '../../src/engines/node-prober/key.js';
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
const PORT = 443;
const FLOWS = 4;
const { syn: SYN, ack: ACK, rst: RST } = TcpFlags;

const plan: ProbePlan = simPlan({
  paths: [
    simPath({ name: 'a>b/syn', address: '10.0.0.2', port: PORT, flows: FLOWS, freshPerSecond: 1 }),
    simPath({ name: 'a>b/icmp', protocol: 'icmp', address: '10.0.0.2' }),
  ],
});
const keys = new Keys(secretFrom('00112233445566778899aabbccddeeff'));

/** Notes what it is told; a probe has had as many answers as were told before. */
class Events implements ProbeEvents {
  readonly told: string[] = [];
  readonly warnings: string[] = [];
  readonly #counts = new Map<string, number>();

  sent(): void {}
  failed(): void {}
  answered(train: number, k: number, { outcome, reply }: Answer): number {
    this.told.push(`${train}/${k} ${OUTCOMES[outcome]} ${REPLIES[reply]}`);
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
    const answers = new Answers(plan, ports, keys, events);
    for (const train of [0, 2]) answers.expect({ train, k: youngest, path: train / 2, fresh: false, seq: 0, flow: 0 });
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
    const answers = new Answers(plan, ports, keys, events);
    const probe = { ...reply(3, SYN), source: OWN, target: TARGET, sourcePort: ports.of(0, 3), targetPort: PORT };
    answers.take(buildPacket(probe), 0);
    assert.equal(answers.ownSeen, 1);
    assert.deepEqual(events.told, []);
  });

  test("a router's error leads to the probe that it quotes", () => {
    const { events, take } = setup();
    const number = keys.number(KeyUse.sequence, 0, 2, 1);
    const probe = buildPacket({
      source: OWN,
      target: TARGET,
      sourcePort: ports.of(0, 2),
      targetPort: PORT,
      transport: 'tcp',
      ttl: 1,
      ipId: 1,
      tcp: { flags: SYN, seq: number, ack: 0 },
    });
    const header = Buffer.from(probe.subarray(0, 20));
    header[9] = 1;
    ROUTER.bytes.copy(header, 12);
    OWN.bytes.copy(header, 16);
    // Routers must quote no more than 8 bytes of what is inside (RFC 792).
    take(Buffer.concat([header, Buffer.from([11, 0, 0, 0, 0, 0, 0, 0]), probe.subarray(0, 28)]));
    assert.deepEqual(events.told, ['0/6 error ttl-exceeded']);
  });
});
