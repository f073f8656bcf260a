import type { Column } from '../../src/format/table.js';
import type { Machine } from './machine.js';
import type { BenchTable, Comparison, Target } from './part.js';

/** What docs/benchmarks.json keeps of the last run of a part. */
export interface KeptPart {
  readonly name: string;
  readonly about: string;
  readonly command: string;
  readonly startedAt: string;
  readonly machine: Omit<Machine, 'host'>;
  readonly stealShare: number;
  /** What else ran on the machine: runnable threads in the minute before, as `uptime` has it. Not known of old runs. */
  readonly load?: number | undefined;
  readonly tables: readonly BenchTable[];
  readonly targets: readonly Target[];
  readonly comparisons: readonly Comparison[];
  readonly notes: readonly string[];
}

export interface Benchmarks {
  readonly parts: readonly KeptPart[];
}

/** One run's parts in the place of those of the same name, in the order of `names`. */
export function mergeParts(kept: Benchmarks, fresh: readonly KeptPart[], names: readonly string[]): Benchmarks {
  const byName = new Map([...kept.parts, ...fresh].map((part) => [part.name, part]));
  return { parts: names.flatMap((name) => byName.get(name) ?? []) };
}

/** docs/benchmarks.md. A part that was not run yet has its row all the same. */
export function benchmarksPage(
  { parts }: Benchmarks,
  all: readonly { readonly name: string; readonly about: string }[],
): string {
  const kept = new Map(parts.map((part) => [part.name, part]));
  const overview = all.map(({ name, about }) => {
    const part = kept.get(name);
    const targets = part?.targets ?? [];
    const met = targets.filter((target) => target.met).length;
    return `| ${part ? `[${name}](#${name})` : name} | ${cell(about)} | ${part ? `${met} of ${targets.length}` : 'not measured yet'} |`;
  });
  const beaten = parts.flatMap(({ comparisons }) => comparisons.filter(({ ours, theirs }) => theirs < ours));
  return `${[
    '# Benchmarks',
    '',
    'Written by `npm run bench`, from docs/benchmarks.json. Figures are for comparison within one run on one machine; each',
    'part says which. A part that is run alone takes the place of its last run.',
    '',
    '| part | what | targets met |',
    '|---|---|---|',
    ...overview,
    '',
    '## Where another tool is better',
    '',
    ...(beaten.length === 0 ? ['Nowhere, in what was measured.'] : ['| what | rxray | better |', '|---|---:|---|']),
    ...beaten.map(
      ({ what, ours, theirs, peer, unit }) =>
        `| ${cell(what)} | ${figure(ours)} ${unit} | ${peer}: ${figure(theirs)} ${unit} |`,
    ),
    ...parts.flatMap(section),
  ].join('\n')}\n`;
}

function section(part: KeptPart): string[] {
  const { name, about, command, startedAt, machine, stealShare, load, tables, targets, notes } = part;
  const versions = Object.entries(machine.versions).map((pair) => pair.join(' '));
  return [
    '',
    `## ${name}`,
    '',
    `${about}. \`${command}\`, ${startedAt.slice(0, 10)}, on ${machine.processors} × ${machine.processor.trim()}, Linux ${machine.kernel}, steal ${(100 * stealShare).toFixed(1)} %${load === undefined ? '' : `, load before it ${load.toFixed(0)}`}; ${versions.join(', ')}.`,
    ...tables.flatMap(({ title, columns, rows }) => ['', `**${title}**`, '', ...markdownTable(columns, rows)]),
    ...notes.flatMap((note) => ['', note]),
    '',
    ...targets.map(({ asked, measured, met }) => `* ${asked}: ${measured}, ${met ? 'met' : '**not met**'}`),
  ];
}

function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  return [
    `| ${columns.map(({ title }) => cell(title)).join(' | ')} |`,
    `|${columns.map(({ align }) => (align === 'right' ? '---:' : '---')).join('|')}|`,
    ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
  ];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const figure = (value: number): string => String(Number(value.toPrecision(3)));
