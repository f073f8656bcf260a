import {
  type AgentPart,
  image,
  isAgent,
  labels,
  type Part,
  partName,
  SECURITY,
  SHARED,
  TRACE_PROFILE_PLACE,
} from '../parts.js';
import { type ObjectTemplate, set, type Template, value, when } from '../template.js';
import { CONFIG_FOLDER, KEYS_FOLDER, WEB_FOLDER } from './agent-config.js';

/** The container that kubectl works in. */
const AGENT = 'agent';
/** Being there, until the pod is told to end. */
const STAY: readonly string[] = ['/usr/bin/sh', '-c', "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"];
const PROFILES = '/profiles';
const NODE_PROFILES = '/var/lib/kubelet/seccomp';

/** One pod a node. */
export function daemonSet(part: Part): ObjectTemplate['object'] {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: partName(part), labels: labels(part) },
    spec: {
      selector: { matchLabels: selectorOf(part) },
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: value('updateStrategy.maxUnavailable') },
      },
      template: {
        metadata: { labels: { ...labels(part) }, annotations: value('podAnnotations') },
        spec: podSpec(part),
      },
    },
  };
}

export function selectorOf(part: Part): Readonly<Record<string, string>> {
  const { 'app.kubernetes.io/part-of': _, ...selector } = labels(part);
  return selector;
}

function podSpec(part: Part): Template {
  return {
    ...SHARED[part],
    // Only an agent asks the API: who is there.
    serviceAccountName: isAgent(part) ? 'rxray' : undefined,
    automountServiceAccountToken: isAgent(part),
    enableServiceLinks: false,
    terminationGracePeriodSeconds: isAgent(part) ? 10 : 1,
    priorityClassName: value('priorityClassName'),
    tolerations: value('tolerations'),
    nodeSelector: value('nodeSelector'),
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64', 'arm64'] }] },
          ],
        },
      },
    },
    imagePullSecrets: value('imagePullSecrets'),
    ...(part === 'trace' ? { initContainers: [profileWriter()] } : {}),
    containers: [containerOf(part)],
    ...(part === 'companion' ? {} : { volumes: volumes(part) }),
  };
}

function containerOf(part: Part): Template {
  if (part === 'companion') return companion();
  return part === 'trace' ? tracer() : agent(part);
}

function agent(part: AgentPart): Template {
  const health = (path: string, more: Readonly<Record<string, Template>>): Template => ({
    httpGet: { path, port: 'metrics', scheme: value('webConfig.scheme') },
    ...more,
  });
  return {
    name: AGENT,
    image,
    imagePullPolicy: value('image.pullPolicy'),
    args: ['agent', '--config', `${CONFIG_FOLDER}/agent.yaml`],
    env: [
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      // Else the C library keeps some memory apart for each thread of Node.js.
      { name: 'MALLOC_ARENA_MAX', value: '1' },
    ],
    ports: [{ name: 'metrics', containerPort: value('agent.port'), protocol: 'TCP' }],
    readinessProbe: health('/readyz', { periodSeconds: 5, failureThreshold: 2 }),
    // Slow to act: an agent that is held up has something to tell.
    livenessProbe: health('/healthz', { periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 }),
    resources: value('resources'),
    securityContext: SECURITY[part],
    volumeMounts: [
      { name: 'config', mountPath: CONFIG_FOLDER, readOnly: true },
      // Helpers that kubectl exec brings, and the folder by which probes are followed.
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'recordings', mountPath: '/var/lib/rxray' },
      when(set('keys.existingSecret'), { name: 'keys', mountPath: KEYS_FOLDER, readOnly: true }),
      when(set('webConfig.existingSecret'), { name: 'web', mountPath: WEB_FOLDER, readOnly: true }),
    ],
  };
}

/**
 * Has the right to trace for whoever comes by `kubectl exec` with the right to do that, and does nothing until then:
 * watching all the time is for the agents.
 */
function tracer(): Template {
  return {
    name: AGENT,
    image,
    imagePullPolicy: value('image.pullPolicy'),
    command: STAY,
    resources: value('trace.resources'),
    securityContext: SECURITY.trace,
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}

/** Something on the pod network of each node that answers: the kernel does, for as long as the pod is there. */
function companion(): Template {
  return {
    name: 'companion',
    image,
    imagePullPolicy: value('image.pullPolicy'),
    command: STAY,
    ports: [{ name: 'paths', containerPort: value('agent.port'), protocol: 'TCP' }],
    resources: value('companion.resources'),
    securityContext: SECURITY.companion,
  };
}

/** A kubelet takes a profile only from its own folder, and takes it as the tracing container is made. */
function profileWriter(): Template {
  return {
    name: 'seccomp-profile',
    image,
    imagePullPolicy: value('image.pullPolicy'),
    command: [
      '/usr/bin/sh',
      '-c',
      when(
        set('trace.installSeccompProfile'),
        `mkdir -p ${PROFILES}/rxray && cp /profile/trace.json ${PROFILES}/${TRACE_PROFILE_PLACE}`,
      ),
      when({ is: 'unset', path: 'trace.installSeccompProfile' }, `test -f ${PROFILES}/${TRACE_PROFILE_PLACE}`),
    ],
    resources: value('companion.resources'),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsUser: 0,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [
      { name: 'profile', mountPath: '/profile', readOnly: true },
      { name: 'node-profiles', mountPath: PROFILES },
    ],
  };
}

function volumes(part: AgentPart | 'trace'): Template {
  const secret = (name: string, path: string): Template =>
    when(set(path), { name, secret: { secretName: value(path), defaultMode: 0o440 } });
  const tmp = { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: '32Mi' } };
  if (part === 'trace') {
    return [
      tmp,
      { name: 'profile', configMap: { name: 'rxray-seccomp' } },
      { name: 'node-profiles', hostPath: { path: NODE_PROFILES, type: 'DirectoryOrCreate' } },
    ];
  }
  return [
    { name: 'config', configMap: { name: partName(part) } },
    tmp,
    { name: 'recordings', emptyDir: { sizeLimit: '128Mi' } },
    secret('keys', 'keys.existingSecret'),
    secret('web', 'webConfig.existingSecret'),
  ];
}
