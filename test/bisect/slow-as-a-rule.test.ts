import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { slowAsARule } from '../../src/bisect/words/slow-as-a-rule.js';
import type { MeasuredPath } from '../../src/model/measured-path.js';
import type { Protocol } from '../../src/model/protocol.js';
import type { Summary } from '../../src/model/summary.js';
import { MS } from '../../src/model/time.js';

/** What paths from one vantage to `web` took at the median, in ms, by protocol; of so many answers. */
function said(took: Readonly<Partial<Record<Protocol, number>>>, received = 200): string[] {
  const all = Object.entries(took) as [Protocol, number][];
  const paths = all.map(
    ([protocol]) => ({ name: `here>web/${protocol}`, vantage: 'here', target: 'web', protocol }) as MeasuredPath,
  );
  const summaries = all.map(
    ([protocol, ms]) => ({ path: `here>web/${protocol}`, received, rttNs: { p50: ms * MS } }) as Summary,
  );
  return slowAsARule(paths, summaries, 50 * MS);
}

suite('requests that are slow as a rule make no incident, and are told', () => {
  test('packets are quick: the server, its work or its quota', () => {
    const [note, ...more] = said({ http: 620, syn: 0.3, icmp: 0.2 });
    assert.deepEqual(more, []);
    assert.match(note ?? '', /^here>web\/http: half of the requests take 620 ms or more, as a rule/);
    assert.match(
      note ?? '',
      /packets to web take 0\.3 ms, so it is the server: its work, what it calls, or its CPU quota/,
    );
  });
  test('names likewise: the resolver, or what it asks', () => {
    assert.match(said({ dns: 90, icmp: 1 }).join(), /so it is the resolver or what it asks$/);
  });
  test('packets take a good part of it: the way there', () => {
    assert.match(said({ http: 120, syn: 110 }).join(), /packets to web take 110 ms: the way there has a part in it$/);
  });
  test('no packets were measured', () => {
    assert.match(said({ http: 120 }).join(), /no packets to web were measured beside them$/);
  });
  test('requests below the threshold, or a few only, are no rule', () => {
    assert.deepEqual([said({ http: 30, syn: 0.3 }), said({ http: 620, syn: 0.3 }, 5)], [[], []]);
  });
});
