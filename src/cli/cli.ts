import yargs from 'yargs';
import type { Io } from '../commands/terminal/io.js';
import { printVersion } from '../commands/version.js';
import { packageVersion } from '../installation/version.js';
import { CodedError } from '../model/errors.js';
import { bisectCommand } from './bisect-cli.js';
import { checkCommand } from './check-cli.js';
import { dashCommand } from './dash-cli.js';
import { doctorCommand } from './doctor-cli.js';
import { exportCommand } from './export-cli.js';
import { importCommand } from './import-cli.js';
import { labCommand } from './lab-cli.js';
import { probeCommand } from './probe-cli.js';
import { recordCommand } from './record-cli.js';
import { replayCommand } from './replay-cli.js';
import { reportCommand } from './report-cli.js';
import { schemaCommand } from './schema-cli.js';
import { traceCommand } from './trace-cli.js';

const STANDARD_INPUT = '/dev/stdin';

/**
 * Runs one command line.
 *
 * @param program the name it was called by: `rxray`, or a command installed under its own name
 * @returns the exit status; failures of use and environment are told on standard error
 */
export async function runCommandLine(program: string, argv: readonly string[], io: Io): Promise<number> {
  let status = 0;
  const run = async (command: (io: Io) => Promise<number>): Promise<void> => {
    status = await command(io);
  };
  const own = program !== 'rxray';
  const dashes = argv.indexOf('--');
  const ours = dashes < 0 ? argv : argv.slice(0, dashes);
  const behindDashes = dashes < 0 ? [] : argv.slice(dashes + 1);
  const words = own ? [program, ...ours] : withStandardInput(ours);
  if (asksForBuild(ours)) return printVersion(io);
  let usageProblem: string | undefined;
  const parser = yargs()
    .scriptName('rxray')
    .usage('$0 <command>\n\nFinds where and why packets wait.')
    .command(probeCommand(run))
    .command(bisectCommand(run))
    .command(recordCommand(run))
    .command(replayCommand(run))
    .command(exportCommand(run))
    .command(traceCommand(run, behindDashes))
    .command(checkCommand(run))
    .command(importCommand(run))
    .command(dashCommand(run))
    .command(reportCommand(run))
    .command(labCommand(run, behindDashes))
    .command(doctorCommand(run))
    .command(schemaCommand(run))
    .completion('completion', 'print the completion script for your shell: rxray completion >> ~/.bashrc')
    .demandCommand(1, 'say what to do: rxray probe TARGET, or rxray --help')
    .strict()
    .recommendCommands()
    .version(packageVersion())
    .alias({ h: 'help', V: 'version' })
    .help()
    .wrap(Math.min(110, Math.max(60, io.columns)))
    .exitProcess(false)
    .fail((message, error) => {
      if (error) throw error;
      usageProblem ??= message;
      throw new CodedError('E_USAGE', message, `see ${own ? program : 'rxray'} --help`, 2);
    });
  try {
    checkHabits(words);
    // With a callback yargs hands back what it would print itself, so that help goes where results go.
    await parser.parseAsync(words, {}, (_error, _args, text) => {
      if (text !== '' && usageProblem === undefined) io.out(`${text}\n`);
    });
    return status;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    io.err(`${own ? program : 'rxray'}: ${error.message} [${error.code}]\n  → ${error.remedy}\n`);
    return error.exitCode;
  }
}

/** `--version` alone is the parser's own; with `--json` it tells the whole build. */
function asksForBuild(words: readonly string[]): boolean {
  return words.length === 2 && words.includes('--json') && (words.includes('--version') || words.includes('-V'));
}

/** yargs loses a lone dash among positionals. */
function withStandardInput(words: readonly string[]): string[] {
  return words[0] === 'import' ? words.map((word) => (word === '-' ? STANDARD_INPUT : word)) : [...words];
}

/** Options of other tools whose letters would be misread here. */
function checkHabits(words: readonly string[]): void {
  if (words.includes('-S')) {
    throw new CodedError(
      'E_USAGE',
      '-S means SYN, source address or source port, depending on the tool',
      'write --syn, or -I INTERFACE',
      2,
    );
  }
}
