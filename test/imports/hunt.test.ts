import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MS } from '../../src/model/time.js';
import { imported, refusal } from './import-io.js';

const FOLDER = 'test/fixtures/hunt';

/** `path: sent received lost+errors` in the order of the paths. */
type Counts = readonly string[];

interface Situation {
  readonly file: string;
  readonly says: string;
  readonly counts: Counts;
  /** Kinds of the findings that must be there, with probes; others must not. */
  readonly findings: readonly string[];
  readonly status?: number;
}

const NODE = '192.0.2.99>192.0.2.7/icmp';
const WEB = '192.0.2.99>192.0.2.7:443/syn';
const PING = 'local>192.0.2.7/icmp';
const SIX_ECHOES = { counts: [`${NODE}: 6 6 0`], findings: ['rtt-spike 1'] } as const;

const CAPTURES: readonly Situation[] = [
  { file: 'pcap-big-endian-ns.pcap', says: 'either byte order', ...SIX_ECHOES },
  {
    file: 'pcap-clock-set-from-1970.pcap',
    says: 'a clock that is set during the capture costs nothing but what was under way',
    counts: [`${NODE}: 10 10 0`],
    findings: ['rtt-spike 1', 'rtt-spike 1'],
  },
  { file: 'pcap-cut-in-record.pcap', says: 'what was cut off is in flight', counts: [`${NODE}: 6 5 0`], findings: [] },
  { file: 'pcap-erspan-2.pcap', says: 'a mirrored port, ERSPAN of type II', ...SIX_ECHOES },
  {
    file: 'pcap-first-packet-out-of-order.pcap',
    says: 'the first record may be later than the next ones',
    counts: [`${NODE}: 2 2 0`],
    findings: [],
  },
  { file: 'pcap-geneve.pcap', says: 'Geneve', ...SIX_ECHOES },
  { file: 'pcap-gre-ip.pcap', says: 'IP in GRE', ...SIX_ECHOES },
  { file: 'pcap-gre-ppp-pptp.pcap', says: 'PPTP', ...SIX_ECHOES },
  { file: 'pcap-gretap-ethernet.pcap', says: 'Ethernet in GRE', ...SIX_ECHOES },
  {
    file: 'pcap-ipv6-auth-header.pcap',
    says: 'an authentication header hides nothing',
    counts: ['2001:db8::99>2001:db8::7/icmp: 6 6 0'],
    findings: ['rtt-spike 1'],
  },
  { file: 'pcap-nflog.pcap', says: 'NFLOG', ...SIX_ECHOES },
  { file: 'pcap-ppp.pcap', says: 'PPP', ...SIX_ECHOES },
  { file: 'pcap-qinq.pcap', says: 'two VLAN tags', ...SIX_ECHOES },
  { file: 'pcap-radiotap-wifi.pcap', says: '802.11 with radiotap', ...SIX_ECHOES },
  { file: 'pcap-snaplen-42-icmp.pcap', says: 'headers of echoes alone', ...SIX_ECHOES },
  { file: 'pcap-snaplen-54-syn.pcap', says: 'headers of SYNs alone', counts: [`${WEB}: 4 4 0`], findings: [] },
  {
    file: 'pcap-syn-ack-retransmitted.pcap',
    says: 'a SYN-ACK sent again is no answer to a SYN that was lost',
    counts: [`${WEB}: 2 1 1`],
    findings: ['rtt-spike 1', 'syn-retransmission 2'],
  },
  {
    file: 'pcap-syn-lost-3-times-no-timestamps.pcap',
    says: 'the third SYN is answered: two were lost',
    counts: [`${WEB}: 3 1 2`],
    findings: ['syn-retransmission 1', 'loss-episode 2'],
  },
  {
    file: 'pcap-syn-lost-no-timestamps.pcap',
    says: 'the second SYN is answered: one was lost, and nothing waited for a second',
    counts: [`${WEB}: 2 1 1`],
    findings: ['syn-retransmission 1'],
  },
  {
    file: 'pcap-syn-lost-timestamps.pcap',
    says: 'the same, as the echoed time stamp has it',
    counts: [`${WEB}: 2 1 1`],
    findings: ['syn-retransmission 1'],
  },
  {
    file: 'pcap-tcp-fast-open.pcap',
    says: 'a SYN-ACK may acknowledge the data of its SYN',
    counts: [`${WEB}: 4 4 0`],
    findings: [],
  },
  {
    file: 'pcap-two-syn-acks.pcap',
    says: 'a second SYN-ACK is a duplicate: no more is received than was sent',
    counts: [`${WEB}: 3 2 1`],
    findings: ['syn-retransmission 1'],
  },
  { file: 'pcap-vxlan-gpe-4790.pcap', says: 'VXLAN-GPE', ...SIX_ECHOES },
  { file: 'pcap-vxlan-odd-port.pcap', says: 'VXLAN at a port of its own', ...SIX_ECHOES },
  { file: 'pcapng-cut.pcapng', says: 'a cut pcapng', counts: [`${NODE}: 6 5 0`], findings: [] },
  {
    file: 'pcapng-packet-of-undescribed-interface.pcapng',
    says: 'one bad block does not end the file',
    counts: [`${NODE}: 6 5 0`],
    findings: ['rtt-spike 1'],
  },
  { file: 'pcapng-tsresol-2pow20.pcapng', says: 'a clock of 2^-20 s', ...SIX_ECHOES },
  { file: 'pcapng-two-interfaces-link.pcapng', says: 'requests and replies on links of two kinds', ...SIX_ECHOES },
];

