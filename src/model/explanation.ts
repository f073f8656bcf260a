import { z } from 'zod';
import { STALL_CLASSES } from './culprit.js';

/** One who held received packets back, over all incidents of a run. */
export const accusedSchema = z.object({
  class: z.enum(STALL_CLASSES),
  vantage: z.string().describe('on whose machine'),
  process: z.string().nullable().describe('name of the process; null when it was none'),
  pids: z.array(z.int()),
  syscall: z.string().nullable(),
  file: z.string().nullable(),
  handler: z.string().nullable(),
  cgroup: z.string().nullable(),
  pod: z.string().nullable(),
  cpus: z.array(z.int()),
  times: z.int().describe('how often it was seen, also where no probe was caught'),
  incidents: z.array(z.int()).describe('numbers of the incidents it explains, from 0'),
  share: z.number().describe('of all incidents'),
  longestNs: z.int(),
  stack: z.array(z.string()).describe('of the longest time, innermost function first'),
  probes: z
    .array(z.object({ path: z.string(), seq: z.int(), delayNs: z.int() }))
    .describe('that it delayed, in the order of sending'),
  fix: z.string(),
});
export type Accused = z.infer<typeof accusedSchema>;

/** Which culprits explain which incidents of a run. */
export const explanationSchema = z.object({
  type: z.literal('explanation'),
  incidents: z.int(),
  explained: z.int().describe('by a culprit other than the hypervisor'),
  paused: z.int().describe('by pauses of the machine itself'),
  unexplained: z.array(z.int()).describe('numbers of the others'),
  conclusion: z
    .enum(['culprit', 'steal', 'not-this-node', 'partly', 'nothing-to-explain'])
    .describe('culprit and steal: they explain most incidents; not-this-node: no more than chance would'),
  accused: z.array(accusedSchema).describe('who explains most comes first'),
});
export type Explanation = z.infer<typeof explanationSchema>;
