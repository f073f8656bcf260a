import { isIP } from 'node:net';
import * as z from 'zod';
import type { Member, MemberAddress } from '../../../model/fleet/member.js';

/** What is read of a pod; everything else of it is passed over. */
export const podSchema = z.object({
  metadata: z.object({
    uid: z.string(),
    resourceVersion: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({ nodeName: z.string().optional(), hostNetwork: z.boolean().optional() }).optional(),
  status: z
    .object({
      phase: z.string().optional(),
      hostIP: z.string().optional(),
      podIP: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
    })
    .optional(),
});
export type Pod = z.infer<typeof podSchema>;

/** Of a pod; the first is set by Kubernetes 1.33 and later, the second by whoever deploys the agents. */
const ZONES = ['topology.kubernetes.io/zone', 'rxray.io/zone'];
const KEY = 'rxray.io/key';
/** Set by an agent's operator, or a controller, on the pod of a node that is to be left alone. */
const SKIP = 'rxray.io/skip';

export interface PodPorts {
  readonly port?: number | undefined;
  readonly nodePort?: number | undefined;
}

/**
 * Members by node from the pods of the agents: one on the host network, a companion on the pod network, or both. A node
 * whose pods are all not ready, ending or not yet placed is not probed.
 */
export function membersOfPods(pods: Iterable<Pod>, { port, nodePort }: PodPorts): Member[] {
  const members = new Map<string, Member>();
  for (const pod of pods) {
    const name = pod.spec?.nodeName;
    if (name === undefined || name === '') continue;
    const { labels = {}, annotations = {} } = pod.metadata;
    const known = members.get(name);
    const zone = known?.zone ?? ZONES.map((label) => labels[label] ?? annotations[label]).find((text) => text);
    const hostAddress = place(pod.status?.hostIP, port);
    const onHost = pod.spec?.hostNetwork === true;
    members.set(name, {
      name,
      zone,
      ready: (known?.ready ?? false) || isReady(pod),
      key: known?.key ?? annotations[KEY],
      addresses: {
        node: known?.addresses.node ?? hostAddress,
        pod: (isReady(pod) && !onHost ? place(pod.status?.podIP, port) : undefined) ?? known?.addresses.pod,
        nodeport:
          nodePort === undefined ? undefined : (known?.addresses.nodeport ?? place(pod.status?.hostIP, nodePort)),
      },
    });
  }
  return [...members.values()];
}

function isReady({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined || metadata.annotations?.[SKIP] !== undefined) return false;
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;
}

function place(address: string | undefined, port: number | undefined): MemberAddress | undefined {
  return address === undefined || isIP(address) === 0 ? undefined : { address, port };
}