const ONE_SPIKE = { counts: [`${PING}: 3 3 0`], findings: ['rtt-spike 1'] } as const;

const TEXTS: readonly Situation[] = [
  { file: 'fping-json.txt', says: 'fping -J', counts: [`${PING}: 3 2 1`], findings: ['rtt-spike 1'] },
  {
    file: 'hping-V-two-lines.txt',
    says: 'hping3 -V spreads a reply over lines',
    counts: ['local>192.0.2.7:80/syn: 4 4 0'],
    findings: ['stall 2'],
  },
  {
    file: 'hping-all-lost.txt',
    says: 'a summary without replies is 100 % loss',
    counts: ['local>192.0.2.7:80/syn: 3 0 3'],
    findings: [],
    status: 1,
  },
  {
    file: 'hping-spoofed-source.txt',
    says: 'the value of -a is not the target',
    counts: ['local>192.0.2.7:80/syn: 2 2 0'],
    findings: [],
  },
  {
    file: 'mtr-raw.txt',
    says: 'mtr --raw: a path a hop',
    counts: ['local>192.0.2.1/icmp: 2 2 0', `${PING}: 2 2 0`],
    findings: ['rtt-spike 1'],
  },
  { file: 'ping-2011-icmp_req.txt', says: 'icmp_req of 2010 to 2012', counts: [`${PING}: 4 4 0`], findings: [] },
  { file: 'ping-A-adaptive.txt', says: 'the interval of an adaptive ping', counts: [`${PING}: 4 4 0`], findings: [] },
  {
    file: 'ping-O-lost-before-first-reply.txt',
    says: '"no answer yet" before the first reply',
    counts: [`${PING}: 7 4 3`],
    findings: ['loss-episode 3'],
  },
  {
    file: 'ping-all-unreachable.txt',
    says: 'an unreachable target gave no reply at all',
    counts: [`${PING}: 7 0 6`],
    findings: [],
    status: 1,
  },
  { file: 'ping-apple-time.txt', says: 'macOS --apple-time', ...ONE_SPIKE },
  {
    file: 'ping-bsd-icmp-error.txt',
    says: 'BSD numbers its errors on the next line',
    counts: [`${PING}: 2 1 1`],
    findings: [],
  },
  { file: 'ping-chinese-linux.txt', says: 'iputils in Chinese', ...ONE_SPIKE },
  { file: 'ping-date-prefix.txt', says: 'a date in front of each line', ...ONE_SPIKE },
  {
    file: 'ping-decay-1024-no-summary.txt',
    says: 'two steps of the decay show an interval of 1.023 s',
    counts: [`${PING}: 7 7 0`],
    findings: ['stall 3'],
  },
  { file: 'ping-decimal-comma.txt', says: 'a decimal comma', ...ONE_SPIKE },
  { file: 'ping-german-linux.txt', says: 'iputils in German', ...ONE_SPIKE },
  { file: 'ping-indented.txt', says: 'indented', ...ONE_SPIKE },
  {
    file: 'ping-interval-of-summary-misleads.txt',
    says: 'the decay decides the interval, not the summary',
    counts: [`${PING}: 24 16 8`],
    findings: ['stall 5', 'loss-episode 3', 'stall 5', 'loss-episode 5'],
  },
  {
    file: 'ping-ipv6-hostname.txt',
    says: 'a name with its IPv6 address',
    counts: ['local>2001:db8::7/icmp: 2 2 0'],
    findings: [],
  },
  {
    file: 'ping-lost-before-first-reply.txt',
    says: 'losses before the first reply',
    counts: [`${PING}: 10 7 3`],
    findings: ['loss-episode 3'],
  },
  { file: 'ping-quoted-indented.txt', says: 'quoted in a mail', ...ONE_SPIKE },
  { file: 'ping-ts-prefix.txt', says: 'moreutils ts', ...ONE_SPIKE },
  { file: 'ping-utf8-bom.txt', says: 'a byte order mark', ...ONE_SPIKE },
  { file: 'ping-v-ident.txt', says: 'ping -v prints an identifier', counts: [`${PING}: 3 3 0`], findings: [] },
  {
    file: 'ping-windows.txt',
    says: 'Windows, which sends in turn',
    counts: [`${PING}: 5 4 1`],
    findings: ['rtt-spike 1', 'rtt-spike 1'],
  },
  {
    file: 'ping6-bsd-comma.txt',
    says: 'ping6 of BSD',
    counts: ['local>2001:db8::7/icmp: 4 4 0'],
    findings: [],
  },
  {
    file: 'tcpdump-text-icmp.txt',
    says: 'echoes that tcpdump printed',
    counts: [`${NODE}: 2 2 0`],
    findings: ['rtt-spike 1'],
  },
  {
    file: 'tcpdump-text-syn.txt',
    says: 'a SYN sent again, as tcpdump printed it',
    counts: ['192.0.2.99>192.0.2.7:80/syn: 2 1 1'],
    findings: ['syn-retransmission 1'],
  },
  {
    file: 'tcping-windows.txt',
    says: 'connects by tcping: one SYN sent again, one never answered',
    counts: ['local>192.0.2.7:80/syn: 3 2 1'],
    findings: ['syn-retransmission 1'],
  },
  {
    file: 'fping-slow-drain-tail.txt',
    says: 'a drain to its last probe; numbers begin where the text begins',
    counts: [`${PING}: 14 14 0`],
    findings: ['slow-drain 7'],
  },
  {
    file: 'ping-bufferbloat-never-falls.txt',
    says: 'a level that never falls is one congestion; a header tells that four were lost before',
    counts: [`${PING}: 30 26 4`],
    findings: ['loss-episode 4', 'congestion 21'],
  },
  {
    file: 'ping-released-by-next-probe.txt',
    says: 'each comes back when the next is sent; the last one was under way',
    counts: [`${PING}: 8 7 0`],
    findings: ['next-probe-release 6'],
  },
];

