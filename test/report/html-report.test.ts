import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { jsonReport } from '../../src/report/document/json-report.js';
import { markdownReport } from '../../src/report/document/markdown-report.js';
import { htmlReport } from '../../src/report/html/html-report.js';
import { assets, hostileDocument, MS, reportDocument, verdict } from './build-document.js';
import { run, stall, summary } from './build-run.js';
import { SERVER_CALL } from './server-call.js';

describe('the report as a page', () => {
  test('says the verdict with its doubt, what was ruled out and what was not told apart', () => {
    const page = htmlReport(reportDocument(), assets, 'UTC');
    assert.match(page, /<h1 id="verdict-title">rx-queue or host at node<\/h1>/);
    assert.match(page, /It is one of these with probability 0\.982; rx-queue alone: 0\.982\./);
    assert.match(page, /<dt>nat<\/dt><dd>paths without address translation waited too<\/dd>/);
    assert.match(
      page,
      /<h2>Less likely, but not ruled out<\/h2>.*<dt>network<\/dt><dd>by a factor of 37: other flows of the same path passed<\/dd>/,
    );
    assert.match(page, /<li>host<\/li>/);
    assert.match(page, /2026-11-22 01:14:33\.411 UTC/);
    assert.match(page, /add a second vantage/);
    assert.match(page, /What was measured fits each of them about equally well\./);
    assert.doesNotMatch(page, /Some receive queues of node are not served/);
    const alone = htmlReport(reportDocument({ verdict: { ...verdict, indistinguishable: [] } }), assets, 'UTC');
    assert.match(alone, /<h1 id="verdict-title">rx-queue at node<\/h1>/);
    assert.match(alone, /Some receive queues of node are not served for a while; the others are\./);
  });

  test('forbids itself the network and every script but its own', () => {
    const page = htmlReport(reportDocument(), assets, 'UTC');
    const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    assert.ok(policy.startsWith('default-src &#39;none&#39;; script-src'), policy);
    assert.ok(policy.includes(`sha256-${hash}`), policy);
    assert.ok(!policy.includes('unsafe'), policy);
    assert.doesNotMatch(page, /(?:src|href)="(?!#)/);
    assert.doesNotMatch(page, / style=/);
  });

  test('shows hostile texts of a recording as text', () => {
    const page = htmlReport(hostileDocument(), assets, 'UTC');
    assert.equal(page.match(/<script/g)?.length, 2, 'the data and the script of the page');
    assert.equal(page.match(/<\/script/g)?.length, 2);
    assert.doesNotMatch(page, /<img/);
    assert.doesNotMatch(page, /<!--/);
    assert.doesNotMatch(page, /\u202e/);
    assert.match(page, /x&quot;&#39;&gt;&lt;script&gt;alert\(1\)/);
  });

  test('tells of culprits where a tracer saw some, and has no such section otherwise', () => {
    const culprit = {
      fromNs: 1010 * MS,
      toNs: 1131 * MS,
      machine: 'node',
      headline: 'cadvisor in read(2) of /sys/fs/cgroup/memory/memory.stat',
      held: 'had CPU 3 for 120.4 of the 121.0 ms that packets waited',
      details: ['kept ksoftirqd/3 waiting'],
      stack: ['mem_cgroup_node_nr_lru_pages', 'memcg_stat_show'],
    };
    assert.doesNotMatch(htmlReport(reportDocument(), assets, 'UTC'), /id="culprits"|#culprits/);
    const page = htmlReport(reportDocument({ culprits: [culprit] }), assets, 'UTC');
    assert.match(page, /<a href="#culprits">Culprits<\/a>/);
    assert.match(page, /cadvisor in read\(2\).*on node: had CPU 3 for 120\.4 of the 121\.0 ms that packets waited/s);
    assert.match(page, /mem_cgroup_node_nr_lru_pages\nmemcg_stat_show/);
  });

  test('a recording of probe has no verdict: it says what was found, and what would find the cause', () => {
    const page = htmlReport(reportDocument({ verdict: null, command: 'probe' }), assets, 'UTC');
    assert.match(page, /<h1 id="verdict-title">1 stall<\/h1>/);
    assert.match(page, /which stage is to blame is for rxray bisect to say/);
  });

  test('the system calls that a server sat in stand with the verdict', () => {
    const page = htmlReport(
      reportDocument({ verdict: { ...verdict, cause: 'server', satIn: [SERVER_CALL] } }),
      assets,
      'UTC',
    );
    assert.match(page, /sat in flock\(3&lt;\/var\/lock\/x&gt;, LOCK_EX\) for up to 204 ms: 8 of 9 slow requests/);
    assert.match(page, /<code>flock_lock_inode_wait ← __x64_sys_flock<\/code>/);
  });

  test('a healthy and an inconclusive verdict read as such', () => {
    const healthy = {
      ...verdict,
      cause: 'healthy',
      where: null,
      indistinguishable: [],
      noStallLongerThanNs: 35 * MS,
      probability: 0.97,
    };
    assert.match(
      htmlReport(reportDocument({ verdict: healthy }), assets, 'UTC'),
      /No stall of a whole host longer than 35 ms\./,
    );
    const open = { ...verdict, cause: 'inconclusive', where: null, reason: 'one vantage alone cannot tell' };
    const page = htmlReport(reportDocument({ verdict: open }), assets, 'UTC');
    assert.match(page, /class="verdict open"/);
    assert.match(page, /One vantage alone cannot tell\./);
  });

  test('says what the plots leave out', () => {
    assert.match(htmlReport(reportDocument(), assets, 'UTC'), /All 912 probes of these paths are drawn/);
    const plots = reportDocument().plots.map((plot) => ({ ...plot, samples: 5_000_000, bucketNs: 640 * MS }));
    assert.match(
      htmlReport(reportDocument({ plots }), assets, 'UTC'),
      /912 of 5,000,000 probes are drawn.*the first, the last, the fastest and the slowest of every 640 ms/s,
    );
  });

  test('thousands of findings make no endless table: the longest are shown, and how many were not', () => {
    const shown = Array.from({ length: 3_000 }, (_, index) => ({
      ...stall,
      startMin: 1e9 * index,
      startMax: 1e9 * index + 1e7,
      release: 1e9 * index + 1e8 + index,
    }));
    const page = htmlReport(reportDocument({ findings: { shown, leftOut: 100 } }), assets, 'UTC');
    assert.match(page, /The longest 500 of 3100 findings/);
    assert.ok(page.length < 1_500_000, `${page.length} characters`);
  });
});

describe('the report in Markdown and JSON', () => {
  test('Markdown has the answer first, and tables that hostile names cannot break', () => {
    const plain = markdownReport(reportDocument(), 'UTC').split('\n');
    assert.equal(plain[0], '# rx-queue or host at node');
    assert.ok(plain.includes('- **nat**: paths without address translation waited too'), plain.join('\n'));
    assert.ok(
      plain.includes('- **network** (by a factor of 37): other flows of the same path passed'),
      plain.join('\n'),
    );
    assert.ok(
      plain.some((line) => line.startsWith(`| ${summary.path} | 1 | 13 | 4 of 16 | 2 | 0.200 ms |`)),
      plain.join('\n'),
    );
    const hostile = markdownReport(hostileDocument(), 'UTC');
    assert.doesNotMatch(hostile, /<(?:script|img|!--)/);
    const evil = reportDocument({ summaries: [{ ...summary, path: 'a|b](http://198.51.100.1/)\n# x' }] });
    assert.ok(
      markdownReport(evil, 'UTC').includes('| a\\|b\\](http:&#47;&#47;198.51.100.1/) \\# x | 1 |'),
      markdownReport(evil, 'UTC'),
    );
  });

  test('JSON has everything but the points of the plots', () => {
    const document = JSON.parse(jsonReport(reportDocument())) as Record<string, unknown>;
    assert.equal(document.type, 'report');
    assert.equal(document.epochNs, run.epochNs);
    assert.deepEqual(document.verdict, verdict);
    assert.deepEqual(document.findings, [stall]);
    assert.deepEqual(document.plots, [{ path: summary.path, samples: 912, drawn: 912, bucketNs: 0 }]);
  });
});
