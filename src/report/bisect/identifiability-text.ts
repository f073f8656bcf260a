import { formatTable } from '../../format/table.js';
import type { MeasuredPath } from '../../model/measured-path.js';

/** What a set of paths can tell, as `bisect --plan` prints it. */
export interface IdentifiabilityShown {
  readonly stages: readonly string[];
  /** A row for each path, a column for each stage. */
  readonly matrix: readonly (readonly ('out' | 'back' | 'both' | null)[])[];
  readonly indistinguishable: readonly (readonly string[])[];
  readonly suggestions: readonly string[];
}

const MARKS = { out: '→', back: '←', both: '↔' } as const;

/** Paths down, stages across under numbers: as names they would not fit a terminal. */
export function identifiabilityText(shown: IdentifiabilityShown, paths: readonly MeasuredPath[]): string {
  const rows = paths.map((path, index) => [
    path.name,
    ...(shown.matrix[index] ?? []).map((crossing) => (crossing === null ? '·' : MARKS[crossing])),
  ]);
  const columns = [{ title: 'path' }, ...shown.stages.map((_, index) => ({ title: String(index + 1) }))];
  const lines = [
    ...formatTable(columns, rows),
    '',
    'stages (→ on the way out, ← on the way back, ↔ both):',
    ...shown.stages.map(
      (stage, index) => `  ${String(index + 1).padStart(2)}  ${stage.replace('@', ' at ').replace('+', ' – ')}`,
    ),
    '',
  ];
  if (shown.indistinguishable.length === 0) lines.push('Every cause looks different on these paths.');
  else {
    lines.push('look the same on these paths:');
    lines.push(...shown.indistinguishable.map((group) => `  ${group.join(', ')}`));
  }
  if (shown.suggestions.length > 0) lines.push('', 'to tell more:', ...shown.suggestions.map((words) => `  ${words}`));
  return `${lines.join('\n')}\n`;
}
