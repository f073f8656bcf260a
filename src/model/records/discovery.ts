import * as z from 'zod';
import { OVERLAYS } from '../overlay.js';

/** What `rxray discover --json` found in a cluster; the hosts file itself under `hosts`. */
export const discoverySchema = z.object({
  type: z.literal('discovery'),
  context: z.string().optional(),
  network: z.object({
    plugin: z.string(),
    overlay: z.enum([...OVERLAYS, 'none', 'unknown']),
    acrossSubnetsOnly: z.boolean(),
    because: z.string(),
  }),
  proxy: z.object({
    mode: z.enum(['iptables', 'ipvs', 'nftables', 'ebpf', 'userspace', 'unknown']),
    because: z.string(),
  }),
  nodes: z
    .array(
      z.object({
        name: z.string(),
        addresses: z.array(z.string()),
        externalAddresses: z.array(z.string()),
        zone: z.string().optional(),
        ready: z.boolean().optional().describe('not there: nodes could not be read'),
        cordoned: z.boolean(),
      }),
    )
    .describe('all that could be read, chosen or not'),
  chosen: z.array(z.string()).describe('nodes of the hosts file, with --around the suspect first'),
  around: z
    .object({
      node: z.string(),
      compared: z.int().min(0).describe('sets of nodes'),
      alike: z.int().min(0).describe('pairs of causes that look the same on its paths'),
      alikeAtSuspect: z.int().min(0),
    })
    .optional(),
  unread: z.array(z.object({ resource: z.string(), why: z.string(), otherwise: z.string() })),
  ask: z.string().optional().describe('what an administrator runs to grant what was refused'),
  notes: z.array(z.string()).describe('what the hosts file leaves out, and why'),
  hosts: z.unknown().describe('the hosts file as an object'),
});

export type DiscoveryRecord = z.infer<typeof discoverySchema>;
