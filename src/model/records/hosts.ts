import * as z from 'zod';
import { TARGET_KINDS } from '../target.js';

/** One thing that is wrong in a hosts file, as `rxray hosts check --json` prints it. */
export const hostsProblemSchema = z.object({
  type: z.literal('hosts-problem'),
  file: z.string(),
  line: z.int().min(1),
  key: z.string().describe('targets.node.address; empty for the file as a whole'),
  message: z.string().describe('what is there and what was expected'),
});

/** What a hosts file gives, last line of `rxray hosts check --json`; empty lists where there are problems. */
export const hostsReportSchema = z.object({
  type: z.literal('hosts-report'),
  file: z.string(),
  problems: z.int().min(0),
  vantages: z.array(z.string()),
  targets: z.array(
    z.object({ name: z.string(), kind: z.enum(TARGET_KINDS), address: z.string(), port: z.int().optional() }),
  ),
  paths: z.array(z.string()).describe('vantage>target/protocol'),
  notes: z.array(z.string()).describe('what the file leaves unused or cannot show'),
});

/** What the paths of a bisection can and cannot tell apart, as `rxray bisect --plan --json` prints it. */
export const planRecordSchema = z.object({
  type: z.literal('plan'),
  paths: z.array(z.string()).describe('one for each row of the matrix'),
  stages: z.array(z.string()).describe('one for each column: rx-queue@node'),
  matrix: z.array(z.array(z.enum(['out', 'back', 'both']).nullable())).describe('on which leg a path crosses a stage'),
  indistinguishable: z.array(z.array(z.string())).describe('groups of causes that look the same on these paths'),
  suggestions: z.array(z.string()),
});

export type HostsProblemRecord = z.infer<typeof hostsProblemSchema>;
export type HostsReport = z.infer<typeof hostsReportSchema>;
export type PlanRecord = z.infer<typeof planRecordSchema>;
