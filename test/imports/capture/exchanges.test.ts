import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExchangeBatch } from '../../../src/imports/capture/exchange/exchange-batch.js';
import type { ExchangeTotals } from '../../../src/imports/capture/exchange/exchange-totals.js';
import { Exchanges } from '../../../src/imports/capture/exchange/exchanges.js';
import { PathTable } from '../../../src/imports/capture/exchange/path-table.js';
import { OUTCOMES, REPLIES } from '../../../src/model/sample.js';
import { MS, SECOND, US } from '../../../src/model/time.js';
import { seeded } from '../../detect/build-stream.js';
import { complaint, echo, rst, syn, synAck } from './build-packet.js';

type Sight = readonly [atMs: number, bytes: readonly number[]];

interface Seen {
  readonly paths: readonly string[];
  /** `outcome reply rtt` of each sample, in ms. */
  readonly samples: readonly string[];
  readonly totals: ExchangeTotals;
  /** SYNs of each connection that was asked for again, and from the first to the answer. */
  readonly again: readonly string[];
  readonly exchanges: Exchanges;
}

const RAW = 101;

function see(sights: readonly Sight[], options: { together?: boolean; only?: string } = {}): Seen {
  const table = new PathTable((name) => options.only === undefined || name === options.only, options.together);
  const samples: string[] = [];
  const again: string[] = [];
  const take = (batch: ExchangeBatch): void => {
    for (let i = 0; i < batch.samples.length; i += 1) {
      const { outcome, reply, rttNs } = batch.samples;
      const rtt = rttNs[i] as number;
      const words = [OUTCOMES[outcome[i] as number], REPLIES[reply[i] as number], rtt < 0 ? '' : String(rtt / MS)];
      samples.push(words.filter((word) => word !== '' && word !== 'none').join(' '));
    }
  };
  const exchanges = new Exchanges(
    table,
    { waitNs: SECOND, matchNs: 30 * SECOND },
    take,
    () => false,
    ({ sentNs, answeredNs, answerLost }) => {
      const ms = (answeredNs - (sentNs[0] ?? 0)) / MS;
      again.push(`${sentNs.length} SYNs, ${ms} ms${answerLost ? ', answer lost' : ''}`);
    },
  );
  exchanges.epoch(0);
  for (const [atMs, bytes] of sights) {
    exchanges.packet(Uint8Array.from(bytes), 0, bytes.length, Math.round(atMs * MS), RAW);
  }
  exchanges.finish();
  const totals = exchanges.totals[0] as ExchangeTotals;
  return { paths: table.paths.map(({ name }) => name), samples, totals, again, exchanges };
}

/** Time goes on, so that what is not answered is lost. */
const later = (atMs: number): Sight => [atMs, echo('request', 999, 1)];

const SITUATIONS: readonly [title: string, sights: readonly Sight[], samples: readonly string[]][] = [
  [
    'a SYN and its SYN-ACK',
    [
      [0, syn(1, 10)],
      [5, synAck(1, 10)],
    ],
    ['reply syn-ack 5'],
  ],
  [
    'a SYN and the RST of a closed port',
    [
      [0, syn(1, 10)],
      [5, rst(1, 10)],
    ],
    ['reply rst 5'],
  ],
  [
    'an echo and its reply',
    [
      [0, echo('request', 1, 2)],
      [5, echo('reply', 1, 2)],
    ],
    ['reply echo 5'],
  ],
  [
    'SYNs of one port, each with its own number',
    [
      [0, syn(1, 10)],
      [3, syn(1, 26)],
      [5, synAck(1, 10)],
      [6, synAck(1, 26)],
    ],
    ['reply syn-ack 5', 'reply syn-ack 3'],
  ],
  [
    'replies that overtake each other',
    [
      [0, echo('request', 1, 1)],
      [1, echo('request', 1, 2)],
      [5, echo('reply', 1, 2)],
      [6, echo('reply', 1, 1)],
    ],
    ['reply echo 4', 'reply echo 6'],
  ],
  ['no answer within the wait is a loss', [[0, syn(1, 10)], later(1_100)], ['lost']],
  [
    'an answer after it is late, and takes the loss back',
    [[0, syn(1, 10)], later(1_100), [1_500, synAck(1, 10)]],
    ['lost', 'late syn-ack 1500'],
  ],
  [
    'so it is where nothing came in between',
    [
      [0, syn(1, 10)],
      [1_500, synAck(1, 10)],
    ],
    ['lost', 'late syn-ack 1500'],
  ],
  [
    'what an ICMP error quotes was answered by it',
    [
      [0, syn(1, 10)],
      [5, complaint(3, 1, syn(1, 10))],
    ],
    ['error unreachable'],
  ],
  [
    'a router complains of an echo',
    [
      [0, echo('request', 1, 2)],
      [5, complaint(11, 0, echo('request', 1, 2))],
    ],
    ['error ttl-exceeded'],
  ],
];

