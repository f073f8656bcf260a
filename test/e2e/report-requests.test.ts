import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '../requests/asked-server.js';
import { needsRoot } from './lab-probing.js';
import { rxray } from './rxray.js';

test('a report lays slow requests over the SYNs to the same port: packets passed, on one time axis', {
  ...needsRoot,
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-report-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const port = await serve(t, (_, response) => {
    count += 1;
    setTimeout(() => response.end('hello'), count % 6 === 0 ? 250 : 0);
  });
  const [file, page] = [join(folder, 'run.rxr'), join(folder, 'report.html')];
  const asked = ['probe', '-q', '--http', `http://127.0.0.1:${port}/`, '-d', '5s', '--threshold', '100'];
  await rxray(...asked, '--record', file);
  const { status, err } = await rxray('report', file, '-o', page);
  assert.equal(status, 0, err);
  const markup = readFileSync(page, 'utf8');
  const from = markup.indexOf('<section id="requests"');
  const section = markup.slice(from, markup.indexOf('</section>', from));
  assert.ok([...section.matchAll(/<circle /g)].length > 50, 'the SYNs beside them');
  const bars = [...section.matchAll(/<rect x="(\d+)"[^>]*fill="#bc5090"[^>]*><title>[^<]+packets (\w+)/g)];
  assert.ok(bars.length >= 3, `${bars.length} slow requests`);
  assert.ok(
    bars.filter(([, , wire]) => wire === 'passed').length >= 0.7 * bars.length,
    JSON.stringify(bars.map(([all]) => all)),
  );
  assert.doesNotMatch(section, /NaN|undefined/);
});
