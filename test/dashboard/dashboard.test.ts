import assert from 'node:assert/strict';
import { mock, type TestContext, test } from 'node:test';
import { Dashboard } from '../../src/dashboard/dashboard.js';
import { capabilitiesOf } from '../../src/dashboard/drawing/capabilities.js';
import { FramePacer } from '../../src/dashboard/frame-pacer.js';
import { lookOf } from '../../src/dashboard/terminal/palette.js';
import { MS } from '../../src/model/time.js';
import { columnsOf, PATH, runOf, UNICODE } from './build-dashboard.js';
import { FakeTerminal } from './fake-terminal.js';

/** A dashboard on a fake terminal, in fake time: `pass` lets milliseconds go by. */
function open(t: TestContext) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  let nowMs = 0;
  let quits = 0;
  const terminal = new FakeTerminal();
  const dashboard = new Dashboard(terminal, {
    capabilities: UNICODE,
    expectedPaths: 1,
    onQuit: () => {
      quits += 1;
    },
    now: () => nowMs,
    zone: 'UTC',
  });
  t.after(() => dashboard.close());
  dashboard.take({ kind: 'run', run: runOf([PATH], { flows: 1, freshPerSecond: 0 }) });
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 5) {
      nowMs += 5;
      mock.timers.tick(5);
    }
  };
  let sent = 0;
  const probe = (count: number): void => {
    const probes = Array.from({ length: count }, () => ({ seq: sent, sentNs: sent++ * 10 * MS, rttNs: MS }));
    dashboard.take({ kind: 'samples', samples: columnsOf(probes), paths: [PATH] });
  };
  return { terminal, dashboard, pass, probe, quits: () => quits };
}

/** What the details say of the number of probes. */
const sentOf = (text: string): number => Number(/probes +(\d+) sent/.exec(text)?.[1]);

test('100 frames of backlog are dropped, samples never', (t) => {
  const { terminal, dashboard, pass, probe } = open(t);
  terminal.press('enter');
  pass(200);
  const before = terminal.frames;
  terminal.takes = false;
  for (let i = 0; i < 100; i += 1) {
    probe(100);
    pass(100);
  }
  assert.equal(terminal.frames, before, 'nothing is painted on a terminal that takes nothing');
  assert.ok(dashboard.droppedFrames >= 99, `${dashboard.droppedFrames} frames dropped`);
  terminal.takes = true;
  pass(200);
  assert.ok(terminal.frames - before <= 2, `${terminal.frames - before} frames after it`);
  assert.equal(sentOf(terminal.text), 10_000);
});

test('ten frames a second at most, however many samples come', (t) => {
  const { terminal, pass, probe } = open(t);
  for (let i = 0; i < 200; i += 1) {
    probe(10);
    pass(10);
  }
  assert.ok(terminal.frames >= 15 && terminal.frames <= 21, `${terminal.frames} frames in 2 s`);
});

test('without news one frame a second, for the time that nothing was heard', (t) => {
  const { terminal, pass, probe } = open(t);
  probe(1);
  pass(200);
  const before = terminal.frames;
  pass(5_000);
  assert.ok(
    terminal.frames - before >= 4 && terminal.frames - before <= 6,
    `${terminal.frames - before} frames in 5 s`,
  );
  assert.match(terminal.text, /no data for [45] s/);
});

test('a key shows at once', (t) => {
  const { terminal, pass, probe } = open(t);
  probe(1);
  pass(200);
  terminal.press('?');
  pass(20);
  assert.match(terminal.text, /─ keys ─/);
});

test('held: the picture stays, counting goes on, and what was missed is there afterwards', (t) => {
  const { terminal, pass, probe } = open(t);
  terminal.press('enter');
  probe(100);
  pass(200);
  terminal.press('space');
  probe(400);
  pass(500);
  assert.equal(sentOf(terminal.text), 100);
  assert.match(terminal.text, /‖ held/);
  terminal.press('space');
  pass(200);
  assert.equal(sentOf(terminal.text), 500);
});

