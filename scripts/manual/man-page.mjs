// Manual pages in the macros of man(7).
import { EVERYWHERE, withInner, written } from './declared.mjs';

const FILES = [
  ['./hosts.yaml', 'names and addresses of targets, read where no --hosts is given'],
  ['/usr/local/lib/rxray', 'helpers that rxray doctor --fix has given their capabilities'],
  ['~/.cache/rxray', 'helpers that the single executable has unpacked, for this user alone'],
];
const ENVIRONMENT = [
  ['RXRAY_HELPERS', 'a folder to take the helpers from, and from nowhere else'],
  ['NO_COLOR', 'no colours on the terminal'],
  ['XDG_CACHE_HOME', 'where the single executable unpacks its helpers, in place of ~/.cache'],
];

/** The page of rxray itself. */
export function mainPage(commands, version) {
  return [
    heading('rxray', version),
    section('NAME', [`rxray ${'\\-'} ${plain('finds where and why packets wait')}`]),
    section('SYNOPSIS', ['.B rxray', plain('COMMAND [OPTION…]')]),
    section('DESCRIPTION', [
      plain(
        'Sends small probes every 10 ms along several paths at once, reconstructs every stall, decides which stage of the path is to blame, and names the process and the system call that held the packets.',
      ),
    ]),
    section(
      'COMMANDS',
      commands.flatMap((command) => item(`rxray-${command.path.join('-')}(1)`, command.describe)),
    ),
    section('OPTIONS', [
      ...EVERYWHERE.flatMap((option) => item(optionText(option), option.describe)),
      ...item('--version --json', 'tell commit, build, and the helpers with their hashes'),
    ]),
    section('EXIT STATUS', [
      plain('Each command tells its own. 2 always means wrong use, 4 that privilege or the system is lacking.'),
    ]),
    section(
      'ENVIRONMENT',
      ENVIRONMENT.flatMap(([name, what]) => item(name, what)),
    ),
    section(
      'FILES',
      FILES.flatMap(([name, what]) => item(name, what)),
    ),
    seeAlso(commands.map(({ path }) => path)),
  ].join('');
}

/** The page of the plugin, with all its commands: as rxray's own they have other words. */
export function pluginPage(commands, version) {
  const inner = commands.flatMap(withInner).filter((command) => command.commands.length === 0);
  return [
    heading('kubectl-rxray', version),
    section('NAME', [`kubectl-rxray ${'\\-'} ${plain('rxray with nodes, pods and services of a cluster for words')}`]),
    section('SYNOPSIS', ['.B kubectl rxray', plain('COMMAND [OPTION…]')]),
    section('DESCRIPTION', [
      plain(
        'A plugin of kubectl, which runs it for “kubectl rxray”. It reads the cluster by that kubectl, never Secrets.',
      ),
    ]),
    ...inner.map((command) =>
      section(command.path.join(' ').toUpperCase(), [
        `.B ${plain(command.usage.replace(/^rxray/, 'kubectl rxray'))}`,
        '.PP',
        plain(command.describe),
        ...command.options.flatMap((option) => item(optionText(option), described(option))),
        ...(command.epilogue === '' ? [] : ['.PP', plain(command.epilogue)]),
      ]),
    ),
    seeAlso([[], ['discover'], ['bisect'], ['trace']]),
  ].join('');
}

/** The page of one command. */
export function commandPage(command, version) {
  const name = ['rxray', ...command.path].join('-');
  const groups = [...new Set(command.options.map(({ group }) => group))];
  return [
    heading(name, version),
    section('NAME', [`${plain(name)} ${'\\-'} ${plain(command.describe)}`]),
    section('SYNOPSIS', [`.B ${plain(command.usage)}`, plain(command.commands.length > 0 ? '…' : '[OPTION…]')]),
    ...(command.commands.length === 0
      ? []
      : [
          section(
            'COMMANDS',
            command.commands.flatMap((inner) => item(`rxray-${inner.path.join('-')}(1)`, inner.describe)),
          ),
        ]),
    ...(command.positionals.length === 0
      ? []
      : [
          section(
            'ARGUMENTS',
            command.positionals.flatMap((one) => item(one.names.at(-1) ?? '', described(one))),
          ),
        ]),
    section('OPTIONS', [
      ...groups.flatMap((group) => [
        ...(groups.length > 1 ? [`.SS ${plain(group.replace(/:$/, ''))}`] : []),
        ...command.options
          .filter((option) => option.group === group)
          .flatMap((option) => item(optionText(option), described(option))),
      ]),
      ...(groups.length > 1 ? ['.SS Others'] : []),
      ...EVERYWHERE.flatMap((option) => item(optionText(option), option.describe)),
    ]),
    ...(command.examples.length === 0
      ? []
      : [
          section(
            'EXAMPLES',
            command.examples.flatMap(([line, what]) => item(line, what)),
          ),
        ]),
    ...(command.epilogue === '' ? [] : [section('NOTES', [plain(command.epilogue)])]),
    seeAlso([
      [],
      ...withInner(command)
        .slice(1)
        .map(({ path }) => path),
    ]),
  ].join('');
}

/** A page that is another one under a further name. */
export function samePage(name) {
  return `.so man1/${name}.1\n`;
}

function heading(name, version) {
  return `.\\" Generated from the declared options: npm run generate\n.TH ${name.toUpperCase()} 1 "" "rxray ${version}" "rxray"\n`;
}

function section(title, lines) {
  return `.SH ${title}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function seeAlso(paths) {
  const names = paths.map((path) => `.BR ${plain(['rxray', ...path].join('-'))} (1)`);
  return section(
    'SEE ALSO',
    names
      .map((name, index) => (index < names.length - 1 ? `${name},` : name))
      .map((line) => line.replace('(1),', '(1),')),
  );
}

function item(term, text) {
  return ['.TP', `.B ${plain(term)}`, plain(text)];
}

function optionText(option) {
  const names = option.names.map(written).join(', ');
  if (!option.takesWord) return names;
  const word = option.choices.length > 0 ? option.choices.join('|') : option.type === 'number' ? 'N' : 'WORD';
  return `${names} ${word}${option.list ? ' …' : ''}`;
}

function described({ describe, byDefault }) {
  return byDefault === undefined ? describe : `${describe} (default: ${byDefault})`;
}

/** Text as roff prints it as it is. */
function plain(text) {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('…', '...')
    .replaceAll('µ', '\\(mc');
  return escaped.replace(/^([.'])/, '\\&$1');
}
