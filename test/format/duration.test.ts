import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLength, formatMs, parseDuration } from '../../src/format/duration.js';
import { CodedError } from '../../src/model/errors.js';

for (const [text, ns] of [
  ['10ms', 10_000_000],
  ['0.01s', 10_000_000],
  ['.5s', 500_000_000],
  ['u10000', 10_000_000],
  ['250us', 250_000],
  ['250µs', 250_000],
  ['800ns', 800],
  ['2m', 120_000_000_000],
  ['1h', 3_600_000_000_000],
] as const) {
  test(`${text} is ${ns} ns`, () => assert.equal(parseDuration(text, '-i'), ns));
}

for (const text of ['10', '0.5']) {
  test(`a bare ${text} is refused with both readings`, () => {
    assert.throws(
      () => parseDuration(text, '-i'),
      (error) =>
        error instanceof CodedError && error.exitCode === 2 && error.remedy === `write -i ${text}ms or -i ${text}s`,
    );
  });
}

for (const text of ['', 'ms', '10 parsecs', '-5ms', '0ms', '1e3ms', '9999999999h']) {
  test(`"${text}" is no duration`, () => {
    assert.throws(
      () => parseDuration(text, '-W'),
      (error) => error instanceof CodedError && error.code === 'E_UNIT',
    );
  });
}

for (const [ns, text] of [
  [127_104_321, '127.1 ms'],
  [10_000_000, '10.0 ms'],
  [204_499, '0.204 ms'],
  [0, '0.000 ms'],
] as const) {
  test(`${ns} ns is printed ${text}`, () => assert.equal(formatMs(ns), text));
}

for (const [ns, text] of [
  [830, '830 ns'],
  [4_500, '4.5 µs'],
  [45_000, '45 µs'],
  [127_104_321, '127.1 ms'],
  [10_000_000, '10 ms'],
  [2_400_000_000, '2.4 s'],
  [200_000_000_000, '3 min 20 s'],
  [3_900_000_000_000, '1 h 5 min'],
] as const) {
  test(`a length of ${ns} ns reads ${text}`, () => assert.equal(formatLength(ns), text));
}
