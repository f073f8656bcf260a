import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lengthOf } from '../../src/dashboard/drawing/line.js';
import { DashboardState } from '../../src/dashboard/state/dashboard-state.js';
import { MS, SECOND } from '../../src/model/time.js';
import { stall } from '../report/build-run.js';
import {
  ASCII,
  columnsOf,
  contextOf,
  draw,
  inStyle,
  PATH,
  QUEUE_STALL,
  runOf,
  STALL,
  stateOf,
  tell,
  verdict,
} from './build-dashboard.js';

const SIZES = [
  [80, 24],
  [81, 25],
  [119, 30],
  [120, 31],
  [160, 50],
  [200, 60],
  [400, 100],
] as const;

/** The rows of the strip between its title and its axis, without the scale. */
function plot(text: readonly string[]): string[] {
  const from = text.findIndex((line) => /^[─-] 172/.test(line));
  const to = text.findIndex((line) => line.startsWith('     ms '));
  return text.slice(from + 1, to).map((line) => line.slice(8));
}

test('every size is filled exactly, in every mode, with and without Unicode', () => {
  const state = stateOf(QUEUE_STALL);
  for (const [columns, rows] of SIZES) {
    for (const mode of ['overview', 'paths', 'strip', 'flows', 'log'] as const) {
      for (const overlay of ['none', 'help', 'details', 'columns'] as const) {
        for (const capabilities of [undefined, ASCII]) {
          const { lines } = draw(contextOf(state, { mode, overlay }, capabilities), columns, rows);
          assert.equal(lines.length, rows, `${mode} ${overlay} ${columns} x ${rows}`);
          assert.deepEqual([...new Set(lines.map(lengthOf))], [columns], `${mode} ${overlay} ${columns} x ${rows}`);
        }
      }
    }
  }
});

test('before the first record: it says that it starts', () => {
  const { text } = draw(contextOf(new DashboardState(1)));
  assert.match(text[0] ?? '', /starting $/);
});

test('healthy: the header says so, the path is marked as well, the figures stand there', () => {
  const { text, lines } = draw(contextOf(stateOf({ durationNs: 5 * SECOND, jitterNs: () => 0 })));
  assert.match(text[0] ?? '', /● nothing waited longer than 100 ms .*▶ live 14:14:38 UTC $/);
  assert.match(text[1] ?? '', /path +rate +loss p50 ms p99 ms max ms stalls {2}worst/);
  assert.match(text[2] ?? '', /^▸ ● 172\.16\.47\.27:30927\/syn +100\/s +0% {2}0\.200 {2}0\.200 {2}0\.200 +0 +▁▁▁▁▁$/);
  assert.equal(inStyle(lines, 'stall'), '');
  assert.equal(inStyle(lines, 'alarm'), '');
});

test('a stall: a diagonal of held probes that comes down to the mark of its release', () => {
  const { text, lines, window } = draw(contextOf(stateOf(STALL)));
  assert.match(text[0] ?? '', /■ 1 stall, the last 1 s ago/);
  assert.match(text.join('\n'), /■ 1\d\d\.\d ms, 1\d held till 14:14:36\.551/);
  assert.equal(window.shows, 'stall');
  const rows = plot(text);
  const axis = text.find((line) => line.startsWith('     ms '))?.slice(8) ?? '';
  // The first dot in each row of the upper part moves right as it comes down, ten milliseconds a dot.
  const columns = rows.slice(0, -1).flatMap((row) => {
    const column = [...row].findIndex((character) => /[\u2801-\u28ff]/.test(character));
    return column < 0 ? [] : [column];
  });
  assert.ok(columns.length >= 3, rows.join('\n'));
  assert.deepEqual(
    columns,
    [...columns].sort((a, b) => a - b),
  );
  const release = axis.indexOf('▲');
  assert.ok(release - (columns[0] ?? 0) >= 5 && release - (columns[0] ?? 0) <= 7, `${columns} ${release}`);
  assert.match(inStyle(lines, 'stall'), /▲/);
});