describe('exchanges of a capture', () => {
  for (const [title, sights, samples] of SITUATIONS) {
    it(title, () => {
      assert.deepEqual(see(sights).samples, samples);
    });
  }

  it('what is younger than the wait at the end is in flight', () => {
    const { samples, totals } = see([
      [0, syn(1, 10)],
      [500, syn(2, 20)],
    ]);
    assert.deepEqual([samples, totals.sent, totals.inFlight, totals.lost], [[], 2, 2, 0]);
  });

  it('a packet seen at two interfaces counts once, and its reply too', () => {
    const { samples, totals } = see([
      [0, echo('request', 1, 2, { id: 7, ttl: 64 })],
      [0.02, echo('request', 1, 2, { id: 7, ttl: 63 })],
      [5, echo('reply', 1, 2, { ttl: 60 })],
      [5.02, echo('reply', 1, 2, { ttl: 59 })],
    ]);
    assert.deepEqual([samples, totals.sent, totals.copies, totals.duplicates], [['reply echo 5'], 1, 2, 0]);
  });

  it('the same packet counts once even where it waited between the interfaces', () => {
    const { samples, totals } = see([
      [0, echo('request', 1, 2, { id: 7, ttl: 64 })],
      [140, echo('request', 1, 2, { id: 7, ttl: 63 })],
      [141, echo('reply', 1, 2)],
    ]);
    assert.deepEqual([samples, totals.copies], [['reply echo 141'], 1]);
  });

  it('a second answer is a duplicate', () => {
    const { samples, totals } = see([
      [0, syn(1, 10)],
      [5, synAck(1, 10)],
      [30, synAck(1, 10)],
    ]);
    assert.deepEqual([samples, totals.received, totals.duplicates], [['reply syn-ack 5'], 1, 1]);
  });

  it('an answer without its probe is a stray; a RST of a running connection is nothing', () => {
    const { exchanges } = see([
      [0, syn(1, 10)],
      [1, synAck(1, 99)],
      [2, rst(1, 99)],
    ]);
    assert.equal(exchanges.capture.strays, 1);
  });

  it('a clock set back makes nobody slow: what was under way is in flight, and time goes on', () => {
    const { samples, totals, exchanges } = see([
      [10_000, syn(1, 10)],
      [3_000, synAck(1, 10)],
      [3_010, syn(2, 20)],
      [3_015, synAck(2, 20)],
    ]);
    assert.deepEqual([samples, totals.inFlight, exchanges.capture.clockSteps], [['reply syn-ack 5'], 1, 1]);
    assert.equal(exchanges.nowNs, 10_015 * MS);
  });

  it('packets handed over in a wrong order by a few microseconds are no step', () => {
    const { samples, exchanges } = see([
      [10, syn(1, 10)],
      [9.99, syn(2, 20)],
      [12, synAck(2, 20)],
    ]);
    assert.deepEqual([samples, exchanges.capture.clockSteps], [['reply syn-ack 2.01'], 0]);
  });

  it('paths are named by who asks whom for what', () => {
    const { paths } = see([
      [0, syn(1, 10)],
      [1, echo('request', 1, 1)],
    ]);
    assert.deepEqual(paths, ['10.0.0.1>10.0.0.7:443/syn', '10.0.0.1>10.0.0.7/icmp']);
  });

  it('all sources together are one path', () => {
    const { paths, samples } = see(
      [
        [0, syn(1, 10)],
        [5, synAck(1, 10)],
      ],
      { together: true },
    );
    assert.deepEqual([paths, samples], [['*>10.0.0.7:443/syn'], ['reply syn-ack 5']]);
  });

  it('what nobody asked for is left out', () => {
    const { samples, exchanges } = see(
      [
        [0, syn(1, 10)],
        [1, echo('request', 1, 1)],
        [2, echo('reply', 1, 1)],
      ],
      {
        only: '10.0.0.1>10.0.0.7/icmp',
      },
    );
    assert.deepEqual([samples, exchanges.capture.leftOut], [['reply echo 1'], 1]);
  });
});

/** A quick exchange first: so the shortest RTT of the path is known, 1 ms. */
const QUICK: readonly Sight[] = [
  [0, syn(1, 1, 100)],
  [1, synAck(1, 1, 100)],
];

