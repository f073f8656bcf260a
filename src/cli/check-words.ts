import { closest } from '../format/closest.js';
import { usage } from './command.js';

/** What yargs knows of a command's options while it parses. */
export interface DeclaredOptions {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly array: readonly string[];
  readonly string: readonly string[];
  readonly boolean: readonly string[];
}

/** Keys that are no options: the words of commands, and the name of the program. */
const NO_OPTIONS = new Set(['_', '$0', '--']);

/**
 * Refuses what yargs lets pass or tells badly: options that nobody declared, ones given twice where one is meant, and
 * empty words, which are shell variables that were never set.
 *
 * @throws CodedError E_USAGE
 */
export function checkWords(
  argv: Readonly<Record<string, unknown>>,
  options: DeclaredOptions,
  words: readonly string[],
): void {
  const aliases = Object.entries(options.alias).flat(2);
  const known = new Set([...options.string, ...options.boolean, ...options.array, ...aliases]);
  for (const [key, value] of Object.entries(argv)) {
    if (NO_OPTIONS.has(key) || !known.has(key)) continue;
    const isList = options.array.includes(key);
    const main = Object.entries(options.alias).find(([, others]) => others.includes(key))?.[0] ?? key;
    if (!isList && Array.isArray(value)) {
      throw usage(`${dashed(main)} is given ${value.length} times: ${value.join(', ')}`, 'give it once');
    }
    const isEmpty = value === '' || (Array.isArray(value) && value.includes(''));
    if (!isEmpty) continue;
    // For yargs a positional is an option by its name.
    const wasOption = words.some(
      (word) => word.startsWith('-') && [main, key].includes(word.replace(/^--?|=.*$/g, '')),
    );
    throw usage(`${wasOption ? dashed(main) : main.toUpperCase()} is empty: perhaps a shell variable that is not set`);
  }
}

/** What is meant by an option that nobody declared. */
export function unknownOption(name: string, options: DeclaredOptions): ReturnType<typeof usage> {
  const shown = dashed(name);
  const known = [...new Set([...options.string, ...options.boolean, ...options.array])].filter((one) => one.length > 1);
  const negated = options.boolean.flatMap((one) => [one, `no-${one}`]);
  const meant = closest(name, [...known, ...negated]);
  return usage(`unknown option ${shown}`, meant === undefined ? undefined : `did you mean ${dashed(meant)}?`);
}

export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