test('a stall above the threshold alone is red or magenta, what waited less belongs to it too', () => {
  const { lines } = draw(contextOf(stateOf(STALL), { mode: 'strip' }), 120, 60);
  const held = [...inStyle(lines, 'stall')].filter((character) => /[\u2801-\u28ff]/.test(character));
  assert.ok(held.length >= 6, held.join(''));
  assert.equal(
    inStyle(lines, 'bad').replace(/[^\u2801-\u28ff]/g, ''),
    '',
    'no dot above the threshold is left out of it',
  );
});

test('flows that wait together end together: a row each where there is room', () => {
  const { text } = draw(contextOf(stateOf(QUEUE_STALL), { mode: 'flows' }));
  const rows = text.filter((line) => /^ {5,6}\d+ .*[·■]/.test(line));
  assert.equal(rows.length, 16);
  const held = rows.filter((line) => line.includes('■'));
  assert.deepEqual(
    held.map((line) => line.slice(0, 7).trim()),
    ['2', '6', '10', '14'],
  );
  const ends = held.flatMap((line) => (line.includes('┫') ? [line.indexOf('┫')] : []));
  assert.equal(new Set(ends).size, 1, held.join('\n'));
  assert.ok(text.some((line) => line.includes('4 of 16 waited: 2 6 10 14')));
});

test('flows without room: four to a row, held ones as lines of dots', () => {
  const { text, lines } = draw(contextOf(stateOf(QUEUE_STALL)));
  assert.deepEqual(
    text.flatMap((line) => /^ {2,4}(\d+-\d+) /.exec(line)?.[1] ?? []),
    ['0-3', '4-7', '8-11', '12-15'],
  );
  assert.match(inStyle(lines, 'stall'), /[\u2802\u2812\u2810]{2,}|[\u2824\u2826\u2834]/);
});

test('the strip of requests: the phase that slow ones waited in, over the SYNs to the same port', () => {
  const [http, syn] = ['local>http://172.16.47.27:8080//http', 'local>172.16.47.27:8080/syn'];
  const at = { address: '172.16.47.27', port: 8080 };
  const state = new DashboardState(1);
  const asked = runOf([http, syn], at);
  const paths = asked.paths.map((path, index) => ({
    ...path,
    protocol: index === 0 ? ('http' as const) : ('syn' as const),
  }));
  state.take({ kind: 'run', run: { ...asked, paths, thresholdNs: 100 * MS } });
  const every = (ns: number, count: number): readonly number[] => Array.from({ length: count }, (_, i) => i * ns);
  const requests = every(100 * MS, 40).map((sentNs, seq) => ({
    sentNs,
    seq,
    path: 0,
    rttNs: seq === 20 ? 180 * MS : MS,
  }));
  const packets = every(10 * MS, 400).map((sentNs, seq) => ({ sentNs, seq, path: 1, rttNs: 0.2 * MS }));
  state.take({ kind: 'samples', samples: columnsOf([...requests, ...packets]), paths: [http, syn] });
  const request = { phase: 'first-byte' as const, phaseNs: 178 * MS, wire: 'passed' as const, packets: 18 };
  const slow = {
    ...stall,
    kind: 'rtt-spike' as const,
    startMin: 2 * SECOND,
    startMax: 2 * SECOND,
    release: 2.18 * SECOND,
  };
  tell(state, { ...slow, peakRttNs: 180 * MS, probes: 1, request }, http);
  const { lines, text } = draw(contextOf(state, { mode: 'strip' }), 120, 30);
  assert.match(inStyle(lines, 'warn'), /f/, text.join('\n'));
  const alone = new DashboardState(1);
  alone.take({ kind: 'run', run: { ...asked, paths: paths.slice(0, 1), thresholdNs: 100 * MS } });
  alone.take({ kind: 'samples', samples: columnsOf(requests), paths: [http] });
  const faint = (of: DashboardState): number =>
    [...inStyle(draw(contextOf(of, { mode: 'strip' }), 120, 30).lines, 'dim').matchAll(/[\u2801-\u28ff]/g)].length;
  assert.ok(faint(state) > faint(alone), 'the SYNs are there');
});

