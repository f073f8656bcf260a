import * as z from 'zod';

/**
 * The parts of Kubernetes' objects that are read here, as `kubectl get -o json` prints them. Everything else is passed
 * over: an object of a newer version has more.
 */
const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  deletionTimestamp: z.string().optional(),
  ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
});

const condition = z.object({ type: z.string(), status: z.string() });

export const nodeObject = z.object({
  metadata,
  spec: z
    .object({
      podCIDRs: z.array(z.string()).default([]),
      podCIDR: z.string().optional(),
      providerID: z.string().optional(),
      unschedulable: z.boolean().default(false),
    })
    .prefault({}),
  status: z
    .object({
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
      conditions: z.array(condition).default([]),
    })
    .prefault({}),
});

const containerPort = z.object({
  containerPort: z.int(),
  protocol: z.string().default('TCP'),
  name: z.string().optional(),
});

const container = z.object({
  name: z.string(),
  image: z.string().default(''),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  ports: z.array(containerPort).default([]),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
});

export const podObject = z.object({
  metadata,
  spec: z
    .object({
      nodeName: z.string().optional(),
      hostNetwork: z.boolean().default(false),
      containers: z.array(container).default([]),
    })
    .prefault({}),
  status: z
    .object({
      phase: z.string().default(''),
      hostIP: z.string().optional(),
      podIP: z.string().optional(),
      podIPs: z.array(z.object({ ip: z.string() })).default([]),
      conditions: z.array(condition).default([]),
    })
    .prefault({}),
});

export const serviceObject = z.object({
  metadata,
  spec: z
    .object({
      type: z.string().default('ClusterIP'),
      clusterIP: z.string().optional(),
      clusterIPs: z.array(z.string()).default([]),
      externalTrafficPolicy: z.string().optional(),
      internalTrafficPolicy: z.string().optional(),
      ports: z
        .array(
          z.object({
            name: z.string().optional(),
            port: z.int(),
            protocol: z.string().default('TCP'),
            nodePort: z.int().optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** `discovery.k8s.io`, v1beta1 and v1. */
export const endpointSliceObject = z.object({
  metadata,
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()).default([]),
        conditions: z.object({ ready: z.boolean().nullish() }).prefault({}),
        targetRef: z.object({ kind: z.string().optional(), name: z.string().optional() }).optional(),
      }),
    )
    .nullish(),
  ports: z.array(z.object({ name: z.string().nullish(), port: z.int().nullish() })).nullish(),
});

export const daemonSetObject = z.object({
  metadata,
  spec: z
    .object({
      template: z.object({ spec: z.object({ containers: z.array(container).default([]) }).prefault({}) }).prefault({}),
    })
    .prefault({}),
});

export const configMapObject = z.object({ metadata, data: z.record(z.string(), z.string()).default({}) });

/** `crd.projectcalico.org`. */
export const ipPoolObject = z.object({
  metadata,
  spec: z
    .object({
      cidr: z.string().optional(),
      ipipMode: z.string().default('Never'),
      vxlanMode: z.string().default('Never'),
      disabled: z.boolean().default(false),
    })
    .prefault({}),
});

export const felixObject = z.object({
  metadata,
  spec: z.object({ bpfEnabled: z.boolean().default(false), wireguardEnabled: z.boolean().default(false) }).prefault({}),
});

export type NodeObject = z.infer<typeof nodeObject>;
export type PodObject = z.infer<typeof podObject>;
export type ServiceObject = z.infer<typeof serviceObject>;
export type EndpointSliceObject = z.infer<typeof endpointSliceObject>;
export type DaemonSetObject = z.infer<typeof daemonSetObject>;
export type ConfigMapObject = z.infer<typeof configMapObject>;
export type IpPoolObject = z.infer<typeof ipPoolObject>;
export type FelixObject = z.infer<typeof felixObject>;

/** What was read of a cluster, by kind; an empty list also where nothing could be read. */
export interface ClusterObjects {
  readonly nodes: readonly NodeObject[];
  readonly pods: readonly PodObject[];
  readonly services: readonly ServiceObject[];
  readonly endpointSlices: readonly EndpointSliceObject[];
  readonly daemonSets: readonly DaemonSetObject[];
  readonly configMaps: readonly ConfigMapObject[];
  readonly ipPools: readonly IpPoolObject[];
  readonly felix: readonly FelixObject[];
}
