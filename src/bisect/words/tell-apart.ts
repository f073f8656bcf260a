import type { Cause } from '../../model/cause.js';
import { CAUSE_KNOWLEDGE } from '../causes/all-causes.js';
import type { Hypothesis } from '../causes/hypothesis.js';
import type { CauseKnowledge } from '../causes/knowledge.js';
import type { Scene } from '../causes/scene.js';

/** What to measure to tell causes apart that look the same, in words, each once. */
export function tellApart(group: readonly Hypothesis[], scene: Scene): string[] {
  const steps = group.flatMap((hypothesis) => {
    const others = group.filter((other) => other !== hypothesis);
    return knowledgeOf(hypothesis.cause)?.tellApart(hypothesis.machines, others, scene) ?? [];
  });
  return [...new Set(steps)];
}

/** What to look at where these are to blame, each once. */
export function lookInto(causes: readonly Hypothesis[], scene: Scene): string[] {
  return [...new Set(causes.flatMap(({ cause, machines }) => knowledgeOf(cause)?.lookInto(machines, scene) ?? []))];
}

/** What it means that these are to blame, a sentence each. */
export function meaningOf(causes: readonly Hypothesis[]): string {
  return causes.flatMap(({ cause, machines }) => knowledgeOf(cause)?.meaning(machines.join(' – ')) ?? []).join(' ');
}

function knowledgeOf(cause: Cause | 'unknown'): CauseKnowledge | undefined {
  return cause === 'unknown' ? undefined : CAUSE_KNOWLEDGE[cause];
}