/** Whose findings are told below, or are those of the detectors alone. */
const COUNTS_ONLY: readonly Omit<Situation, 'findings'>[] = [
  {
    file: 'ping-two-runs-before-after.txt',
    says: 'two runs are two series',
    counts: [`${PING}: 6 4 2`, `${PING}#2: 6 6 0`],
  },
  {
    file: 'ping-two-targets.txt',
    says: 'two targets are two paths',
    counts: [`${PING}: 4 4 0`, 'local>198.51.100.9/icmp: 4 4 0'],
  },
];

const REFUSED: readonly [file: string, code: string, says: RegExp][] = [
  ['curl-w-loop.txt', 'E_IMPORT_FORMAT', /no line of it is one of/],
  ['fping-q-summary-only.txt', 'E_IMPORT_NO_PROBES', /8 sent, 7 received, 1 lost/],
  ['hping-udp-unreachable.txt', 'E_IMPORT_NO_PROBES', /2 sent, 2 received; RTT min\/avg\/max 0\.3\/1\.7\/4 ms/],
  ['mtr-report.txt', 'E_IMPORT_NO_PROBES', /hop 3, 192\.0\.2\.7: 60 sent, 1\.7 % lost/],
  ['ping-f-dots.txt', 'E_IMPORT_NO_PROBES', /249 sent, 231 received, 18 lost/],
  [
    'ping-q-summary-only.txt',
    'E_IMPORT_NO_PROBES',
    /300 sent, 298 received, 2 lost; RTT min\/avg\/max 0\.312\/0\.655\/140\.215 ms/,
  ],
];

