import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { CodedError } from '../model/errors.js';
import { askKubectl, type ClusterPlace } from './kubectl.js';
import type { ClusterObjects } from './objects.js';
import { RESOURCES, type Resource } from './resources.js';

/** What could not be read of a cluster. */
export interface Unread {
  /** `nodes`, `endpointslices.discovery.k8s.io`. */
  readonly resource: string;
  readonly why: string;
  /** What is unknown without it. */
  readonly otherwise: string;
}

export interface ReadCluster {
  readonly objects: ClusterObjects;
  readonly unread: readonly Unread[];
  /** The right to ask for, as a command that a cluster's administrator runs; undefined where nothing was refused. */
  readonly ask: string | undefined;
}

export interface ReadOptions extends ClusterPlace {
  /** Where not all namespaces may be read: this one. */
  readonly namespace?: string | undefined;
}

/**
 * Reads what `discover` needs. What the user may not read is left out and told.
 *
 * @throws CodedError E_KUBECTL when there is no cluster to read
 */
export async function readCluster(options: ReadOptions): Promise<ReadCluster> {
  // Alone first: a login that has run out is then told once, and a plugin asks its question once.
  const [first, ...others] = RESOURCES;
  if (first === undefined) throw new Error('nothing is read');
  const reads = [await readResource(first, options)];
  for (const read of await Promise.all(others.map((resource) => readResource(resource, options)))) reads.push(read);
  const refused = RESOURCES.filter((_, index) => reads[index]?.unread?.refused);
  return {
    objects: Object.fromEntries(
      RESOURCES.map(({ key }, index) => [key, reads[index]?.items ?? []]),
    ) as unknown as ClusterObjects,
    unread: reads.flatMap(({ unread }) => (unread === undefined ? [] : [unread.told])),
    ask: refused.length === 0 ? undefined : grantOf(refused),
  };
}

/**
 * The same from what `kubectl get … -o json` printed earlier or elsewhere: single objects and Lists, in any order.
 *
 * @param texts each with its name, for messages
 * @throws CodedError E_OBJECTS for what is no such output
 */
export function clusterFromTexts(texts: readonly { readonly name: string; readonly text: string }[]): ReadCluster {
  const all = texts.flatMap(({ name, text }) => itemsOf(parseObjects(text, name)));
  const found = RESOURCES.map((resource) =>
    understood(
      resource,
      all.filter((item) => kindOf(item) === resource.kind),
    ),
  );
  const unread = RESOURCES.flatMap(({ name, optional, otherwise }, index): Unread[] =>
    (found[index]?.items.length ?? 0) > 0 || optional
      ? []
      : [{ resource: name, why: 'the files have none', otherwise }],
  );
  return {
    objects: Object.fromEntries(
      RESOURCES.map(({ key }, index) => [key, found[index]?.items ?? []]),
    ) as unknown as ClusterObjects,
    unread,
    ask: undefined,
  };
}

interface ReadItems {
  readonly items: readonly unknown[];
  readonly unread?: { readonly told: Unread; readonly refused: boolean };
}

async function readResource(resource: Resource, options: ReadOptions): Promise<ReadItems> {
  const { name, only, namespaced, optional, otherwise } = resource;
  const unread = (why: string, refused: boolean) => ({ told: { resource: name, why, otherwise }, refused });
  if (only !== undefined) {
    const asked = await Promise.all(
      only.map(([namespace, one]) => askKubectl(options, ['get', name, one, `--namespace=${namespace}`, '-o', 'json'])),
    );
    const items = asked.flatMap((one) => (one.state === 'answered' ? itemsOf(parseObjects(one.text, name)) : []));
    const refusal = asked.find((one) => one.state === 'refused');
    return {
      ...understood(resource, items),
      ...(refusal === undefined ? {} : { unread: unread(refusal.why, true) }),
    };
  }
  const everywhere = namespaced ? ['--all-namespaces'] : [];
  const asked = await askKubectl(options, ['get', name, ...everywhere, '-o', 'json']);
  if (asked.state === 'answered') return understood(resource, itemsOf(parseObjects(asked.text, name)));
  if (asked.state === 'absent') {
    return { items: [], ...(optional ? {} : { unread: unread('this cluster has no such kind', false) }) };
  }
  if (!namespaced || options.namespace === undefined) return { items: [], unread: unread(asked.why, true) };
  // Who may not list everywhere may often list at home.
  const here = await askKubectl(options, ['get', name, `--namespace=${options.namespace}`, '-o', 'json']);
  const items = here.state === 'answered' ? itemsOf(parseObjects(here.text, name)) : [];
  const why = here.state === 'answered' ? `only namespace ${options.namespace}: ${asked.why}` : asked.why;
  return { ...understood(resource, items), unread: unread(why, true) };
}

/** Those that have the shape; an object that has not is passed over, as one of a version to come would be. */
function understood(resource: Resource, items: readonly unknown[]): { readonly items: readonly unknown[] } {
  return {
    items: items.flatMap((item) => {
      const parsed = resource.schema.safeParse(item);
      return parsed.success ? [parsed.data] : [];
    }),
  };
}

const listSchema = z.object({ items: z.array(z.unknown()) });

function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(itemsOf);
  const list = listSchema.safeParse(value);
  return list.success ? list.data.items.flatMap(itemsOf) : [value];
}

function kindOf(item: unknown): unknown {
  return (item as { readonly kind?: unknown } | null)?.kind;
}

/** kubectl prints JSON; what people kept may be its YAML. */
function parseObjects(text: string, name: string): unknown {
  try {
    return /^\s*[{[]/.test(text) ? JSON.parse(text) : parseAllDocuments(text).map((document) => document.toJS());
  } catch (cause) {
    throw new CodedError(
      'E_OBJECTS',
      `${name}: not what kubectl get -o json prints: ${(cause as Error).message}`,
      'make it with: kubectl get nodes,pods,services,endpointslices,daemonsets -A -o json',
      2,
    );
  }
}

/** A role for all that was refused; of ConfigMaps only those that are read, by name. */
function grantOf(refused: readonly Resource[]): string {
  const listed = refused.filter(({ only }) => only === undefined).map(({ name }) => name);
  const role = 'rxray-discover';
  const commands =
    listed.length === 0
      ? []
      : [
          `kubectl create clusterrole ${role} --verb=list --resource=${listed.join(',')}`,
          `kubectl create clusterrolebinding ${role} --clusterrole=${role} --user=YOU`,
        ];
  for (const { name, only = [] } of refused) {
    for (const namespace of new Set(only.map(([one]) => one))) {
      const names = only.filter(([one]) => one === namespace).map(([, one]) => `--resource-name=${one}`);
      commands.push(
        `kubectl -n ${namespace} create role ${role} --verb=get --resource=${name} ${names.join(' ')}`,
        `kubectl -n ${namespace} create rolebinding ${role} --role=${role} --user=YOU`,
      );
    }
  }
  return commands.join('\n');
}
