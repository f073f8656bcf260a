import yargs, { type Argv, type CommandModule, type MiddlewareFunction } from 'yargs';
import { EXIT } from '../commands/run/exit-status.js';
import type { Io } from '../commands/terminal/io.js';
import { packageVersion } from '../installation/version.js';
import { CodedError } from '../model/errors.js';
import { checkWords, type DeclaredOptions } from './check-words.js';
import { type CommandContext, type MakeCommand, UsageWanted } from './command.js';
import { commandOf, explainUsage } from './usage-problems.js';

/** Each command is loaded when it is called: what it needs is most of the time that rxray takes to start. */
const COMMANDS: Readonly<Record<string, () => Promise<unknown>>> = {
  probe: async () => (await import('./probe-cli.js')).probeCommand,
  bisect: async () => (await import('./bisect-cli.js')).bisectCommand,
  dash: async () => (await import('./dash-cli.js')).dashCommand,
  record: async () => (await import('./record-cli.js')).recordCommand,
  replay: async () => (await import('./replay-cli.js')).replayCommand,
  export: async () => (await import('./export-cli.js')).exportCommand,
  report: async () => (await import('./report-cli.js')).reportCommand,
  import: async () => (await import('./import-cli.js')).importCommand,
  trace: async () => (await import('./trace-cli.js')).traceCommand,
  agent: async () => (await import('./agent-cli.js')).agentCommand,
  check: async () => (await import('./check-cli.js')).checkCommand,
  hosts: async () => (await import('./hosts-cli.js')).hostsCommand,
  discover: async () => (await import('./discover-cli.js')).discoverCommand,
  fleet: async () => (await import('./fleet-cli.js')).fleetCommand,
  why: async () => (await import('./why-cli.js')).whyCommand,
  lab: async () => (await import('./lab-cli.js')).labCommand,
  doctor: async () => (await import('./doctor-cli.js')).doctorCommand,
  schema: async () => (await import('./schema-cli.js')).schemaCommand,
};

/** `kubectl rxray`: what it does differently knows nodes, pods and services by their names. */
const PLUGIN_COMMANDS: typeof COMMANDS = {
  why: async () => (await import('./kubectl-cli.js')).kubectlWhyCommand,
  bisect: async () => (await import('./kubectl-cli.js')).kubectlBisectCommand,
  trace: async () => (await import('./kubectl-cli.js')).kubectlTraceCommand,
  install: async () => (await import('./kubectl-cli.js')).kubectlInstallCommand,
};
/** What it does as rxray itself, as far as there is one. */
const SHARED_WITH_PLUGIN = ['fleet', 'discover'];

/** A program that is called: its name as people type it, and its commands. */
export interface Program {
  readonly name: string;
  readonly commands: Readonly<Record<string, () => Promise<unknown>>>;
}

export const RXRAY: Program = { name: 'rxray', commands: COMMANDS };
export const KUBECTL_RXRAY: Program = {
  name: 'kubectl rxray',
  commands: {
    ...Object.fromEntries(Object.entries(COMMANDS).filter(([name]) => SHARED_WITH_PLUGIN.includes(name))),
    ...PLUGIN_COMMANDS,
  },
};

/** What the command line declares, or one command of it; manual pages and completions are made from it too. */
export function commandModules(
  context: CommandContext = { run: async () => {}, behindDashes: [], isBare: false },
  only?: string,
  { commands }: Program = RXRAY,
) {
  const wanted = Object.entries(commands).filter(([name]) => only === undefined || name === only);
  return Promise.all(wanted.map(async ([, load]) => ((await load()) as MakeCommand)(context)));
}

const EXAMPLES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  rxray: [
    ['probe 10.0.0.7:443', 'stalls on the way to a port, as they happen'],
    ['bisect --hosts hosts.yaml', 'which stage is to blame, from several vantages'],
    ['hosts example > hosts.yaml', 'a file to begin with'],
    ['import trace.pcap', 'stalls in what tcpdump already saw'],
  ],
  'kubectl rxray': [
    ['why worker-7 --prometheus http://prom:9090', 'from alert to process'],
    ['bisect worker-7 --debug', 'what is wrong with a node; nothing is installed for it'],
    ['bisect svc/web -n shop --plan', 'what would be measured for a service'],
    ['trace stall worker-7', 'who keeps packets waiting there'],
    ['install --dry-run', 'the agents, to look at first'],
  ],
};
const EPILOGUES: Readonly<Record<string, string>> = {
  rxray: 'Each command has its own help: rxray probe --help. What works on this host: rxray doctor.',
  'kubectl rxray': 'The same program as rxray, with nodes, pods and services of a cluster for words.',
};

/** Of `report <file>`, where report is what was called: FILE. */
function wordsNeeded(declared: string, called: string): string[] {
  const [name, ...positionals] = declared.split(' ');
  if (name !== called) return [];
  return positionals.filter((word) => word.startsWith('<')).map((word) => word.replace(/[<.>]/g, '').toUpperCase());
}

