import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import { printableValue } from '../../format/printable.js';
import { formatTable } from '../../format/table.js';
import { CHECK_STATES, type NodeCheck, type NodeReport } from '../../model/node-check.js';

const MARKS = { wrong: '✗ WRONG', notice: '! notice', unknown: '? unknown', ok: '✓ ok' } as const;
const INDENT = ' '.repeat(4);

/**
 * A node's results for someone who was just woken: worst first, what to do below each, what is fine in one line.
 * @param verbose also what is fine, with what was read
 */
export function checkText(told: NodeReport, toldChecks: readonly NodeCheck[], verbose = false): string {
  const [report, checks] = printableValue([told, toldChecks] as const);
  const sorted = CHECK_STATES.filter((state) => verbose || state !== 'ok').flatMap((state) =>
    checks.filter((check) => check.state === state),
  );
  const rows = sorted.map(({ state, check, subject, detail }) => [MARKS[state], check, subject, detail]);
  const [, ...lines] = formatTable([{ title: '' }, { title: '' }, { title: '' }, { title: '' }], rows);
  const shown = sorted.map((check, index) => {
    const why =
      check.state === 'unknown' || check.state === 'ok'
        ? ''
        : `${INDENT}${check.threshold}\n${INDENT}source: ${check.source}\n`;
    // The same words below each of several results of one check would bury the results.
    const last = sorted[index + 1]?.check !== check.check || sorted[index + 1]?.remedy !== check.remedy;
    const remedy = check.remedy === undefined ? '' : `${INDENT}→ ${check.remedy}\n`;
    return `${lines[index]}\n${last ? `${why}${remedy}` : ''}`;
  });
  return [heading(report), ...shown, verbose ? '' : fine(checks), ending(report)].join('');
}

function heading({ node, place, kernel, cpus, intervalNs }: NodeReport): string {
  const parts = [
    node === place ? node : `${node} (${place})`,
    ...(kernel === undefined ? [] : [`Linux ${kernel}`]),
    ...(cpus === undefined ? [] : [`${cpus} CPU${cpus === 1 ? '' : 's'}`]),
    ...(intervalNs === 0 ? [] : [`counters over ${formatLength(intervalNs)}`]),
  ];
  return `${parts.join(', ')}\n`;
}

/** Names of the checks all of whose results are fine. */
function fine(checks: readonly NodeCheck[]): string {
  const names = [...new Set(checks.map(({ check }) => check))].filter((name) =>
    checks.every(({ check, state }) => check !== name || state === 'ok'),
  );
  return names.length === 0 ? '' : `${MARKS.ok}: ${names.join(', ')}\n`;
}

function ending({ wrong, notice, unknown, cost }: NodeReport): string {
  const what = wrong > 0 ? `${wrong} wrong` : 'nothing wrong';
  const more = [...(notice > 0 ? [`${notice} to note`] : []), ...(unknown > 0 ? [`${unknown} unknown`] : [])];
  const spent = `${count(cost.readings, 'file')} read, ${formatLength(cost.cpuNs)} of CPU time there`;
  return `${[what, ...more].join(', ')}; ${spent}\n`;
}
