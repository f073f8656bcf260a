import { parse } from 'yaml';
import type { ClusterObjects, DaemonSetObject } from './objects.js';

/** The data of a ConfigMap that was read, by name, in whatever namespace. */
export function configMap(objects: ClusterObjects, name: string): Readonly<Record<string, string>> | undefined {
  return objects.configMaps.find((map) => map.metadata.name === name)?.data;
}

/** A value in a YAML or JSON text of a ConfigMap; undefined where the text is none. */
export function settingIn(text: string | undefined, key: string): unknown {
  if (text === undefined) return undefined;
  try {
    return (parse(text) as Readonly<Record<string, unknown>> | null)?.[key];
  } catch {
    return undefined;
  }
}

/** A DaemonSet of that name, wherever it is; plugins are installed into namespaces of many names. */
export function daemonSet(objects: ClusterObjects, name: string): DaemonSetObject | undefined {
  return objects.daemonSets.find(({ metadata }) => metadata.name === name);
}

/** A value of the environment of its containers, where it stands there in plain. */
export function environment(set: DaemonSetObject | undefined, name: string): string | undefined {
  const containers = set?.spec.template.spec.containers ?? [];
  return containers.flatMap(({ env }) => env).find((one) => one.name === name)?.value;
}

/** Whether pods of this name run: a plugin without a DaemonSet that may be read shows by its pods. */
export function hasPodsOf(objects: ClusterObjects, daemonSetName: string): boolean {
  return objects.pods.some(({ metadata }) =>
    metadata.ownerReferences.some(({ kind, name }) => kind === 'DaemonSet' && name === daemonSetName),
  );
}

/** An annotation that any node has. */
export function nodeAnnotation(objects: ClusterObjects, key: string): string | undefined {
  for (const { metadata } of objects.nodes) {
    const value = metadata.annotations[key];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}
