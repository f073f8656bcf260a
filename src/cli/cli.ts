import { EXIT } from '../commands/run/exit-status.js';
import type { Io } from '../commands/terminal/io.js';
import { errorText } from '../format/error-text.js';
import { packageVersion } from '../installation/version.js';
import { CodedError } from '../model/errors.js';
import { SEE_HELP, UsageWanted, usage } from './command.js';
import type { CommandLine } from './command-line.js';

const STANDARD_INPUT = '/dev/stdin';

/**
 * Runs one command line.
 *
 * @param program the name it was called by: `rxray`, or a command installed under its own name
 * @returns the exit status; failures of use and environment are told on standard error, any other is thrown
 */
export async function runCommandLine(program: string, argv: readonly string[], io: Io): Promise<number> {
  const isPlugin = program === 'kubectl-rxray';
  const own = program !== 'rxray' && !isPlugin;
  const dashes = argv.indexOf('--');
  const ours = dashes < 0 ? argv : argv.slice(0, dashes);
  const words = own ? [program, ...ours] : withStandardInput(ours);
  let line: CommandLine | undefined;
  try {
    if (ours[0] === '--version' || ours[0] === '-V') return await version(ours, io);
    // The parser takes longer to load than it takes to say the version.
    const { CommandLine, KUBECTL_RXRAY, RXRAY } = await import('./command-line.js');
    line = new CommandLine(words, dashes < 0 ? [] : argv.slice(dashes + 1), io, isPlugin ? KUBECTL_RXRAY : RXRAY);
    if (words.length === 0) throw new UsageWanted();
    checkHabits(words);
    return await line.run();
  } catch (error) {
    if (error instanceof UsageWanted && line !== undefined) {
      io.err(await line.help());
      return EXIT.usage;
    }
    if (!(error instanceof CodedError)) throw error;
    const called = isPlugin ? 'kubectl rxray' : 'rxray';
    const help = `see ${[...(own ? [] : [called]), ...(line?.command ?? []), '--help'].join(' ')}`;
    const remedy = error.remedy === SEE_HELP ? help : error.remedy;
    io.err(errorText(own ? program : called, new CodedError(error.code, error.message, remedy, error.exitCode)));
    return error.exitCode;
  }
}

/** With `--json` the whole build. */
async function version(words: readonly string[], io: Io): Promise<number> {
  if (words.length === 2 && words[1] === '--json') {
    const { printVersion } = await import('../commands/version.js');
    return printVersion(io);
  }
  if (words.length > 1) throw usage(`one word too many: ${words[1]}`, 'write rxray --version, or --version --json');
  await io.out(`${packageVersion()}\n`);
  return EXIT.completed;
}

/** yargs loses a lone dash among positionals. */
function withStandardInput(words: readonly string[]): string[] {
  if (words[0] !== 'import') return [...words];
  return words.map((word, index) =>
    word === '-' && !/^(-o|--output)$/.test(words[index - 1] ?? '') ? STANDARD_INPUT : word,
  );
}

/** Options of other tools whose letters would be misread here. */
function checkHabits(words: readonly string[]): void {
  if (words.includes('-S')) {
    throw usage('-S means SYN, source address or source port, depending on the tool', 'write --syn, or -I INTERFACE');
  }
}