describe('a SYN that is sent again', () => {
  it('the second is answered: the first was lost, and the RTT counts from the second', () => {
    const { samples, totals } = see([
      ...QUICK,
      [10, syn(2, 10)],
      [1_010, syn(2, 10)],
      [1_012, synAck(2, 10)],
      later(2_100),
    ]);
    assert.deepEqual(samples, ['reply syn-ack 1', 'lost', 'reply syn-ack 2']);
    assert.deepEqual([totals.sent, totals.sentAgain], [3, 1]);
  });

  it('an answer faster than any other is one to the first: the packets waited, none was lost', () => {
    const { samples, totals } = see([...QUICK, [10, syn(2, 10)], [1_010, syn(2, 10)], [1_010.2, synAck(2, 10)]]);
    assert.deepEqual(samples, ['reply syn-ack 1', 'lost', 'late syn-ack 1000.2']);
    assert.deepEqual([totals.sent, totals.late, totals.lost], [2, 1, 0]);
  });

  it('the time stamps option says it for certain', () => {
    const first = see([...QUICK, [10, syn(2, 10, 110)], [1_010, syn(2, 10, 1_110)], [1_060, synAck(2, 10, 110)]]);
    assert.deepEqual(first.samples.slice(1), ['lost', 'late syn-ack 1050']);
    const second = see([...QUICK, [10, syn(2, 10, 110)], [1_010, syn(2, 10, 1_110)], [1_010.2, synAck(2, 10, 1_110)]]);
    assert.deepEqual(second.samples.slice(1), ['lost', 'reply syn-ack 0.2']);
  });

  it('a third after 1 s and 2 s more', () => {
    const { samples, totals } = see([
      ...QUICK,
      [10, syn(2, 10)],
      [1_010, syn(2, 10)],
      [3_010, syn(2, 10)],
      [3_012, synAck(2, 10)],
    ]);
    assert.deepEqual(samples.slice(1), ['lost', 'lost', 'reply syn-ack 2']);
    assert.equal(totals.sentAgain, 2);
  });

  it('the first connection of a path: nothing is known of its RTT, and an answer just behind the last SYN is to it', () => {
    const { samples, totals } = see([
      [0, syn(2, 10)],
      [1_000, syn(2, 10)],
      [3_000, syn(2, 10)],
      [3_000.8, synAck(2, 10)],
    ]);
    assert.deepEqual(samples, ['lost', 'lost', 'reply syn-ack 0.8']);
    assert.deepEqual([totals.sent, totals.received, totals.lost], [3, 1, 2]);
  });

  it('an RTT that varies: somewhat faster than the fastest so far is no answer to an earlier SYN', () => {
    const { samples } = see([
      [0, syn(1, 1)],
      [66, synAck(1, 1)],
      [100, syn(2, 10)],
      [1_100, syn(2, 10)],
      [1_148, synAck(2, 10)],
    ]);
    assert.deepEqual(samples, ['reply syn-ack 66', 'lost', 'reply syn-ack 48']);
  });

  it('held for a second, sent again, both answered: no more is received than was sent', () => {
    const { samples, totals } = see([
      ...QUICK,
      [10, syn(2, 10)],
      [1_010, syn(2, 10)],
      [1_010.2, synAck(2, 10)],
      [1_013, synAck(2, 10)],
    ]);
    assert.deepEqual(samples.slice(1), ['lost', 'late syn-ack 1000.2']);
    assert.deepEqual([totals.sent, totals.received, totals.duplicates], [2, 2, 1]);
  });

  it('a server that sends the SYN-ACK of the first once more, with its stamp, was asked by the second', () => {
    const { samples, again } = see([
      ...QUICK,
      [10, syn(2, 10, 110)],
      [1_010, syn(2, 10, 1_110)],
      [1_011, synAck(2, 10, 110)],
    ]);
    assert.deepEqual(samples.slice(1), ['lost', 'reply syn-ack 1']);
    assert.deepEqual(again, ['2 SYNs, 1001 ms']);
  });

  it('a SYN-ACK by the timer of the server is a duplicate, seconds later too', () => {
    const { samples, totals } = see([
      [0, syn(2, 10, 5_000)],
      [1_027, syn(2, 10, 6_027)],
      [1_168, synAck(2, 10, 6_027)],
      [2_182, synAck(2, 10, 6_027)],
      [6_182, synAck(2, 10, 6_027)],
    ]);
    assert.deepEqual(samples, ['lost', 'reply syn-ack 141']);
    assert.deepEqual([totals.sent, totals.received, totals.duplicates], [2, 1, 2]);
  });

  it('sent again although answered: the answer was lost behind the capture point', () => {
    const { samples, totals, again } = see([
      [0, syn(2, 10, 5_000)],
      [0.2, synAck(2, 10, 5_000)],
      [1_030, syn(2, 10, 6_030)],
      [1_030.2, synAck(2, 10, 5_000)],
    ]);
    assert.deepEqual(samples, ['reply syn-ack 0.2']);
    assert.deepEqual(
      [totals.sent, totals.received, totals.duplicates, again],
      [1, 1, 1, ['1 SYNs, 0.2 ms, answer lost']],
    );
  });

  it('a client that asks every 34 ms is answered behind the last', () => {
    const asked = Array.from({ length: 12 }, (_, i): Sight => [i * 34, syn(2, 10, 1 + i)]);
    const { samples, totals } = see([...asked, [383, synAck(2, 10)], later(2_000)]);
    assert.equal(samples.filter((one) => one === 'reply syn-ack 9').length, 1);
    assert.deepEqual([totals.sent, totals.received, totals.lost, totals.inFlight], [12, 1, 11, 0]);
  });

  it('refused: the second is answered by a RST', () => {
    const { samples, again } = see([
      [0, syn(2, 10)],
      [1_000, syn(2, 10)],
      [1_000.5, rst(2, 10)],
    ]);
    assert.deepEqual([samples, again], [['lost', 'reply rst 0.5'], ['2 SYNs, 1000.5 ms']]);
  });

  it('probes that all have one number, as those of nping, get an answer each', () => {
    const { samples, totals } = see([
      [0, syn(1, 10)],
      [10, syn(1, 10)],
      [20, syn(1, 10)],
      [25, rst(1, 10)],
      [25.01, rst(1, 10)],
      [25.02, rst(1, 10)],
    ]);
    assert.deepEqual(samples, ['reply rst 5', 'reply rst 15.01', 'reply rst 25.02']);
    assert.deepEqual([totals.sameNumber, totals.sentAgain, totals.lost], [2, 0, 0]);
  });
});