test('reset counts anew', (t) => {
  const { terminal, pass, probe } = open(t);
  terminal.press('enter');
  probe(100);
  pass(200);
  terminal.press('r');
  probe(7);
  pass(200);
  assert.equal(sentOf(terminal.text), 7);
});

test('q, Ctrl-C and a terminal that hangs up all ask to end', (t) => {
  const { terminal, quits } = open(t);
  terminal.press('q');
  terminal.press('C-c');
  terminal.hangUp();
  assert.equal(quits(), 3);
});

test('m gives the mouse back to the terminal, and takes it again', (t) => {
  const { terminal } = open(t);
  terminal.press('m');
  assert.equal(terminal.mouse, false);
  terminal.press('m');
  assert.equal(terminal.mouse, true);
});

test('closed: the terminal is given back once, and nothing is painted any more', (t) => {
  const { terminal, dashboard, pass, probe } = open(t);
  probe(1);
  pass(200);
  dashboard.close();
  dashboard.close();
  const before = terminal.frames;
  probe(100);
  pass(2_000);
  assert.deepEqual([terminal.closed, terminal.frames - before], [1, 0]);
});

test('a resize is heeded with the next frame', (t) => {
  const { terminal, pass, probe } = open(t);
  probe(1);
  pass(200);
  terminal.size = { columns: 60, rows: 10 };
  probe(1);
  pass(200);
  assert.match(terminal.text, /this is 60 x 10/);
});

test('painting takes a twentieth of the time at most: slow frames come further apart', () => {
  const pacer = new FramePacer();
  assert.equal(pacer.painted(2), 100);
  const slow = new FramePacer();
  assert.equal(slow.painted(20), 400);
  assert.equal(slow.painted(20), 400);
  assert.equal(new FramePacer().painted(500), 1_000);
});

test('one slow frame among quick ones slows nothing down for long', () => {
  const pacer = new FramePacer();
  for (let i = 0; i < 10; i += 1) pacer.painted(2);
  assert.ok(pacer.painted(20) < 150);
});

test('what the environment says of the terminal', () => {
  const utf8 = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' };
  const known = (environment: Record<string, string>, ascii = false): string => {
    const found = capabilitiesOf(environment, ascii);
    return found === null ? 'none' : `${found.glyphs.dots} ${found.colour ? 'colour' : 'plain'}`;
  };
  assert.equal(known(utf8), 'braille colour');
  assert.equal(known({ ...utf8, NO_COLOR: '1' }), 'braille plain');
  assert.equal(known({ ...utf8, NO_COLOR: '' }), 'braille colour');
  assert.equal(known({ ...utf8, LC_ALL: 'C' }), 'ascii colour');
  assert.equal(known({ TERM: 'xterm', LANG: 'C' }), 'ascii colour');
  assert.equal(known({ TERM: 'xterm' }), 'ascii colour');
  assert.equal(known({ TERM: 'xterm', LC_CTYPE: 'C.utf8' }), 'braille colour');
  assert.equal(known({ ...utf8, TERM: 'linux' }), 'ascii colour');
  assert.equal(known({ ...utf8, TERM: 'vt100' }), 'ascii plain');
  assert.equal(known({ ...utf8, TERM: 'dumb' }), 'none');
  assert.equal(known({ LANG: 'C.UTF-8' }), 'none');
  assert.equal(known(utf8, true), 'ascii colour');
});

test('without colour no style asks for one, and what matters still stands out', () => {
  for (const style of [
    'plain',
    'dim',
    'title',
    'strong',
    'ok',
    'warn',
    'bad',
    'stall',
    'lost',
    'alarm',
    'selected',
    'bar',
  ] as const) {
    const look = lookOf(style, false);
    assert.deepEqual([look.colour, look.background], [undefined, undefined], style);
  }
  for (const style of ['warn', 'bad', 'stall', 'lost', 'alarm', 'selected'] as const) {
    assert.notDeepEqual(lookOf(style, false), {}, style);
  }
});
