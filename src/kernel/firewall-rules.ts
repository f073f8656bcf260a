import * as z from 'zod';
import type { NodeFiles } from './node-files.js';

const rulesSchema = z.object({
  tables: z.record(z.string(), z.int()).nullable(),
  nftables: z.object({ rules: z.int(), complete: z.boolean(), longest: z.int(), chain: z.string() }).nullable(),
  atWork: z.array(z.object({ process: z.int(), name: z.string(), ageNs: z.number() })),
});

/** Rules of one family, as the prober counts them. */
export type FirewallRules = z.infer<typeof rulesSchema>;

export const FAMILIES = ['ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];

/** @returns undefined where the node was not asked, or could not answer */
export function firewallRules(files: NodeFiles, family: Family): FirewallRules | undefined {
  const json = files.rules.get(family);
  const parsed = rulesSchema.safeParse(json === undefined ? undefined : JSON.parse(json));
  return parsed.success ? parsed.data : undefined;
}
