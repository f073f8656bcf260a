import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { tellNs } from '../../src/commands/probe/tell-interval.js';
import { UNSEEN_TELL_NS, UNWATCHED_TELL_NS } from '../../src/model/plan.js';

const PLAIN = { live: false, format: 'text', quiet: false } as const;
const PIPED = { outIsTerminal: false, errIsTerminal: false };
const TERMINAL = { outIsTerminal: true, errIsTerminal: true };
const ERRORS_ONLY = { outIsTerminal: false, errIsTerminal: true };

/** How often a prober tells: as it likes, where each sample counts; five times a second; or once. */
const SITUATIONS = [
  ['findings as they come', PLAIN, TERMINAL, UNWATCHED_TELL_NS],
  ['the same into a pipe', PLAIN, PIPED, UNWATCHED_TELL_NS],
  ['a summary alone', { ...PLAIN, quiet: true }, TERMINAL, UNSEEN_TELL_NS],
  ['a document at the end', { ...PLAIN, format: 'json' }, PIPED, UNSEEN_TELL_NS],
  ['the same with a status line', { ...PLAIN, format: 'json' }, ERRORS_ONLY, UNWATCHED_TELL_NS],
  ['the same without', { ...PLAIN, format: 'json', quiet: true }, ERRORS_ONLY, UNSEEN_TELL_NS],
  ['the same, recorded', { ...PLAIN, format: 'json', quiet: true, record: 'a.rxr' }, PIPED, UNWATCHED_TELL_NS],
  ['a command for each stall', { ...PLAIN, quiet: true, onStall: 'true' }, PIPED, undefined],
  ['drawn', { ...PLAIN, quiet: true, live: true }, TERMINAL, undefined],
  ['samples on a terminal', { ...PLAIN, format: 'hping' }, TERMINAL, undefined],
  ['samples into a file', { ...PLAIN, format: 'csv', output: 'a.csv', quiet: true }, TERMINAL, UNWATCHED_TELL_NS],
  ['samples into a pipe', { ...PLAIN, format: 'ndjson', quiet: true }, PIPED, UNWATCHED_TELL_NS],
] as const;

suite('how often a prober tells what it saw', () => {
  for (const [title, options, terminals, expected] of SITUATIONS) {
    test(title, () => assert.equal(tellNs(options, terminals), expected));
  }
});
