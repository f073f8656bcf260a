// Completions for bash, zsh and fish. They know commands, options and choices by themselves: rxray is not started.
import { EVERYWHERE, withInner, written } from './declared.mjs';

const HEAD = '# Generated from the declared options: npm run generate\n';
/** Commands that are installed under their own names too. */
const OWN = ['probe', 'bisect'];

export function bashCompletion(commands) {
  const all = commands.flatMap(withInner);
  const words = (command) =>
    [
      ...command.commands.map(({ path }) => path.at(-1)),
      ...optionsOf(command).flatMap(({ names }) => names.map(written)),
    ].join(' ');
  const inner = commands.filter((command) => command.commands.length > 0).map(({ path }) => path[0]);
  const chosen = all.flatMap((command) =>
    optionsOf(command)
      .filter(({ choices }) => choices.length > 0)
      .map(
        (option) =>
          `    ${option.names.map((name) => `"${command.path.join(' ')}:${written(name)}"`).join('|')}) words="${option.choices.join(' ')}" ;;`,
      ),
  );
  const listed = all.map((command) => `    "${command.path.join(' ')}") words="${words(command)}" ;;`);
  return `${HEAD}_rxray() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= words= index=1
  case \${COMP_WORDS[0]##*/} in
    ${OWN.join('|')}) command=\${COMP_WORDS[0]##*/} ;;
    *)
      if ((COMP_CWORD > 1)); then command=\${COMP_WORDS[1]}; index=2; fi
      case $command in
        ${inner.join('|')}) if ((COMP_CWORD > 2)); then command="$command \${COMP_WORDS[2]}"; fi ;;
      esac ;;
  esac
  case "$command:$previous" in
${chosen.join('\n')}
  esac
  if [[ -z $words ]]; then
    case $command in
    "") words="${commands.map(({ path }) => path[0]).join(' ')} --help --version" ;;
${listed.join('\n')}
    esac
    # Where no option begins, a file or a name from elsewhere may be meant.
    if [[ $current != -* && -n $command && $words == -* ]]; then
      COMPREPLY=($(compgen -f -- "$current"))
      return
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _rxray rxray ${OWN.join(' ')}
`;
}

export function zshCompletion(commands) {
  const all = commands.flatMap(withInner);
  return `#compdef rxray ${OWN.join(' ')}
${HEAD}
${all.map(zshFunction).join('\n')}
_rxray() {
  case $service in
    ${OWN.map((name) => `${name}) _rxray_${name}; return ;;`).join('\n    ')}
  esac
  local -a commands=(
${commands.map(({ path, describe }) => `    ${quoted(`${path[0]}:${describe}`)}`).join('\n')}
  )
  _arguments -C '(- *)'{-h,--help}'[show help]' '(- *)'{-V,--version}'[show the version]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) (( $+functions[_rxray_$words[1]] )) && _rxray_$words[1] ;;
  esac
}

_rxray "$@"
`;
}

function zshFunction(command) {
  const name = `_rxray_${command.path.join('_')}`;
  if (command.commands.length > 0) {
    return `${name}() {
  local -a commands=(
${command.commands.map(({ path, describe }) => `    ${quoted(`${path.at(-1)}:${describe}`)}`).join('\n')}
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) (( $+functions[${name}_$words[1]] )) && ${name}_$words[1] ;;
  esac
}
`;
  }
  const options = optionsOf(command).map((option) => {
    const names = option.names.map(written);
    const word = option.takesWord
      ? `:${option.names.at(-1)}:${option.choices.length > 0 ? `(${option.choices.join(' ')})` : '_files'}`
      : '';
    const text = `[${option.describe.replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:')}]${word}`;
    const again = option.list ? '*' : `(${names.join(' ')})`;
    return names.length > 1
      ? `${quoted(again)}{${names.join(',')}}${quoted(text)}`
      : quoted(`${option.list ? '*' : ''}${names[0]}${text}`);
  });
  return `${name}() {
  _arguments \\
    ${[...options, "'*:argument:_files'"].join(' \\\n    ')}
}
`;
}

export function fishCompletion(commands) {
  const lines = commands.map(
    ({ path, describe }) => `complete -c rxray -f -n __fish_use_subcommand -a ${path[0]} -d ${quoted(describe)}`,
  );
  for (const command of commands) {
    const here = `__fish_seen_subcommand_from ${command.path[0]}`;
    const innerNames = command.commands.map(({ path }) => path.at(-1));
    for (const inner of command.commands) {
      lines.push(
        `complete -c rxray -f -n ${quoted(`${here}; and not __fish_seen_subcommand_from ${innerNames.join(' ')}`)} -a ${inner.path.at(-1)} -d ${quoted(inner.describe)}`,
      );
    }
    for (const one of withInner(command)) {
      const condition = one === command ? here : `${here}; and __fish_seen_subcommand_from ${one.path.at(-1)}`;
      for (const option of optionsOf(one)) {
        lines.push(`complete -c rxray -n ${quoted(condition)} ${fishOption(option)}`);
        if (one === command && OWN.includes(command.path[0]))
          lines.push(`complete -c ${command.path[0]} ${fishOption(option)}`);
      }
    }
  }
  return `${HEAD}${lines.join('\n')}\n`;
}

function fishOption({ names, describe, takesWord, choices }) {
  const flags = names.map((name) => (name.length === 1 ? `-s ${name}` : `-l ${name}`)).join(' ');
  const word = !takesWord ? '' : choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : ' -r';
  return `${flags}${word} -d ${quoted(describe)}`;
}

function optionsOf(command) {
  return [...command.options, ...EVERYWHERE];
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