test('losses: counted exactly, shown in the strip, in the history and in the log', () => {
  const state = stateOf({
    durationNs: 5 * SECOND,
    isLost: (sentNs) => sentNs >= 3.9 * SECOND && sentNs < 3.95 * SECOND,
  });
  const { text, lines } = draw(contextOf(state, { endNs: 4.3 * SECOND }));
  assert.match(text[0] ?? '', /\? 5 probes lost, 1%/);
  assert.match(text[2] ?? '', /^▸ \? .* 1% .*▁▁▁\?▁/);
  assert.match(plot(text)[0] ?? '', /\?\?/);
  assert.match(inStyle(lines, 'lost'), /\?/);
  assert.match(text.join('\n'), /14:14:37\.\d+ \? loss-episode +5 lost {2}172\.16\.47\.27:30927\/syn; in /);
});

test('no reply at all is silence, not 100 % of something', () => {
  const state = new DashboardState(1);
  state.take({ kind: 'run', run: runOf([PATH]) });
  state.take({
    kind: 'samples',
    paths: [PATH],
    samples: columnsOf(Array.from({ length: 400 }, (_, i) => ({ sentNs: i * 10 * MS }))),
  });
  const { text } = draw(contextOf(state));
  assert.match(text[0] ?? '', /✗ no reply at all/);
  assert.match(text[2] ?? '', /^▸ ✗ .* 100% +- +- +- /);
});

test('a self-inflicted finding convicts nobody: no stall is counted, and the quality says so', () => {
  const state = stateOf({ durationNs: 5 * SECOND });
  tell(state, { ...stall, release: 4 * SECOND, startMin: 3.8 * SECOND, startMax: 3.81 * SECOND, selfInflicted: true });
  const { text, lines } = draw(contextOf(state));
  assert.match(text[0] ?? '', /● nothing waited longer/);
  assert.match(text.join('\n'), /~ stall +1\d\d\.\d ms {2}172\.16\.47\.27:30927\/syn; self-inflicted/);
  assert.match(text.join('\n'), /quality {2}! 1 finding self-inflicted, not counted/);
  assert.equal(inStyle(lines, 'alarm'), '');
});

test('a cause: the header names it with its probability, the bars show all that were considered', () => {
  const state = stateOf(QUEUE_STALL);
  state.take({ kind: 'standing', verdict, waitsFor: 'one more incident', settled: false });
  const { text, lines } = draw(contextOf(state), 160, 50);
  assert.match(text[0] ?? '', /■ rx-queue at node, 0\.981/);
  assert.match(inStyle(lines, 'alarm'), /rx-queue at node/);
  const bars = text.flatMap((line) => /(▸| ) ([a-z-]+) +(█*[▏▎▍▌▋▊▉]?) +(<?0\.\d+) *$/.exec(line) ?? []);
  assert.match(text.join('\n'), /▸ rx-queue +█{30,}.* 0\.981/);
  assert.match(text.join('\n'), /host +[▏▎▍▌▋▊▉█]* +0\.015/);
  assert.match(text.join('\n'), /nat +<0\.001/);
  assert.match(text.join('\n'), /causes ─ 12 incidents at node; one more incident/);
  assert.ok(bars.length > 0);
});

test('an inconclusive verdict accuses nobody in the header', () => {
  const state = stateOf(STALL);
  const inconclusive = { ...verdict, cause: 'inconclusive', where: null, reason: 'too few' };
  state.take({ kind: 'standing', verdict: inconclusive, waitsFor: 'more incidents', settled: false });
  const { text } = draw(contextOf(state));
  assert.match(text[0] ?? '', /■ 1 stall/);
  assert.doesNotMatch(text[0] ?? '', /rx-queue/);
});

test('a culprit has its own panel and its line in the log', () => {
  const state = stateOf(STALL);
  const culprit = {
    releaseNs: 3.14 * SECOND,
    headline: 'kubelet[1423] in read(), CPU 3, 128 ms',
    details: ['memcg_stat_show'],
  };
  state.take({ kind: 'culprit', culprit });
  const { text } = draw(contextOf(state), 160, 50);
  assert.match(text.join('\n'), /culprit ─ 1 found, the last at 14:14:36\.551/);
  assert.match(text.join('\n'), /◆ kubelet\[1423\] in read\(\), CPU 3, 128 ms/);
  assert.match(text.join('\n'), / {3}memcg_stat_show/);
});

