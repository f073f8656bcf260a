// What kubectl runs to complete the words of its plugin rxray: kubectl_complete-rxray on the PATH.
import { EVERYWHERE, withInner, written } from './declared.mjs';

/** Options whose word is a name in the cluster. */
const NAMES = { around: 'nodes', node: 'nodes', namespace: 'namespaces' };
/** What a command is mostly asked of, where that is no node. */
const SUBJECTS = { 'trace syscalls': 'pods' };

export function kubectlCompletion(commands) {
  const all = commands.flatMap(withInner);
  const words = (command) =>
    [
      ...command.commands.map(({ path }) => path.at(-1)),
      ...[...command.options, ...EVERYWHERE].flatMap(({ names }) => names.map(written)),
    ].join(' ');
  const inner = commands.filter((command) => command.commands.length > 0).map(({ path }) => path[0]);
  const chosen = all.flatMap((command) =>
    command.options
      .filter(({ choices }) => choices.length > 0)
      .map(
        (option) =>
          `  ${option.names.map((name) => `"${command.path.join(' ')} ${written(name)}"`).join('|')}) say ${option.choices.join(' ')} ;;`,
      ),
  );
  const named = Object.entries(NAMES).map(([name, kind]) => `  *" --${name}") names ${kind} ;;`);
  const listed = all.map(
    (command) =>
      `  "${command.path.join(' ')}") case $current in -*) say ${words(command)} ;; *) ${subjectsOf(command)} ;; esac ;;`,
  );
  return `#!/bin/sh
# Generated from the declared options: npm run generate
# kubectl calls it with the words behind "kubectl rxray", the unfinished one last; the last line is cobra's directive 4:
# no file names.
say() { for word; do case $word in "$current"*) echo "$word" ;; esac; done; }
names() { say $(kubectl get "$1" -o name 2>/dev/null | sed 's,^[^/]*/,,'); }
command= previous= current=
for word; do
  previous=$current current=$word
done
case $1 in
  ${inner.join('|')}) if [ $# -gt 2 ]; then command="$1 $2"; elif [ $# -gt 1 ]; then command=$1; fi ;;
  *) if [ $# -gt 1 ]; then command=$1; fi ;;
esac
case "$command $previous" in
${[...chosen, ...named].join('\n')}
  *)
    case $command in
  "") say ${commands.map(({ path }) => path[0]).join(' ')} --help --version ;;
${listed.join('\n')}
    esac ;;
esac
echo :4
`;
}

function subjectsOf(command) {
  if (command.commands.length > 0) return `say ${command.commands.map(({ path }) => path.at(-1)).join(' ')}`;
  return command.positionals.length > 0 ? `names ${SUBJECTS[command.path.join(' ')] ?? 'nodes'}` : ':';
}
