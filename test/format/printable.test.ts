import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorText } from '../../src/format/error-text.js';
import { printable, printableLines, printableValue } from '../../src/format/printable.js';
import { CodedError } from '../../src/model/errors.js';

describe('a name from outside', () => {
  for (const [what, name, shown] of [
    ['plain', 'nginx: worker process', 'nginx: worker process'],
    ['in any script', 'größe-узел-节点-😀', 'größe-узел-节点-😀'],
    ['a colour', '\u001b[31mred', '\\u001b[31mred'],
    ['a title, OSC with BEL', '\u001b]0;PWN\u0007', '\\u001b]0;PWN\\u0007'],
    ['the clipboard, OSC 52 in C1', '\u009d52;c;ZWNobw==\u009c', '\\u009d52;c;ZWNobw==\\u009c'],
    ['a line that passes for another', 'x\nVERDICT  healthy', 'x\\u000aVERDICT  healthy'],
    ['a return over what stands there', 'x\rhealthy', 'x\\u000dhealthy'],
    ['a backspace and DEL', 'ab\b\u007f', 'ab\\u0008\\u007f'],
    ['writing turned round', 'a\u202egpj.exe', 'a\\u202egpj.exe'],
    ['isolates and marks', '\u2066a\u2069\u200f', '\\u2066a\\u2069\\u200f'],
    ['what nobody sees', 'ro\u200bot\ufeff', 'ro\\u200bot\\ufeff'],
    ['a separator of lines', 'a\u2028b', 'a\\u2028b'],
    ['a tag character', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['half a character', 'a\ud800', 'a\\ud800'],
  ] as const) {
    test(what, () => assert.equal(printable(name), shown));
  }
});

test('text of lines keeps its lines and tabs, and nothing else that acts', () => {
  assert.equal(printableLines('a\tb\r\nc\n\u001b[2J\rd'), 'a\tb\r\nc\n\\u001b[2J\\u000dd');
});

test('JSON stays the same document', () => {
  const value = { name: 'a\u009b31m\u202e\u007f' };
  assert.deepEqual(JSON.parse(printableLines(JSON.stringify(value))), value);
});

test('a record is cleaned however deep its texts stand, keys included; numbers and columns stay', () => {
  const columns = Float64Array.of(1, 2);
  assert.deepEqual(printableValue({ a: ['\u001b', { '\u001b': '\u0007' }], n: 1, none: null, columns }), {
    a: ['\\u001b', { '\\u001b': '\\u0007' }],
    n: 1,
    none: null,
    columns,
  });
});

test('the last words of a far side cannot pass for lines of rxray', () => {
  const error = new CodedError(
    'E_SSH',
    'no way to x: banner\u001b[31m\nrxray: all is well [E_OK]',
    'see\n  → rm -rf /',
    4,
  );
  assert.equal(
    errorText('rxray', error),
    'rxray: no way to x: banner\\u001b[31m\n    rxray: all is well [E_OK] [E_SSH]\n  → see\n      → rm -rf /\n',
  );
});