test('an incident takes the place of the findings it is made of', () => {
  const state = stateOf(STALL);
  const [found] = state.log.entries;
  assert.equal(found?.kind, 'finding');
  state.take({
    kind: 'incident',
    incident: {
      type: 'incident',
      startMin: 2.99 * SECOND,
      startMax: 3 * SECOND,
      release: 3.14 * SECOND,
      paths: [PATH],
      exposed: ['local>10.0.0.8/icmp'],
      cause: 'rx-queue',
    },
  });
  const { text } = draw(contextOf(state));
  assert.match(text.join('\n'), /14:14:36\.551 ■ rx-queue +145\.0 ms {2}172\.16\.47\.27:30927\/syn; 1 passed/);
  assert.doesNotMatch(text.join('\n'), /■ stall/);
});

test('findings of several paths with one release share a line, except in the log by itself', () => {
  const names = ['a>x/icmp', 'b>x/icmp', 'c>y/icmp'];
  const state = new DashboardState(3);
  state.take({ kind: 'run', run: runOf(names) });
  for (const [i, name] of names.entries()) tell(state, { ...stall, release: 3 * SECOND + i * MS }, name);
  const lines = (mode: 'overview' | 'log'): string[] =>
    draw(contextOf(state, { mode })).text.filter((line) => /■ stall/.test(line));
  assert.equal(lines('overview').length, 1);
  assert.match(lines('overview')[0] ?? '', /1\d\d\.\d ms {2}c>y\/icmp and 2 more; /);
  assert.equal(lines('log').length, 3);
});

test('very many paths: those that stalled come first, and how many of them are hidden is told', () => {
  const names = Array.from({ length: 200 }, (_, i) => `local>10.0.${Math.floor(i / 100)}.${i % 100}/icmp`);
  const state = new DashboardState(200);
  state.take({ kind: 'run', run: runOf(names, { protocol: 'icmp', flows: 1, freshPerSecond: 0 }) });
  for (let i = 0; i < 10; i += 1) tell(state, stall, `local>10.0.1.${50 + i}/icmp`);
  const { text } = draw(contextOf(state));
  assert.match(text[2] ?? '', /^▸ . 10\.0\.1\.50\/icmp/);
  assert.match(text[3] ?? '', /^ {2}. 10\.0\.1\.51\/icmp/);
  const [, shown, hidden] = /path 1-(\d+)\/200 \+(\d+)■ /.exec(text[1] ?? '') ?? [];
  assert.equal(Number(shown) + Number(hidden), 10);
  const last = draw(contextOf(state, { selected: 'local>10.0.0.99/icmp' }));
  assert.match(last.text.join('\n'), /▸ . 10\.0\.0\.99\/icmp/);
  assert.match(last.text[1] ?? '', /path \d+-\d+\/200 \+10■ /);
});

test('nobody chose a path: the one with the most stalls is shown', () => {
  const names = ['local>10.0.0.1/icmp', 'local>10.0.0.2/icmp'];
  const state = new DashboardState(2);
  state.take({ kind: 'run', run: runOf(names) });
  assert.match(draw(contextOf(state)).text.join('\n'), /▸ . 10\.0\.0\.1\/icmp/);
  tell(state, stall, 'local>10.0.0.2/icmp');
  assert.match(draw(contextOf(state)).text.join('\n'), /▸ . 10\.0\.0\.2\/icmp/);
});

test('paths of several vantages keep the vantage in their names', () => {
  const state = new DashboardState(2);
  state.take({ kind: 'run', run: runOf(['shell>node/syn']), vantage: 'shell' });
  state.take({ kind: 'run', run: runOf(['client>node/syn']), vantage: 'client' });
  const { text } = draw(contextOf(state));
  assert.match(text[2] ?? '', / shell>node\/syn /);
  assert.match(text[3] ?? '', / client>node\/syn /);
});

