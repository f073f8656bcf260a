import { closest } from '../format/closest.js';
import type { CodedError } from '../model/errors.js';
import { type DeclaredOptions, dashed, unknownOption } from './check-words.js';
import { usage } from './command.js';

/** Commands that have commands of their own, and which. */
const INNER: Readonly<Record<string, readonly string[]>> = {
  trace: ['stall', 'rx', 'syscalls'],
  lab: ['up', 'down', 'status', 'fault', 'exec', 'demo'],
  hosts: ['check', 'example', 'init'],
  agent: ['check', 'example', 'key'],
};
/** Of those the ones that do something by themselves. */
const OF_THEIR_OWN: ReadonlySet<string> = new Set(['agent']);

/** The words that name a command: `trace stall`; none where the first is not among `commands`. */
export function commandOf(words: readonly string[], commands: readonly string[]): string[] {
  const [first = '', second = ''] = words;
  if (!commands.includes(first)) return [];
  return INNER[first]?.includes(second) ? [first, second] : [first];
}

/** What was typed, and what is known. */
export interface Typed {
  /** As people call it: rxray, kubectl rxray. */
  readonly program?: string;
  readonly words: readonly string[];
  readonly commands: readonly string[];
  /** Words that the command cannot do without, as its help writes them: FILE. */
  readonly needs: readonly string[];
  /** Of the command, where it came so far. */
  readonly options: DeclaredOptions | undefined;
}

/** What yargs says of wrong words, said in rxray's. */
export function explainUsage(message: string, typed: Typed): CodedError {
  const command = commandOf(typed.words, typed.commands);
  const { program = 'rxray' } = typed;
  const [first = '', second = ''] = typed.words;
  if (command.length === 0) return unknownCommand(first, typed.commands);
  const inner = INNER[first];
  if (inner !== undefined && command.length === 1) {
    if (second !== '' && !second.startsWith('-')) return unknownCommand(second, inner, `${first} `);
    if (!OF_THEIR_OWN.has(first)) {
      return usage(`${program} ${first} needs to know what`, `write ${program} ${first} ${inner.join(', ')}`);
    }
  }
  const [, unknown] = /^Unknown (?:arguments?|commands?): ([^,\n]+)/.exec(message) ?? [];
  if (unknown !== undefined) {
    const isOption = typed.words.some(
      (word) => word.startsWith('-') && word.replace(/^--?(no-)?/, '').startsWith(unknown),
    );
    if (!isOption || typed.options === undefined) return usage(`one word too many: ${unknown}`);
    return unknownOption(unknown, typed.options);
  }
  const [, without] = /^Not enough arguments following: (\S+)/.exec(message) ?? [];
  if (without !== undefined) return usage(`${dashed(without)} needs a word behind it`);
  const [, one = '', other = ''] = /^Arguments (\S+) and (\S+) are mutually exclusive/.exec(message) ?? [];
  if (one !== '') return usage(`${dashed(one)} and ${dashed(other)} at once`, 'give one of them');
  const [, option = '', given = '', choices = ''] = /Argument: ([^,]+), Given: (.*), Choices: (.*)/.exec(message) ?? [];
  if (option !== '') {
    const plain = (text: string): string => text.replaceAll('"', '');
    return usage(`${dashed(option.trim())} ${plain(given)}: no such choice`, `it may be ${plain(choices)}`);
  }
  if (/^Not enough non-option arguments|^Missing required argument/.test(message)) {
    const called = `${program} ${command.join(' ')}`;
    if (typed.needs.length === 0 || command.length > 1) return usage(`${called} needs more words`);
    return usage(`${called}: ${typed.needs.join(' and ')} is missing`, `write ${called} ${typed.needs.join(' ')}`);
  }
  return usage(message);
}

function unknownCommand(word: string, known: readonly string[], before = ''): CodedError {
  const meant = closest(word, known);
  const remedy = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${before}${meant}?`;
  return usage(`unknown command ${before}${word}`, remedy);
}
