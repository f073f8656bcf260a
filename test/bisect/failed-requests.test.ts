import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { unlessFailing } from '../../src/bisect/weigh/judgement.js';
import { failedRequests } from '../../src/bisect/words/failed-requests.js';
import type { MeasuredPath } from '../../src/model/measured-path.js';
import type { RequestSummary, Summary } from '../../src/model/summary.js';

type Told = Pick<RequestSummary, 'failures' | 'statuses'>;

function failed(told: Partial<Told>, protocol: 'http' | 'dns' = 'http'): { what: string; most: boolean }[] {
  const name = `here>web/${protocol}`;
  const paths = [{ name, vantage: 'here', target: 'web', protocol } as MeasuredPath];
  const requests = { failures: [], statuses: [], ...told };
  return failedRequests(paths, [{ path: name, sent: 60, requests } as unknown as Summary]);
}

suite('requests that fail make no incident, and are told', () => {
  test('a port that refuses: all of them, with the phase and the code', () => {
    assert.deepEqual(failed({ failures: [{ phase: 'connect', failure: 'ECONNREFUSED', requests: 60 }] }), [
      { what: 'here>web/http: of 60 requests 60 ECONNREFUSED (connect)', most: true },
    ]);
  });
  test('a server that answers quickly that it cannot', () => {
    const told = failed({
      statuses: [
        { status: 200, requests: 48 },
        { status: 503, requests: 12 },
      ],
    });
    assert.deepEqual(told, [{ what: 'here>web/http: of 60 requests 12 answered with code 503', most: false }]);
  });
  test('a page that is not there, a name that is not there, and a failure in twenty are answers, or chance', () => {
    assert.deepEqual(
      [
        failed({ statuses: [{ status: 404, requests: 60 }] }),
        failed({ statuses: [{ status: 3, requests: 60 }] }, 'dns'),
        failed({ failures: [{ phase: 'body', failure: 'ECONNRESET', requests: 3 }] }),
      ],
      [[], [], []],
    );
  });
  test('a resolver that refuses', () => {
    assert.equal(failed({ statuses: [{ status: 5, requests: 60 }] }, 'dns')[0]?.most, true);
  });
  test('where most fail and nothing waits it is not healthy; where something waits that is judged', () => {
    const healthy = { says: 'healthy', probability: 0.99 } as const;
    assert.equal(unlessFailing(healthy, 0), healthy);
    const { says, ...more } = unlessFailing(healthy, 1);
    assert.deepEqual([says, 'why' in more && more.why], ['inconclusive', 'requests-fail']);
    const alike = { says: 'inconclusive', leading: null, alike: [], probability: 0.5, why: 'alike' } as const;
    assert.equal(unlessFailing(alike, 1), alike);
  });
});