/** Also where the letter is one of several, and for what completes words. */
function asksForHelp(words: readonly string[]): boolean {
  return words.length <= 1 || words.some((word) => /^(?:--h(?:elp)?(?:=|$)|--get-yargs|-[a-zA-Z]*h)/.test(word));
}

/** What yargs has beside its types. */
interface Internals {
  getOptions(): DeclaredOptions;
  getInternalMethods(): { getUsageInstance(): { cacheHelpMessage: () => void } };
}

/** yargs lays the help out at every call of a command, which takes a tenth of a second: of hidden options, next to none. */
function withoutHelp(command: CommandModule): CommandModule {
  const { builder } = command;
  if (typeof builder !== 'function') return command;
  return {
    ...command,
    builder: (args: Argv) => {
      const declared = builder(args) as Argv & Internals;
      for (const name of Object.keys(declared.getOptions().key)) declared.hide(name);
      // Also behind the command, for a failure of it to show: rxray has words of its own for those.
      declared.getInternalMethods().getUsageInstance().cacheHelpMessage = () => {};
      return declared;
    },
  };
}

/** The words of one call, on their way to the command that they name. */
export class CommandLine {
  #status: number = EXIT.completed;
  /** What the command itself threw, which is no problem of the words. */
  #failure: unknown;

  constructor(
    private readonly words: readonly string[],
    private readonly behindDashes: readonly string[],
    private readonly io: Io,
    private readonly program: Program = RXRAY,
  ) {}

  /** The words that name the command: `trace stall`. */
  get command(): string[] {
    return commandOf(this.words, Object.keys(this.program.commands));
  }

  async run(): Promise<number> {
    const [first = ''] = this.words;
    if (!first.startsWith('-') && first !== 'completion' && !Object.hasOwn(this.program.commands, first)) {
      throw this.#explain(`Unknown argument: ${first}`, undefined, []);
    }
    const text = await this.#parse(this.words);
    if (text !== '') await this.io.out(`${text}\n`);
    return this.#status;
  }

  #explain(message: string, options: DeclaredOptions | undefined, modules: readonly CommandModule[]): CodedError {
    const [first = ''] = this.words;
    return explainUsage(message, {
      words: this.words,
      needs: modules.flatMap(({ command }) => wordsNeeded(String(command), first)),
      program: this.program.name,
      commands: Object.keys(this.program.commands),
      options,
    });
  }

  /** The help of the command that was called, or of all. */
  async help(): Promise<string> {
    return `${await this.#parse([...this.command, '--help'])}\n`;
  }

  /** @returns what yargs would print itself: help goes where results go */
  async #parse(words: readonly string[]): Promise<string> {
    let printed = '';
    let options: DeclaredOptions | undefined;
    let problem: CodedError | undefined;
    // The instance is that of the inner command, which the types leave out.
    const commands = await this.#commands();
    const check = (args: Record<string, unknown>, instance: { getOptions(): DeclaredOptions }): void => {
      options = instance.getOptions();
      checkWords(args, options, this.words);
    };
    const parser = yargs()
      .scriptName(this.program.name)
      .usage('$0 <command>\n\nFinds where and why packets wait.')
      .completion('completion', 'print the completion script for your shell: rxray completion >> ~/.bashrc')
      .demandCommand(1, 'say what to do')
      .strict()
      .version(packageVersion())
      .alias({ h: 'help', V: 'version' })
      .help()
      .wrap(Math.min(110, Math.max(60, this.io.columns)))
      .exitProcess(false)
      .middleware(check as unknown as MiddlewareFunction, true)
      .fail((message, error) => {
        if (this.#failure !== undefined) throw this.#failure;
        if (error instanceof CodedError || error instanceof UsageWanted) throw error;
        problem ??= this.#explain(message ?? error.message, options, commands);
        throw problem;
      });
    for (const [line, what] of EXAMPLES[this.program.name] ?? []) parser.example(`$0 ${line}`, what);
    parser.epilogue(EPILOGUES[this.program.name] ?? '');
    for (const command of asksForHelp(words) ? commands : commands.map(withoutHelp)) parser.command(command);
    await parser.parseAsync([...words], {}, (_error, _args, text) => {
      if (problem === undefined) printed = text;
    });
    return printed;
  }

  /** The one that is called; all where it is the list of them that is asked for. */
  async #commands() {
    const [first = ''] = this.words;
    const context: CommandContext = {
      run: async (command) => {
        try {
          this.#status = await command(this.io);
        } catch (error) {
          this.#failure = error;
          throw error;
        }
      },
      behindDashes: this.behindDashes,
      isBare: this.words.every((word) => !word.startsWith('-')),
    };
    const only = Object.hasOwn(this.program.commands, first) ? first : undefined;
    return commandModules(context, only, this.program);
  }
}
