import { printableValue } from '../../format/printable.js';
import { formatTable } from '../../format/table.js';
import type { HostCheck } from '../../model/host-check.js';

const MARKS = { works: '✓', limited: '~', missing: '✗' } as const satisfies Record<HostCheck['state'], string>;

/** The checks as a table, the remedy under what does not fully work. */
export function doctorText(told: readonly HostCheck[]): string {
  const checks = printableValue(told);
  const rows = checks.map((check) => [MARKS[check.state], check.area, check.what, check.detail]);
  const [, ...lines] = formatTable([{ title: '' }, { title: '' }, { title: '' }, { title: '' }], rows);
  const indent = ' '.repeat(3);
  return checks
    .map((check, index) => {
      const line = `${lines[index]}\n`;
      return check.state === 'works' || check.remedy === undefined ? line : `${line}${indent}→ ${check.remedy}\n`;
    })
    .join('');
}
