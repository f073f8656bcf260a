import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseText } from '../../src/codec/decode-text.js';

suite('text of a helper', () => {
  test('an event of another version is passed over', () => {
    assert.equal(parseText('{"event":"of-tomorrow"}'), undefined);
  });

  for (const [is, json] of [
    ['no JSON', '{"event":"hel'],
    ['a hello without its paths', '{"event":"hello","helper":"rxray-prober"}'],
    ['a warning without words', '{"event":"warning","code":"W_X"}'],
    ['null', 'null'],
  ] as const)
    test(`${is}: the stream ends with an error, or it is no event at all`, () => {
      const event = parseText(json);
      if (json === 'null') assert.equal(event, undefined);
      else assert.equal(event?.kind === 'failure' && event.code, 'E_HELPER');
    });
});
