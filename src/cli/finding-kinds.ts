import type { FindingKind } from '../model/finding.js';
import { usage } from './command.js';

const SHORT_KINDS: Readonly<Record<string, FindingKind>> = { spike: 'rtt-spike', loss: 'loss-episode' };

/** `--fail-on stall,loss`; none where nothing was given. @throws CodedError E_USAGE for a word that is none */
export async function parseKinds(text: string | undefined): Promise<FindingKind[]> {
  if (text === undefined) return [];
  const { FINDING_KINDS } = await import('../model/finding.js');
  return text.split(',').map((word) => {
    const kind = SHORT_KINDS[word] ?? FINDING_KINDS.find((known) => known === word);
    if (kind) return kind;
    throw usage(`--fail-on ${word}: no such finding`, `use ${FINDING_KINDS.join(', ')}, spike or loss`);
  });
}
