import type { Json, Values } from './resolve.js';

/** JSON Schema of one value. */
type Schema = Readonly<Record<string, Json>>;

/** A value of the chart: declared here, and nowhere else. */
export interface DeclaredValue {
  readonly path: string;
  readonly byDefault: Json;
  readonly schema: Schema;
  readonly what: string;
}

const text = (more: Schema = {}): Schema => ({ type: 'string', ...more });
const whole = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });
const yesNo: Schema = { type: 'boolean' };
const map: Schema = { type: 'object' };
const texts: Schema = { type: 'object', additionalProperties: { type: 'string' } };
const list = (items: Schema = { type: 'object' }): Schema => ({ type: 'array', items });
const quantity = text({ pattern: '^[0-9.]+(m|k|Ki|M|Mi|G|Gi)?$' });
/** There is no place for a limit of CPU: a prober that is throttled measures its own waits. */
const resources: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    requests: { type: 'object', additionalProperties: false, properties: { cpu: quantity, memory: quantity } },
    limits: {
      type: 'object',
      additionalProperties: false,
      required: ['memory'],
      properties: { memory: quantity },
    },
  },
};

const PORT = whole(1024, 65_535);

export const VALUES: readonly DeclaredValue[] = [
  one('image.repository', 'rxray', text({ minLength: 1 }), 'where the image of `npm run package` was pushed to'),
  one('image.tag', '0.1.0', text({ minLength: 1 }), 'which of them'),
  one('image.pullPolicy', 'IfNotPresent', text({ enum: ['Always', 'IfNotPresent', 'Never'] }), 'when nodes pull it'),
  one('imagePullSecrets', [], list(), 'for a registry that wants to know who asks'),
  one(
    'tier',
    'probe',
    text({ enum: ['restricted', 'probe'] }),
    'rights of the agents: `restricted` has no capability and passes the restricted pod security standard, on the pod network; `probe` has NET_RAW on the network of the nodes, with a small companion on the pod network',
  ),
  one(
    'trace.enabled',
    false,
    yesNo,
    'a further DaemonSet through which the kernels of nodes are traced: BPF, PERFMON, processes of the node',
  ),
  one(
    'trace.installSeccompProfile',
    true,
    yesNo,
    'an init container of it writes its seccomp profile to /var/lib/kubelet/seccomp; false: you put it there',
  ),
  one('agent.neighbours', 10, whole(1, 10), 'nodes that each node probes'),
  one('agent.interval', '40ms', text({ pattern: '^[0-9.]+(ms|s)$' }), 'between two probes to one of them'),
  one('agent.flows', 8, whole(1, 64), 'source ports of each SYN path'),
  one('agent.port', 9469, PORT, 'metrics of the agents'),
  one('keys.existingSecret', '', text(), 'Secret with the key `fleet`, of which the keys of probes are made'),
  one(
    'webConfig.scheme',
    'HTTP',
    text({ enum: ['HTTP', 'HTTPS'] }),
    'HTTPS where that file asks for TLS: for the probes of the kubelet',
  ),
  one(
    'webConfig.existingSecret',
    '',
    text(),
    'Secret with `web.yml` (TLS, passwords) as exporters of Prometheus read it',
  ),
  one('resources', { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '192Mi' } }, resources, 'of an agent'),
  one(
    'companion.resources',
    { requests: { cpu: '1m', memory: '4Mi' }, limits: { memory: '16Mi' } },
    resources,
    'of the companion on the pod network',
  ),
  one(
    'trace.resources',
    { requests: { cpu: '1m', memory: '16Mi' }, limits: { memory: '256Mi' } },
    resources,
    'of the pods that are traced through; what they need while they are is less than the limit',
  ),
  one('priorityClassName', '', text(), 'such as system-node-critical, to stay when nodes are full'),
  one('tolerations', [{ operator: 'Exists' }], list(), 'taints of nodes that are watched all the same: all of them'),
  one('nodeSelector', { 'kubernetes.io/os': 'linux' }, texts, 'nodes that are watched'),
  one(
    'updateStrategy.maxUnavailable',
    '34%',
    text({ pattern: '^[1-9][0-9]*%?$' }),
    'share of agents that is replaced at a time',
  ),
  one('podAnnotations', {}, texts, 'further annotations of all pods'),
  one(
    'paths.nodePort',
    30903,
    { type: 'integer', minimum: 0, maximum: 65_535 },
    'NodePort of every node that leads to its own pod of rxray, to be probed; 0: none',
  ),
  one(
    'paths.ipFamilyPolicy',
    'PreferDualStack',
    text({ enum: ['SingleStack', 'PreferDualStack', 'RequireDualStack'] }),
    'families of its addresses',
  ),
  one(
    'networkPolicy.enabled',
    true,
    yesNo,
    'policies for the pods on the pod network; those on the network of nodes have none',
  ),
  one(
    'networkPolicy.metricsFrom',
    [],
    list(),
    'who may read metrics, as `from` of a NetworkPolicy; nobody listed: anybody',
  ),
  one('podMonitor.enabled', false, yesNo, 'for the Prometheus operator'),
  one('podMonitor.interval', '15s', text({ pattern: '^[0-9]+(ms|s|m)$' }), 'how often it reads'),
  one('podMonitor.labels', {}, texts, 'labels by which your Prometheus finds it'),
  one('serviceMonitor.enabled', false, yesNo, 'the same by the headless service; take one of both'),
  one('serviceMonitor.labels', {}, texts, 'labels by which your Prometheus finds it'),
  one(
    'events.enabled',
    false,
    yesNo,
    'the right to write an Event on a convicted node: a Role in the namespace default, where Events of nodes are',
  ),
];

function one(path: string, byDefault: Json, schema: Schema, what: string): DeclaredValue {
  return { path, byDefault, schema, what };
}

export function declaredDefault(path: string): Json {
  const found = VALUES.find((declared) => declared.path === path);
  if (found === undefined) throw new Error(`no value ${path} is declared`);
  return found.byDefault;
}

export function isListOrMap(path: string): boolean {
  return typeof declaredDefault(path) === 'object';
}

/** All values, nested, those of `given` in the place of the defaults. */
export function valuesWith(given: Readonly<Record<string, Json>> = {}): Values {
  const values: Record<string, Json> = {};
  for (const { path, byDefault } of VALUES) {
    const keys = path.split('.');
    let inner = values;
    for (const key of keys.slice(0, -1)) {
      inner[key] ??= {};
      inner = inner[key] as Record<string, Json>;
    }
    inner[keys.at(-1) ?? ''] = given[path] ?? byDefault;
  }
  for (const path of Object.keys(given)) declaredDefault(path);
  return values;
}

/** `values.schema.json`: what is misspelt or of the wrong kind is refused by helm before anything is installed. */
export function valuesSchema(): Schema {
  const root: MutableSchema = { type: 'object', additionalProperties: false, properties: {} };
  for (const { path, schema, what } of VALUES) {
    const keys = path.split('.');
    let inner = root;
    for (const key of keys.slice(0, -1)) {
      inner.properties[key] ??= { type: 'object', additionalProperties: false, properties: {} };
      inner = inner.properties[key] as MutableSchema;
    }
    inner.properties[keys.at(-1) ?? ''] = { description: what, ...schema };
  }
  // Helm puts these beside the values of every chart.
  root.properties.global = map;
  return { $schema: 'https://json-schema.org/draft-07/schema#', title: 'Values of the chart rxray', ...root };
}

interface MutableSchema extends Record<string, Json> {
  properties: Record<string, Json>;
}