test('a vantage that died: its paths are not measured, and header and quality say so', () => {
  const state = new DashboardState(2);
  state.take({ kind: 'run', run: runOf(['shell>node/syn']), vantage: 'shell' });
  state.take({ kind: 'run', run: runOf(['client>node/syn']), vantage: 'client' });
  state.take({ kind: 'vantage', vantage: 'client', state: 'failed', why: 'the connection closed' });
  const { text } = draw(contextOf(state), 160, 50);
  assert.match(text[0] ?? '', /\(client out\)/);
  assert.match(text[3] ?? '', /^ {2}~ client>node\/syn/);
  assert.match(text.join('\n'), /! client is out: the connection closed/);
});

test('smaller than 80 x 24: a message that fits, whatever the size', () => {
  const state = stateOf(STALL);
  for (const [columns, rows] of [
    [79, 24],
    [80, 23],
    [40, 10],
    [20, 3],
    [5, 1],
  ] as const) {
    const { text, lines } = draw(contextOf(state), columns, rows);
    assert.equal(lines.length, rows);
    if (columns >= 40) assert.match(text.join('\n'), new RegExp(`rxray needs 80 x 24\\s+this is ${columns} x ${rows}`));
  }
});

test('without Unicode nothing but ASCII is drawn, and the diagonal is there all the same', () => {
  const state = stateOf(STALL);
  state.take({ kind: 'standing', verdict, waitsFor: 'one more incident', settled: false });
  for (const mode of ['overview', 'paths', 'strip', 'flows', 'log'] as const) {
    for (const overlay of ['none', 'help', 'details', 'columns'] as const) {
      for (const [columns, rows] of SIZES) {
        const { text } = draw(contextOf(state, { mode, overlay }, ASCII), columns, rows);
        assert.match(text.join(''), /^[ -~]*$/, `${mode} ${overlay}`);
      }
    }
  }
  const { text } = draw(contextOf(state, {}, ASCII));
  assert.match(text[2] ?? '', /^> # /);
  assert.match(plot(text).join('\n'), /'[\s\S]*\./);
  assert.match(text.find((line) => line.startsWith('     ms ')) ?? '', /\^/);
});

test('held: the picture is marked, the time stands still', () => {
  const context = { ...contextOf(stateOf(STALL)), paused: true };
  assert.match(draw(context).text[0] ?? '', /‖ held {2}14:14:38 UTC $/);
});

test('a source that says nothing any more shows as such', () => {
  const context = { ...contextOf(stateOf(STALL)), silentNs: 7.4 * SECOND };
  assert.match(draw(context).text[0] ?? '', /no data for 7 s/);
});

test('zoomed out far, a spike of one probe is still a dot', () => {
  const state = stateOf({ durationNs: 60 * SECOND, delayNs: (sentNs) => (sentNs === 30 * SECOND ? 90 * MS : 0) });
  const { text } = draw(contextOf(state, { zoomNs: 500 * MS, endNs: 60 * SECOND }));
  const above = plot(text).slice(0, -1).join('');
  assert.equal([...above].filter((character) => /[\u2801-\u28ff]/.test(character)).length, 1, plot(text).join('\n'));
});

test('details: where the probes go, from where, and the last finding in words', () => {
  const { text } = draw(contextOf(stateOf(STALL), { overlay: 'details' }));
  const all = text.join('\n');
  assert.match(all, /target +172\.16\.47\.27 port 30927 by syn/);
  assert.match(all, /from +172\.16\.99\.10 \(eth0\)/);
  assert.match(all, /last +14:14:36\.551 stall: 1\d\d\.\d ms \(±5 ms\), 1\d probes held until/);
});

test('help names every key and every sign', () => {
  const { text } = draw(contextOf(stateOf(STALL), { overlay: 'help' }));
  for (const key of ['? h', 'q', 'space p', 'r', 'd', 'f', 'enter', '[ ]', '+ -', 'o', 's', 'm']) {
    assert.ok(
      text.some((line) => line.startsWith(` ${key} `)),
      key,
    );
  }
  assert.match(text.join('\n'), /▲ +release/);
});

test('control characters in a name never reach the screen as such', () => {
  const state = new DashboardState(1);
  state.take({ kind: 'run', run: runOf(['local>\u001b[2Jx/icmp']) });
  const { text } = draw(contextOf(state));
  // The screen replaces them when it paints; the view only has to keep its width.
  assert.equal(text[2]?.length, 80);
});