describe('whatever the traffic', () => {
  it('what was sent was received, lost, refused, or is in flight', () => {
    const random = seeded(77);
    const below = (most: number): number => Math.floor(random() * most);
    for (let round = 0; round < 300; round += 1) {
      const sights: Sight[] = [];
      for (let i = 0, at = 0; i < 60; i += 1, at += below(700)) {
        const [port, number] = [1 + below(3), 10 * (1 + below(3))];
        const stamp = below(2) === 0 ? undefined : 1 + below(5_000);
        const kind = below(10);
        if (kind < 5) sights.push([at, syn(port, number, stamp)]);
        else if (kind < 7) sights.push([at, synAck(port, number, stamp)]);
        else if (kind < 8) sights.push([at, rst(port, number)]);
        else if (kind < 9) sights.push([at, complaint(3, 1, syn(port, number))]);
        else sights.push([at, echo(below(2) === 0 ? 'request' : 'reply', 1, below(4))]);
        if (below(40) === 0) at -= 5_000;
      }
      for (const totals of see(sights).exchanges.totals) {
        const { sent, received, lost, errors, inFlight, late } = totals;
        assert.equal(received + lost + errors + inFlight, sent, `round ${round}: ${JSON.stringify(totals)}`);
        assert.ok(received <= sent && late <= received, `round ${round}`);
      }
    }
  });
});

describe('memory', () => {
  it('a flood that nobody answers is remembered in bounds', () => {
    const table = new PathTable(() => true);
    let lost = 0;
    const exchanges = new Exchanges(table, { waitNs: SECOND, matchNs: 30 * SECOND }, ({ samples }) => {
      lost += samples.length;
    });
    const bytes = Uint8Array.from(syn(1, 0));
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 1_200_000; i += 1) {
      view.setUint32(24, i);
      exchanges.packet(bytes, 0, bytes.length, (i * US) / 2, RAW);
    }
    exchanges.finish();
    assert.equal(exchanges.totals[0]?.sent, 1_200_000);
    assert.equal(lost + (exchanges.totals[0]?.inFlight ?? 0), 1_200_000);
    assert.ok(lost >= 1_200_000 - 2 ** 20);
  });

  it('of a scan of thousands of targets only so many paths are followed', () => {
    const sights = Array.from({ length: 3_000 }, (_, i): Sight => {
      const probe = syn(1, i);
      probe[22] = (i >> 8) & 255;
      probe[23] = i & 255;
      return [i / 10, probe];
    });
    const { paths, exchanges } = see(sights);
    assert.equal(paths.length, 2_000);
    assert.equal(exchanges.capture.leftOut, 1_000);
  });
});
