import { agentConfigMap } from './objects/agent-config.js';
import { daemonSet } from './objects/daemon-set.js';
import { eventRights } from './objects/events.js';
import { podMonitor, serviceMonitor } from './objects/monitors.js';
import { companionPolicy, restrictedPolicy } from './objects/network-policies.js';
import { rights } from './objects/rights.js';
import { seccompConfigMap } from './objects/seccomp.js';
import { headlessService, pathsService } from './objects/services.js';
import { isTier } from './parts.js';
import { type Json, resolveObjects, type Values } from './resolve.js';
import { all, type Condition, type ObjectTemplate, set } from './template.js';

/** All objects of an installation, from which the chart and the plain objects come. */
export function manifests(seccompProfile: string): ObjectTemplate[] {
  const [probe, restricted, trace] = [isTier('probe'), isTier('restricted'), set('trace.enabled')];
  const policies = set('networkPolicy.enabled');
  const node = set('paths.nodePort');
  return [
    ...rights().map((object) => at('rights', object)),
    at('config', agentConfigMap('restricted'), restricted),
    at('config', agentConfigMap('probe'), probe),
    at('config', seccompConfigMap(seccompProfile), trace),
    at('agents', daemonSet('restricted'), restricted),
    at('agents', daemonSet('probe'), probe),
    at('agents', daemonSet('companion'), probe),
    at('agents', daemonSet('trace'), trace),
    at('services', headlessService()),
    at('services', pathsService('companion'), all(probe, node)),
    at('services', pathsService('restricted'), all(restricted, node)),
    at('network-policies', companionPolicy(), all(policies, probe)),
    at('network-policies', restrictedPolicy(), all(policies, restricted)),
    at('monitors', podMonitor(), set('podMonitor.enabled')),
    at('monitors', serviceMonitor(), set('serviceMonitor.enabled')),
    ...eventRights().map((object) => at('events', object, set('events.enabled'))),
  ];
}

function at(file: string, object: ObjectTemplate['object'], condition?: Condition): ObjectTemplate {
  return { file, object, ...(condition === undefined ? {} : { when: condition }) };
}

/** Ready to apply, each with its namespace. */
export function installation(
  namespace: string,
  values: Values,
  seccompProfile: string,
): Readonly<Record<string, Json>>[] {
  const objects = resolveObjects(manifests(seccompProfile), { ...values, release: { namespace } });
  return [
    namespaceObject(namespace, values),
    ...objects.map((object) => ({
      ...object,
      metadata: { namespace, ...(object.metadata as Readonly<Record<string, Json>>) },
    })),
  ];
}

/** With the security standard that its pods keep to: the API server then refuses whatever does not. */
function namespaceObject(name: string, { tier, trace }: Values): Readonly<Record<string, Json>> {
  const traced = (trace as Readonly<Record<string, Json>>).enabled === true;
  const level = tier === 'restricted' && !traced ? 'restricted' : 'privileged';
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': level } },
  };
}
