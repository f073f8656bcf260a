import * as z from 'zod';
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
  longestNs: z.int().describe('the longest time that it had the CPU while packets waited'),
  rxray: z.boolean().describe('it is rxray itself'),
  convicted: z
    .boolean()
    .describe('it had the CPU for at least half of the time that packets waited, in two incidents or more'),
  stack: z.array(z.string()).describe('of the longest time, innermost function first'),
  probes: z
    .array(z.object({ path: z.string(), seq: z.int(), delayNs: z.int() }))
    .describe('that it delayed, in the order of sending'),
  fix: z.string(),
});
export type Accused = z.infer<typeof accusedSchema>;

/** What the kernel of one traced machine shows of one incident. */
export const incidentTraceSchema = z.object({
  incident: z.int().describe('its number, from 0'),
  startMin: z.int(),
  release: z.int(),
  vantage: z.string().describe('on whose machine it was looked for'),
  waited: z
    .enum(['yes', 'no', 'unknown'])
    .describe(
      'whether received packets waited for a CPU there for at least half of the time that the probes were held; no: the trace would have shown it',
    ),
  packetsNs: z.int().describe('how long the probes were held, as seen from outside'),
  waitNs: z.int().describe('of that, time in which packets waited for a CPU there, as its kernel saw it'),
  traced: z.number().describe('for how much of the incident the trace was on, 0 to 1'),
  lostEvents: z.int().describe('events that the trace lost around then'),
  minNs: z.int().describe('the shortest wait that the trace tells of'),
  cpus: z.array(z.int()).describe('CPUs that the packets, or their thread, were queued on'),
  threads: z.array(z.string()).describe('that handled the packets in the end'),
  culprit: z.string().nullable().describe('who had the CPU for at least half of packetsNs; null: nobody'),
  because: z.string().describe('what was seen'),
});
export type IncidentTrace = z.infer<typeof incidentTraceSchema>;

/** Which culprits explain which incidents of a run. */
export const explanationSchema = z.object({
  type: z.literal('explanation'),
  incidents: z.int(),
  explained: z.int().describe('by a culprit other than the hypervisor'),
  paused: z.int().describe('by pauses of the machine itself'),
  unexplained: z.array(z.int()).describe('numbers of the others'),
  conclusion: z
    .enum(['culprit', 'steal', 'not-this-node', 'partly', 'unattributed', 'nothing-to-explain'])
    .describe(
      'culprit and steal: they explain most incidents; partly: some; not-this-node: the traces show no wait in nine of ten; unattributed: packets waited or may have, and nobody is named',
    ),
  traces: z.array(incidentTraceSchema).describe('each incident on each traced machine'),
  accused: z.array(accusedSchema).describe('who explains most comes first'),
});
export type Explanation = z.infer<typeof explanationSchema>;
