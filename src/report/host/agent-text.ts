import { count } from '../../format/finding-words.js';
import { printableValue } from '../../format/printable.js';
import type { ConfigProblem, ConfigReport } from '../../model/records/agent.js';

/** What is wrong in an agent.yaml, as compilers say it; or what it comes to. */
export function agentFilesText(found: readonly ConfigProblem[], told: ConfigReport): string {
  if (found.length > 0) {
    const lines = printableValue(found).map(
      ({ file, line, key, message }) => `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}`,
    );
    return `${lines.join('\n')}\n${count(found.length, 'problem')}; rxray agent example shows every entry\n`;
  }
  const { file, node, members, notes } = printableValue(told);
  return `${[`${file}: node ${node}${members > 0 ? `, ${count(members, 'member')}` : ''}`, ...notes].join('\n')}\n`;
}
