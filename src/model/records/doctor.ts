import * as z from 'zod';

/** One thing that `rxray doctor` looked at. */
export const hostCheckSchema = z.object({
  type: z.literal('host-check'),
  area: z.string().describe('what it belongs to: probe, clock, time stamps, trace, kernel, lab, portable engine'),
  what: z.string(),
  state: z
    .enum(['works', 'limited', 'missing'])
    .describe('limited: works with a loss that is told; missing: does not work here'),
  detail: z.string().describe('the finding itself, and for what does not work the reason'),
  remedy: z.string().optional(),
});

/** The last line of `rxray doctor --json`. */
export const hostReportSchema = z.object({
  type: z.literal('host-report'),
  probing: z.boolean().describe('whether precise probing works on this host'),
  grant: z.array(z.string()).optional().describe('commands for root that let members of a group probe and trace'),
});

export type HostCheckRecord = z.infer<typeof hostCheckSchema>;
export type HostReport = z.infer<typeof hostReportSchema>;
