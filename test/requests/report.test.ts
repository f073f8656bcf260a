import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { rxray } from '../e2e/rxray.js';
import { serve } from './asked-server.js';

test('a report shows the phases of requests, and slow ones as bars on the time axis of the packets', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-report-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  const port = await serve(t, (_, response) => {
    count += 1;
    setTimeout(() => response.end('hello'), count % 6 === 0 ? 250 : 0);
  });
  const [file, page] = [join(folder, 'run.rxr'), join(folder, 'report.html')];
  const url = `http://127.0.0.1:${port}/`;
  await rxray('probe', '-q', '--requests-alone', '--http', url, '-d', '5s', '--threshold', '100', '--record', file);
  const { status, err } = await rxray('report', file, '-o', page);
  assert.equal(status, 0, err);
  const markup = readFileSync(page, 'utf8');
  const section = markup.slice(markup.indexOf('<section id="requests"'));
  assert.match(section, /first byte +\d/);
  assert.match(section, /answered: 200 \d+ times/);
  assert.match(
    section,
    /<rect x="\d+" y="\d+" width="\d+" height="\d+" fill="#bc5090" opacity="0\.(9|35)"><title>[^<]+waited for first-byte; packets unseen/,
  );
  assert.doesNotMatch(section.slice(0, section.indexOf('</section>')), /NaN|undefined/);
});
