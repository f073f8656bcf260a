import { equal, joined, NAMESPACE_PATH, type Template, value } from './template.js';

export const NAME = 'rxray';
/** Pods of all parts have it, and members are found by it. */
export const SELECTOR = { 'app.kubernetes.io/name': NAME } as const;

/** The parts of an installation, each a DaemonSet; the word stands in the label of its pods. */
export type Part = 'restricted' | 'probe' | 'companion' | 'trace';

/** Those that watch all the time; the others are only there. */
export type AgentPart = 'restricted' | 'probe';

export function isAgent(part: Part): part is AgentPart {
  return part === 'restricted' || part === 'probe';
}

export function labels(part?: Part): Readonly<Record<string, string>> {
  return {
    ...SELECTOR,
    ...(part === undefined ? {} : { 'app.kubernetes.io/component': part }),
    'app.kubernetes.io/part-of': NAME,
  };
}

export const partName = (part: Part): string => `${NAME}-${part}`;

/** In the image: without a capability of its own, which a container that may not give it could not start. */
export const IMAGE_USER = 65_532;
/** Where it stands under /var/lib/kubelet/seccomp. */
export const TRACE_PROFILE_PLACE = 'rxray/trace.json';

/** What no container of any part may do. */
const CONFINED: { readonly [key: string]: Template } = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
};

/**
 * What each part may, and nothing else. A capability reaches only user 0, or files that have it, which the ban on
 * escalation forbids; so user 0 it is, with all else of root's dropped.
 */
export const SECURITY: Readonly<Record<Part, { readonly [key: string]: Template }>> = {
  restricted: {
    ...CONFINED,
    runAsNonRoot: true,
    runAsUser: IMAGE_USER,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
  companion: {
    ...CONFINED,
    runAsNonRoot: true,
    runAsUser: IMAGE_USER,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
  probe: {
    ...CONFINED,
    runAsUser: 0,
    capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
  trace: {
    ...CONFINED,
    runAsUser: 0,
    capabilities: { drop: ['ALL'], add: ['BPF', 'PERFMON'] },
    seccompProfile: { type: 'Localhost', localhostProfile: TRACE_PROFILE_PLACE },
  },
};

/** What a part's pods share with their node. */
export const SHARED: Readonly<Record<Part, { readonly [key: string]: Template }>> = {
  // Echo sockets without a capability, for the image's group.
  restricted: {
    securityContext: {
      fsGroup: IMAGE_USER,
      sysctls: [{ name: 'net.ipv4.ping_group_range', value: `${IMAGE_USER} ${IMAGE_USER}` }],
    },
  },
  companion: {},
  probe: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
  trace: { hostNetwork: true, hostPID: true, dnsPolicy: 'ClusterFirstWithHostNet' },
};

export const image: Template = joined(value('image.repository'), ':', value('image.tag'));
export const isTier = (tier: 'restricted' | 'probe') => equal('tier', tier);
/** Where it is installed. */
export const NAMESPACE = value(NAMESPACE_PATH);
