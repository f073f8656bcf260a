import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { labDown, labUp } from '../../src/lab/lab.js';
import { type Culprit, culpritSchema } from '../../src/model/culprit.js';
import { explanationSchema } from '../../src/model/explanation.js';
import { MS } from '../../src/model/time.js';
import { drawnAxes, needsChromium, openPage, painted, startBrowser } from '../browser/browser.js';
import { type LabTrial, labTrial, trialWords } from '../verdicts/lab-trial.js';
import { needsRoot } from './lab-probing.js';
import { RXRAY } from './rxray.js';

const LAB = { name: 'recorded' };
const PATH = 'shell>node/icmp';
const AT_MOST_S = 22;
const TOLERANCE_NS = 5 * MS;
/** Share of the explained stalls whose probes on that path are told. */
const LEAST_TOLD = 0.6;
/** Of the injector's stalls of which the trace tells, so many are explained by it. */
const EXPLAINED_SHARE = 0.9;
/** So many of those that are told, if a few stalls run into other waits, may be answered later than the hold ended. */
const MOST_LATER = 0.25;
const run = promisify(execFile);

interface Sample {
  readonly type: string;
  readonly path: string;
  readonly seq: number;
  readonly sent: number;
  readonly rttNs?: number;
}

/** A process holds softirqs off; one bisection of that, live and recorded, looked at from all sides. */
describe('a bisection in the lab, recorded', { ...needsRoot, timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-recorded-'));
  const file = (name: string): string => join(folder, name);
  let trial: LabTrial;
  let lines: Line[];
  let stalls: { start: number; end: number }[];
  /** What the injector's stalls that the tracer saw were said to be. */
  let traced: { stall: { start: number; end: number }; seen: Culprit }[];

  before(async () => {
    const lab = await labUp(LAB, () => {});
    const args = ['--record', file('run.rxr')];
    trial = await labTrial({
      lab,
      faults: ['softirq'],
      seed: 12,
      within: true,
      atMostS: AT_MOST_S,
      periodMs: [400, 1_200],
      args,
    });
    lines = parsed(trial.out);
    const epochNs = BigInt(String(lines.find(({ type }) => type === 'run')?.epochNs));
    stalls = trial.truth.map(({ startRealNs, startMonoNs, endMonoNs }) => {
      const start = Number(BigInt(startRealNs) - epochNs);
      return { start, end: start + endMonoNs - startMonoNs };
    });
    const culprits = lines
      .filter(({ type }) => type === 'culprit')
      .map((line) => culpritSchema.parse(line))
      .filter(({ process }) => process?.name === trial.truth[0]?.comm);
    traced = stalls.flatMap((stall) => {
      const seen = culprits.find(({ release }) => Math.abs(release - stall.end) <= TOLERANCE_NS + trial.longestPauseNs);
      return seen ? [{ stall, seen }] : [];
    });
  });
  after(async () => {
    await labDown(LAB, () => {});
    rmSync(folder, { recursive: true, force: true });
  });

  it('has the right verdict', (t) => {
    t.diagnostic(trialWords(trial));
    assert.equal(trial.standing, 'right', JSON.stringify(trial.verdict, null, 1));
    assert.equal(trial.culprit, 'right', JSON.stringify(trial.verdict.culprit, null, 1));
  });

  it('names the process, system call and CPU that the injector logged', (t) => {
    const { culprit } = trial.verdict;
    const [first] = trial.truth;
    assert.ok(culprit && first);
    t.diagnostic(
      `${culprit.incidents.length} incidents (${Math.round(culprit.share * 100)} %), ${culprit.probes.length} probes`,
    );
    assert.deepEqual(
      {
        class: culprit.class,
        process: culprit.process,
        pids: culprit.pids,
        syscall: culprit.syscall,
        cpus: culprit.cpus,
      },
      { class: 'bh-off-in-syscall', process: first.comm, pids: [first.pid], syscall: 'bpf', cpus: [first.cpu] },
    );
    assert.equal(culprit.vantage, 'node');
    assert.ok(culprit.convicted && !culprit.rxray);
  });

  it('explains nine of ten incidents of the injector, one a stall', (t) => {
    const explanation = explanationSchema.parse(lines.find(({ type }) => type === 'explanation'));
    const slackNs = TOLERANCE_NS + trial.longestPauseNs;
    // Beside the injector's stalls the machine has pauses of its own, which are incidents too.
    const ofStalls = stalls.map((stall) =>
      explanation.traces.filter(({ release }) => Math.abs(release - stall.end) <= slackNs),
    );
    for (const [i, traces] of ofStalls.entries()) {
      // A pause of the machine right after the hold is released is a wait of its own.
      const released = traces.filter(({ release }) => Math.abs(release - (stalls[i]?.end ?? 0)) <= TOLERANCE_NS);
      assert.ok(released.length <= 1, `one stall, several incidents: ${JSON.stringify(traces)}`);
    }
    const comm = trial.truth[0]?.comm;
    const told = ofStalls.flat().filter(({ waited }) => waited !== 'unknown');
    const explained = told.filter(({ waited, culprit }) => waited === 'yes' && culprit === comm);
    t.diagnostic(
      `${explained.length} of ${told.length} explained; the trace does not tell of ${ofStalls.flat().length - told.length}; ${explanation.incidents} incidents in all`,
    );
    assert.deepEqual(
      told.filter(({ waited, culprit }) => waited === 'no' || (culprit !== null && culprit !== comm)),
      [],
    );
    assert.ok(told.length >= 3, `the trace tells of ${told.length}`);
    assert.ok(explained.length >= EXPLAINED_SHARE * told.length, `${explained.length} of ${told.length} explained`);
  });

  it('tells how long it held the CPU', () => {
    assert.ok(traced.length >= 3, `${traced.length} stalls traced`);
    for (const { stall, seen } of traced) {
      const offNs = Math.abs(seen.lengthNs - (stall.end - stall.start));
      assert.ok(
        offNs <= TOLERANCE_NS + trial.longestPauseNs,
        `length off by ${offNs / 1e6} ms: ${JSON.stringify(seen)}`,
      );
    }
  });

  it('tells the probes that it delayed, and by how much', async () => {
    await run(process.execPath, [RXRAY, 'export', file('run.rxr'), '--ndjson', '-o', file('run.ndjson')]);
    const samples = (parsed(readFileSync(file('run.ndjson'), 'utf8')) as unknown as Sample[]).filter(
      ({ type, path }) => type === 'sample' && path === PATH,
    );
    const probes = trial.verdict.culprit?.probes ?? [];
    const delayed = new Map(probes.filter(({ path }) => path === PATH).map((probe) => [probe.seq, probe]));
    const slackNs = 2 * MS + trial.longestPauseNs;
    // An incident that another pause runs into is not put down to it; of those that are, each probe has to be told.
    const explanation = explanationSchema.parse(lines.find(({ type }) => type === 'explanation'));
    const explained = traced.filter(({ stall }) =>
      explanation.traces.some(
        ({ release, waited }) =>
          waited === 'yes' && Math.abs(release - stall.end) <= TOLERANCE_NS + trial.longestPauseNs,
      ),
    );
    const told = explained.filter(({ stall }) =>
      samples.some(({ seq, sent }) => sent > stall.start && sent < stall.end && delayed.has(seq)),
    );
    assert.ok(told.length >= 3, `${told.length} stalls told`);
    assert.ok(told.length >= LEAST_TOLD * explained.length, `${told.length} of ${explained.length} explained stalls`);
    let held = 0;
    let later = 0;
    for (const { seq, sent, rttNs = -1 } of samples) {
      const within = told.find(({ stall }) => sent > stall.start + slackNs && sent < stall.end - slackNs);
      if (within) {
        const lateNs = sent + rttNs - within.stall.end;
        if (rttNs < 0) continue;
        // What then waited for something else, as a pause of the machine, is not put down to who held: a few at most.
        if (lateNs > TOLERANCE_NS) {
          later += 1;
          continue;
        }
        held += 1;
        const delayNs = delayed.get(seq)?.delayNs;
        assert.ok(
          delayNs !== undefined,
          `probe ${seq} was sent while it held, answered ${lateNs / 1e6} ms after the release, and is not told`,
        );
        const offNs = Math.abs(delayNs - (within.stall.end - sent));
        assert.ok(offNs <= TOLERANCE_NS + trial.longestPauseNs, `delay of probe ${seq} off by ${offNs / 1e6} ms`);
      }
      const outside = stalls.every(({ start, end }) => sent < start - slackNs || sent > end + slackNs);
      assert.ok(!(outside && delayed.has(seq)), `probe ${seq} was sent while nobody held`);
    }
    assert.ok(held >= 12, `${held} probes of ${PATH} were sent while it held`);
    assert.ok(later <= MOST_LATER * held, `${later} answered later than the ${held} others`);
  });

  it('is reported as the live run said it', async () => {
    await run(process.execPath, [RXRAY, 'report', file('run.rxr'), '-o', file('report.json'), '-q']);
    await run(process.execPath, [RXRAY, 'report', file('run.rxr'), '-o', file('report.md'), '-q']);
    assert.ok(existsSync(file('report.md')));
    const told = JSON.parse(readFileSync(file('report.json'), 'utf8'));
    const live = (type: string) => lines.filter((line) => line.type === type);
    assert.deepEqual(told.verdict, live('verdict')[0]);
    assert.deepEqual(told.summaries, live('summary'));
    assert.deepEqual(told.findings.sort(byRelease), live('finding').sort(byRelease));
    assert.deepEqual(told.incidents.sort(byRelease), live('incident').sort(byRelease));
    assert.ok(told.findings.length > 0, 'the fault was found');
  });

  it('is a page that shows its stalls', needsChromium, async () => {
    await run(process.execPath, [RXRAY, 'report', file('run.rxr'), '-o', file('report.html'), '-q']);
    const browser = await startBrowser();
    try {
      const { page, troubles } = await openPage(browser, file('report.html'));
      assert.ok((await page.locator('h1').textContent())?.startsWith(trial.verdict.cause));
      const summaries = lines.filter(({ type }) => type === 'summary').length;
      assert.equal(await page.locator('#evidence > div tbody tr').count(), summaries);
      await page.locator('#plots').scrollIntoViewIfNeeded();
      await page.waitForSelector('.canvas[data-from]');
      await page.locator('#stalls button.show').first().click();
      await painted(page);
      const [axis] = await drawnAxes(page);
      assert.ok(axis && axis.to - axis.from < 2, JSON.stringify(axis));
      assert.deepEqual(troubles, []);
    } finally {
      await browser.close();
    }
  });
});

interface Line {
  readonly type?: string;
  readonly [key: string]: unknown;
}

const releaseOf = (line: Line): number => Number(line.release);
const byRelease = (a: Line, b: Line): number =>
  releaseOf(a) - releaseOf(b) || String(a.path).localeCompare(String(b.path));

function parsed(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
