// What the command line declares: its commands, as their own declarations tell it to the parser.

/**
 * @typedef {{ names: string[], describe: string, type: string, list: boolean, takesWord: boolean, choices: string[], byDefault?: string, group: string }} Option
 * @typedef {{ path: string[], usage: string, describe: string, positionals: Option[], options: Option[], examples: [string, string][], epilogue: string, commands: Command[] }} Command
 */

/**
 * Runs a command's builder on a stand-in for the parser that writes down what it is told.
 *
 * @returns {Command}
 */
export function declaredCommand(module, above = []) {
  const [word, ...rest] = module.command.split(' ');
  const path = [...above, word];
  const command = {
    path,
    usage: ['rxray', ...path, ...rest].join(' '),
    describe: module.describe,
    positionals: [],
    options: [],
    examples: [],
    epilogue: '',
    commands: [],
  };
  const take = {
    option: (name, spec) => command.options.push(declaredOption(name, spec)),
    options: (specs) => {
      for (const [name, spec] of Object.entries(specs)) take.option(name, spec);
    },
    positional: (name, spec) => command.positionals.push(declaredOption(name, spec)),
    example: (line, what) => command.examples.push([line.replace('$0', 'rxray'), what]),
    epilogue: (text) => {
      command.epilogue = text;
    },
    command: (inner) => command.commands.push(declaredCommand(inner, path)),
  };
  const parser = new Proxy(
    {},
    {
      get: (_, method) => {
        // Who awaits it must not take it for a promise.
        if (method === 'then') return undefined;
        return (...args) => {
          take[method]?.(...args);
          return parser;
        };
      },
    },
  );
  if (typeof module.builder === 'function') module.builder(parser);
  else if (module.builder !== undefined) take.options(module.builder);
  return command;
}

function declaredOption(name, spec) {
  const aliases = [spec.alias ?? []].flat();
  const byDefault =
    spec.defaultDescription ?? (spec.default === undefined || spec.type === 'boolean' ? undefined : spec.default);
  return {
    names: [...aliases, name].sort((a, b) => a.length - b.length),
    describe: spec.describe ?? '',
    type: spec.type ?? 'string',
    list: spec.array === true,
    takesWord: spec.type !== 'boolean',
    choices: (spec.choices ?? []).map(String),
    ...(byDefault === undefined ? {} : { byDefault: String(byDefault) }),
    group: spec.group ?? 'Options:',
  };
}

/** A command and all below it. */
export function withInner(command) {
  return [command, ...command.commands.flatMap(withInner)];
}

/** Options that every command has. */
export const EVERYWHERE = [
  {
    names: ['h', 'help'],
    describe: 'show help',
    takesWord: false,
    choices: [],
    list: false,
    type: 'boolean',
    group: 'Options:',
  },
  {
    names: ['V', 'version'],
    describe: 'show the version',
    takesWord: false,
    choices: [],
    list: false,
    type: 'boolean',
    group: 'Options:',
  },
];

export function written(name) {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
