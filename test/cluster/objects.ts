import type { ControlPlane } from './control-plane.js';

/** An object of Kubernetes as plain data. */
export type Plain = Readonly<Record<string, unknown>>;

export interface SeenPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly nodeName?: string; readonly hostNetwork?: boolean };
  readonly status: Plain;
}

/** Node objects without kubelets: what the scheduler and the controllers want of them, and no more. */
export async function makeNodes(plane: ControlPlane, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `worker-${index + 1}`);
  for (const [index, name] of names.entries()) await makeNode(plane, name, index + 1);
  return names;
}

export async function makeNode(plane: ControlPlane, name: string, index: number): Promise<void> {
  const room = { cpu: '4', memory: '8Gi', pods: '110' };
  const labels = {
    'kubernetes.io/arch': index % 2 === 0 ? 'arm64' : 'amd64',
    'kubernetes.io/os': 'linux',
    'topology.kubernetes.io/zone': index % 2 === 0 ? 'b' : 'a',
  };
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { podCIDR: `10.244.${index}.0/24` },
  };
  await sent(plane, '/api/v1/nodes', 'POST', node);
  await sent(plane, `/api/v1/nodes/${name}/status`, 'PATCH', {
    status: {
      capacity: room,
      allocatable: room,
      addresses: [
        { type: 'InternalIP', address: `10.20.0.${index}` },
        { type: 'InternalIP', address: `fd00:20::${index.toString(16)}` },
        { type: 'Hostname', address: name },
      ],
      conditions: [{ type: 'Ready', status: 'True', reason: 'Test', lastHeartbeatTime: new Date().toISOString() }],
    },
  });
}

export async function podsIn(plane: ControlPlane, namespace: string, part?: string): Promise<SeenPod[]> {
  const selector =
    part === undefined ? '' : `?labelSelector=${encodeURIComponent(`app.kubernetes.io/component=${part}`)}`;
  const { text } = await plane.ask(`/api/v1/namespaces/${namespace}/pods${selector}`);
  return (JSON.parse(text) as { items: SeenPod[] }).items;
}

/** What a kubelet would report of a pod. */
export async function reportPod(plane: ControlPlane, pod: SeenPod, ready: boolean): Promise<void> {
  const { nodeName = '', hostNetwork } = pod.spec;
  const index = Number(nodeName.split('-')[1]);
  const hostIP = `10.20.0.${index}`;
  await sent(plane, `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/status`, 'PATCH', {
    status: {
      phase: 'Running',
      hostIP,
      podIP: hostNetwork ? hostIP : `10.244.${index}.9`,
      podIPs: [{ ip: hostNetwork ? hostIP : `10.244.${index}.9` }],
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False' },
        { type: 'PodScheduled', status: 'True' },
      ],
    },
  });
}

export async function sent(plane: ControlPlane, path: string, method: string, body?: unknown): Promise<Plain> {
  const { status, text } = await plane.ask(path, method, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`);
  return JSON.parse(text) as Plain;
}
