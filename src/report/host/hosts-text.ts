import { count } from '../../format/finding-words.js';
import { printableValue } from '../../format/printable.js';
import type { HostsProblemRecord, HostsReport } from '../../model/records/hosts.js';

/** What is wrong in a hosts file, as compilers say it; or what it gives. */
export function hostsText(found: readonly HostsProblemRecord[], told: HostsReport): string {
  const report = printableValue(told);
  if (found.length > 0) {
    const lines = printableValue(found).map(
      ({ file, line, key, message }) => `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}`,
    );
    return `${lines.join('\n')}\n${count(found.length, 'problem')}; rxray hosts example shows every kind of entry\n`;
  }
  const { file, vantages, targets, paths, notes } = report;
  const sizes = [count(vantages.length, 'vantage'), count(targets.length, 'target'), count(paths.length, 'path')];
  return `${[`${file}: ${sizes.join(', ')}`, ...paths.map((path) => `  ${path}`), ...notes].join('\n')}\n`;
}
