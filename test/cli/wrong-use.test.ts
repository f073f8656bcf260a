import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { said } from './in-process.js';

const TARGET = '127.0.0.1';

/** What was typed, what is said of it, and what to do next. */
const SITUATIONS: readonly (readonly [words: readonly string[], says: RegExp, next: RegExp])[] = [
  [['frobnicate'], /unknown command frobnicate/, /there are probe, bisect/],
  [['prob', TARGET], /unknown command prob/, /did you mean probe\?/],
  [['trace'], /rxray trace needs to know what/, /stall, rx, syscalls/],
  [['trace', 'stal'], /unknown command trace stal/, /did you mean trace stall\?/],
  [['hosts', 'exmaple'], /unknown command hosts exmaple/, /did you mean hosts example\?/],
  [['schema', 'extra'], /one word too many: extra/, /see rxray schema --help/],
  [['replay'], /rxray replay: FILE is missing/, /write rxray replay FILE/],
  [['why'], /rxray why: NODE is missing/, /write rxray why NODE/],

  [['probe', TARGET, '--frobnicate'], /unknown option --frobnicate/, /see rxray probe --help/],
  [['probe', TARGET, '--treshold', '5'], /unknown option --treshold/, /did you mean --threshold\?/],
  [['trace', 'stall', '--mim', '3'], /unknown option --mim/, /did you mean --min\?/],
  [['bisect', '--no-tarce'], /unknown option --/, /did you mean --trace\?|see rxray bisect --help/],
  [['probe', TARGET, '-S'], /-S means/, /--syn/],

  [['probe', TARGET, '--interval'], /--interval needs a word behind it/, /see rxray probe --help/],
  [['bisect', '--duration'], /--duration needs a word behind it/, /see rxray bisect --help/],
  [['check', '--only'], /--only needs a word behind it/, /see rxray check --help/],
  [['report', 'x', '-o'], /--?o(utput)? needs a word behind it/, /see rxray report --help/],
  [['trace', 'stall', '--min'], /--min needs a word behind it/, /see rxray trace stall --help/],
  [['probe', TARGET, '--interval', '-c', '3'], /--interval needs a word behind it/, /see rxray probe --help/],

  [['probe', TARGET, '-o', 'a', '-o', 'b'], /--output is given 2 times: a, b/, /once/],
  [['probe', TARGET, '--hosts', 'a', '--hosts', 'b'], /--hosts is given 2 times/, /once/],
  [['probe', TARGET, '--fail-on', 'stall', '--fail-on', 'loss'], /--fail-on is given 2 times/, /once/],

  [['probe', ''], /TARGET is empty: perhaps a shell variable/, /see rxray probe --help/],
  [['probe', TARGET, '-o', ''], /--output is empty/, /see rxray probe --help/],
  [['replay', ''], /FILE is empty/, /see rxray replay --help/],

  [['probe', TARGET, '-c', 'many'], /-c many: not a whole number/, /see rxray probe --help/],
  [['probe', TARGET, '--flows', '0'], /--flows 0: not a whole number from 1 to 4096/, /see rxray probe --help/],
  [['probe', TARGET, '-i', '10'], /-i 10: the unit is missing/, /-i 10ms or -i 10s/],
  [['probe', TARGET, '-i', '0'], /-i 0: must be more than 0/, /-i 10ms/],
  [['probe', TARGET, '--threshold', 'x'], /--threshold x: not a duration/, /10ms/],
  [['replay', 'x', '--speed', 'fast'], /--speed fast: not a number above 0/, /--speed 1/],
  [['probe', TARGET, '--rotate', 'big'], /--rotate big: not a size/, /100MB/],
  [['probe', TARGET, '--format', 'xml'], /--format xml: no such choice/, /text, json, ndjson/],
  [['probe', TARGET, '--fail-on', 'stalls'], /stalls: no such finding/, /stall/],
  [['probe', TARGET, '-4', '-6'], /--ipv4 and --ipv6 at once/, /one of them/],

  [['probe', TARGET, '-p', '70000'], /-p 70000: a port is a number from 1 to 65535/, /-p 443/],
  [['probe', TARGET, '-p', '80-90'], /-p 80-90: one port a path/, /HOST:80 HOST:90/],
  [['probe', TARGET, '-p', '1,2'], /-p 1,2: one port a path/, /HOST:1 HOST:2/],
  [['probe', `${TARGET}:abc`], /abc is not a port/, /HOST:443/],
  [['probe', `${TARGET}:80-90`], /80-90 is not a port/, /HOST:80 HOST:81/],
  [['probe', 'http://example.org/x'], /is a URL/, /write example\.org:80/],
  [['probe', 'https://user@example.org:8443/x'], /is a URL/, /write example\.org:8443/],
  [['probe', '192.0.2.0/30'], /is a network/, /name each/],
  [['probe', 'no-such-host.invalid'], /unknown host no-such-host\.invalid/, /check the name/],
  [['probe', TARGET, '--syn'], /needs a port/, /-p PORT/],
  [['bisect', 'https://no-such-host.invalid/'], /unknown host no-such-host\.invalid/, /check the name/],
  [
    ['bisect', TARGET, '--hosts', 'h.yaml'],
    /the hosts file says what to measure, and so does 127\.0\.0\.1/,
    /leave one of them out, or give a URL/,
  ],

  [['trace', 'stall', 'bad'], /bad is a name of a hosts file, and none is given/, /--hosts FILE.*--ssh USER@HOST/],
  [['trace', 'syscalls', 'bad'], /bad is a name of a hosts file/, /--hosts FILE/],
  [['trace', 'rx', '--hosts', 'x'], /which of its vantages\?/, /add its name/],
  [['check', 'bad'], /bad is a name of a hosts file, and none is given/, /rxray check bad --hosts FILE/],
  [['check', '--only', 'nope,steal'], /no check is named nope/, /the checks: /],
  [['probe', TARGET, '--hosts', '/nonexistent/hosts.yaml'], /cannot read \/nonexistent/, /check the path/],
  [['replay', '/nonexistent/x.rxr'], /there is no recording/, /check the path/],
  [['export', 'x.rxr'], /say what to export to/, /--parquet/],
  [['export', 'x.rxr', '--csv', '--ndjson'], /--csv and --ndjson at once/, /one of/],
  [['record', '10.0.0.7', '192.0.2.1'], /10\.0\.0\.7 reads as a target/, /rxray record run\.rxr 10\.0\.0\.7/],
];

