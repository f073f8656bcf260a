import { CodedError } from '../model/errors.js';
import { FINDING_KINDS, type FindingKind } from '../model/finding.js';

const SHORT_KINDS: Readonly<Record<string, FindingKind>> = { spike: 'rtt-spike', loss: 'loss-episode' };

/** `--fail-on stall,loss`. @throws CodedError E_USAGE for a word that is none */
export function parseKinds(text: string): FindingKind[] {
  return text.split(',').map((word) => {
    const kind = SHORT_KINDS[word] ?? FINDING_KINDS.find((known) => known === word);
    if (kind) return kind;
    throw new CodedError(
      'E_USAGE',
      `--fail-on ${word}: no such finding`,
      `use ${FINDING_KINDS.join(', ')}, spike or loss`,
      2,
    );
  });
}
