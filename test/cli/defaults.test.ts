import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { said } from './in-process.js';

/** There is a page a command: `rxray-lab-down.1`. */
const COMMANDS = readdirSync(new URL('../../../man', import.meta.url)).flatMap((page) => {
  const [, words] = /^rxray-(.+)\.1$/.exec(page) ?? [];
  return words === undefined ? [] : [words.split('-')];
});

describe('defaults are of the kind that the option takes', () => {
  test('there are commands to look at', () => assert.ok(COMMANDS.length > 20));

  for (const words of COMMANDS) {
    test(words.join(' '), async () => {
      const { status, out } = await said(...words, '--help');
      assert.equal(status, 0);
      // Folded lines put together again.
      const text = out.replace(/\s+/g, ' ');
      assert.doesNotMatch(text, /\[string\] \[default: (true|false)\]/);
      assert.doesNotMatch(text, /\[boolean\] \[default: (?!true|false)/);
    });
  }

  for (const what of ['up', 'down', 'status', 'fault', 'exec']) {
    test(`lab ${what} is of the instance lab`, async () => {
      assert.match((await said('lab', what, '--help')).out, /--name .*\[default: "lab"\]/);
    });
  }

  test('options of rxray agent are not those of its commands', async () => {
    assert.doesNotMatch((await said('agent', 'check', '--help')).out, /--zone/);
    assert.match((await said('agent', 'example', '--members')).out, /^members:/);
  });
});