describe('wrong use is refused with status 2, in words, with what to do next', () => {
  for (const [words, says, next] of SITUATIONS) {
    test(words.map((word) => (word === '' ? "''" : word)).join(' '), async () => {
      const { status, out, err } = await said(...words);
      assert.equal(status, 2, err);
      assert.equal(out, '');
      const [message = '', remedy = ''] = err.split('\n  → ');
      assert.match(message, says);
      assert.match(remedy, next);
      assert.doesNotMatch(err, /NaN|null|undefined|Invalid input|\bat .*\.js:\d+/);
    });
  }
});

describe('what is asked for is shown', () => {
  test('the version, and nothing is loaded for it', async () => {
    assert.match((await said('--version')).out, /^\d+\.\d+\.\d+\n$/);
  });

  test('the help of a command goes where results go', async () => {
    const { status, out, err } = await said('trace', 'stall', '--help');
    assert.deepEqual([status, err], [0, '']);
    assert.match(out, /rxray trace stall \[vantage\]/);
  });

  test('rxray alone says what there is, with examples, and is no success', async () => {
    const { status, out, err } = await said();
    assert.deepEqual([status, out], [2, '']);
    for (const word of ['rxray probe', 'rxray bisect', 'rxray hosts', 'Examples:']) assert.match(err, new RegExp(word));
  });
});