async function look(file: string) {
  const { records, status } = await imported({ files: [`${FOLDER}/${file}`] });
  const counts = records('summary').map(
    ({ path, sent, received, lost, errors }) => `${path}: ${sent} ${received} ${(lost as number) + (errors as number)}`,
  );
  return { records, status, counts };
}

describe('what goes wrong easily', () => {
  for (const { file, says, counts, findings, status } of [...CAPTURES, ...TEXTS]) {
    it(`${file}: ${says}`, async () => {
      const seen = await look(file);
      assert.deepEqual(seen.counts, counts);
      const kinds = seen.records('finding').map(({ kind, probes }) => `${kind} ${probes}`);
      assert.deepEqual(kinds.sort(), [...findings].sort());
      assert.equal(seen.status, status ?? 0);
    });
  }
  for (const { file, says, counts } of COUNTS_ONLY) {
    it(`${file}: ${says}`, async () => assert.deepEqual((await look(file)).counts, counts));
  }
  for (const [file, code, says] of REFUSED) {
    it(`${file} is refused, with what it does say`, async () => {
      assert.equal(await refusal({ files: [`${FOLDER}/${file}`] }), code);
      await assert.rejects(imported({ files: [`${FOLDER}/${file}`] }), says);
    });
  }

  it('every input has its row', () => {
    const told = [...CAPTURES, ...TEXTS, ...COUNTS_ONLY].map(({ file }) => file).concat(REFUSED.map(([file]) => file));
    const there = readdirSync(FOLDER).filter((file) => file !== 'README.md');
    assert.deepEqual(told.sort(), there.sort());
  });
});

describe('the numbers of some of them', () => {
  const samples = async (file: string): Promise<(readonly [unknown, unknown])[]> =>
    (await look(file)).records('sample').map(({ seq, rttNs, outcome }) => [seq, rttNs ?? outcome] as const);

  it('a SYN that was sent again: the RTT counts from the one that was answered', async () => {
    assert.deepEqual(await samples('pcap-syn-lost-no-timestamps.pcap'), [
      [0, 'lost'],
      [1, 0.8 * MS],
    ]);
    const [finding] = (await look('pcap-syn-lost-no-timestamps.pcap')).records('finding');
    assert.deepEqual([finding?.answeredSyn, finding?.answerRttNs, finding?.peakRttNs], [2, 0.8 * MS, 1_000.8 * MS]);
  });

  it('a first record out of order: no RTT of 0', async () => {
    const rtts = (await samples('pcap-first-packet-out-of-order.pcap')).map(([, rttNs]) => Number(rttNs) / MS);
    assert.deepEqual(
      rtts.map((ms) => ms.toFixed(1)),
      ['5.4', '5.4'],
    );
  });

  it('a clock that was set is one step', async () => {
    const [quality] = (await look('pcap-clock-set-from-1970.pcap')).records('quality');
    assert.equal(quality?.clockSteps, 1);
  });

  it('the intervals that the decays show', async () => {
    const interval = async (file: string): Promise<unknown> => {
      const [run] = (await look(file)).records('run');
      return (run?.paths as readonly { intervalNs: number }[] | undefined)?.[0]?.intervalNs;
    };
    assert.equal(await interval('ping-decay-1024-no-summary.txt'), 1_023_300_000);
    assert.ok(Math.abs(Number(await interval('ping-interval-of-summary-misleads.txt')) - 1_024.3 * MS) < MS);
    assert.equal(await interval('ping-A-adaptive.txt'), 117_000);
  });

  it('two targets: what is slow is charged to the one that was', async () => {
    const findings = (await look('ping-two-targets.txt')).records('finding');
    assert.deepEqual(
      findings.map(({ path, peakRttNs }) => [path, peakRttNs]),
      [[PING, 1_024 * MS]],
    );
  });
});
