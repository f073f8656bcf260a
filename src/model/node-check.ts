import * as z from 'zod';

/** Worst first. `unknown`: it could not be looked at, the detail says why. */
export const CHECK_STATES = ['wrong', 'notice', 'unknown', 'ok'] as const;

/** What one check of `rxray check` says of a node, or of a part of it. One object a line in NDJSON. */
export const nodeCheckSchema = z.object({
  type: z.literal('check'),
  node: z.string().describe('the vantage; without a hosts file: local'),
  check: z.string().describe('name of the check, as --only takes it'),
  subject: z.string().describe('CPU, interface or control group; empty for the whole node'),
  state: z.enum(CHECK_STATES),
  detail: z.string().describe('what was measured; for unknown, why it was not'),
  measured: z.record(z.string(), z.number()).describe('the same as numbers; lengths end in Ns'),
  threshold: z.string().describe('what counts as wrong or worth a notice'),
  source: z.string().describe('where the threshold comes from'),
  remedy: z.string().optional(),
});

/** A check itself, as `rxray check --list --json` prints it. */
export const checkDescriptionSchema = z.object({
  type: z.literal('check-description'),
  name: z.string().describe('as --only takes it'),
  about: z.string(),
  threshold: z.string().describe('what counts as wrong or worth a notice'),
  source: z.string().describe('where the threshold comes from'),
});

/** The last line of a node: what was read, for how long, and at what cost. */
export const nodeReportSchema = z.object({
  type: z.literal('node'),
  node: z.string(),
  place: z.string().describe('how it was reached'),
  kernel: z.string().optional(),
  cpus: z.int().min(1).optional().describe('CPUs that are online'),
  intervalNs: z.int().describe('nanoseconds between the two readings of the counters'),
  cost: z.object({ cpuNs: z.int(), readings: z.int() }).describe('CPU time spent on the node, and files read there'),
  wrong: z.int(),
  notice: z.int(),
  unknown: z.int(),
  ok: z.int(),
});

export type CheckDescription = z.infer<typeof checkDescriptionSchema>;
export type NodeCheck = z.infer<typeof nodeCheckSchema>;
export type NodeReport = z.infer<typeof nodeReportSchema>;
export type CheckState = (typeof CHECK_STATES)[number];
