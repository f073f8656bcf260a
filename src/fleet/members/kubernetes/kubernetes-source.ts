import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { MemberListener, MemberSource } from '../member-source.js';
import { type ApiAccess, ApiError, accessOf, askApi, readAll, readLines } from './api-request.js';
import { membersOfPods, type Pod, type PodPorts, podSchema } from './pod-members.js';

export interface KubernetesOptions extends PodPorts {
  /** Default that of this pod. */
  readonly namespace?: string | undefined;
  /** Labels of the agents' pods. */
  readonly selector: string;
  readonly api?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const PAGE = 500;
/** The server ends a watch after this long, … */
const WATCH_S = 290;
/** … sends bookmarks every minute, and one on which nothing comes for so long is dead. */
const SILENT_MS = 120_000;
const LIST_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(podSchema),
});
const watchSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: podSchema }),
  z.object({
    type: z.literal('BOOKMARK'),
    object: z.object({ metadata: z.object({ resourceVersion: z.string() }) }),
  }),
  z.object({
    type: z.literal('ERROR'),
    object: z.object({ code: z.int().optional(), message: z.string().optional() }),
  }),
]);

/** The list is too old to be watched from: it has to be read anew. */
class Gone extends Error {}

/**
 * Members from the pods of the agents themselves, by LIST and WATCH in one namespace: needs a Role for `pods`, verbs
 * `list` and `watch`, and nothing of the whole cluster. A watch that ends goes on where it was; one that is too old, or
 * was answered 410, begins with a new list.
 */
export class KubernetesSource implements MemberSource {
  readonly #stop = new AbortController();
  readonly #pods = new Map<string, Pod>();

  constructor(
    private readonly options: KubernetesOptions,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  start(listener: MemberListener): void {
    this.#keep(listener).catch((cause: Error) => listener.trouble(`Kubernetes: ${cause.message}`));
  }

  stop(): void {
    this.#stop.abort();
  }

  async #keep(listener: MemberListener): Promise<void> {
    const { signal } = this.#stop;
    let waitMs = FIRST_WAIT_MS;
    let version: string | undefined;
    while (!signal.aborted) {
      const began = performance.now();
      try {
        const access = this.#access();
        const path = `/api/v1/namespaces/${encodeURIComponent(await this.#namespace())}/pods`;
        if (version === undefined) {
          version = await this.#list(access, path);
          this.#tell(listener);
        }
        for await (const next of this.#watch(access, path, version)) {
          version = next;
          this.#tell(listener);
          waitMs = FIRST_WAIT_MS;
        }
        // Who ends each watch at once must not be asked again at once.
        await this.#pause(Math.max(0, FIRST_WAIT_MS - (performance.now() - began)));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Gone) {
          version = undefined;
          await this.#pause(Math.max(0, FIRST_WAIT_MS - (performance.now() - began)));
          continue;
        }
        listener.trouble(`Kubernetes: ${(error as Error).message}`);
        // Thousands of agents must not come back at the same instant.
        await this.#pause(waitMs * (0.5 + Math.random()));
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  #tell(listener: MemberListener): void {
    if (!this.#stop.signal.aborted) listener.members(membersOfPods(this.#pods.values(), this.options));
  }

  #access(): ApiAccess {
    return accessOf(this.environment, this.options);
  }

  async #namespace(): Promise<string> {
    return this.options.namespace ?? (await readFile(`${ACCOUNT}/namespace`, 'utf8')).trim();
  }

  /** @returns the version of the list */
  async #list(access: ApiAccess, path: string): Promise<string> {
    const pods = new Map<string, Pod>();
    let next = '';
    for (;;) {
      const query = new URLSearchParams({ labelSelector: this.options.selector, limit: String(PAGE) });
      if (next !== '') query.set('continue', next);
      const response = await this.#ask(access, `${path}?${query}`, LIST_MS);
      const { metadata, items } = listSchema.parse(JSON.parse(await readAll(response)));
      for (const pod of items) pods.set(pod.metadata.uid, pod);
      next = metadata.continue ?? '';
      if (next !== '') continue;
      this.#pods.clear();
      for (const [uid, pod] of pods) this.#pods.set(uid, pod);
      return metadata.resourceVersion;
    }
  }

  /** Yields the version after each change, and at each bookmark. */
  async *#watch(access: ApiAccess, path: string, from: string): AsyncGenerator<string> {
    const query = new URLSearchParams({
      labelSelector: this.options.selector,
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(WATCH_S),
    });
    const response = await this.#ask(access, `${path}?${query}`, SILENT_MS);
    for await (const line of readLines(response)) {
      const event = watchSchema.parse(JSON.parse(line));
      if (event.type === 'ERROR') {
        if (event.object.code === 410) throw new Gone();
        throw new Error(`watch: ${event.object.message ?? 'error'}`);
      }
      if (event.type === 'DELETED') this.#pods.delete(event.object.metadata.uid);
      else if (event.type !== 'BOOKMARK') this.#pods.set(event.object.metadata.uid, event.object);
      const version = event.object.metadata.resourceVersion;
      if (version !== undefined) yield version;
    }
  }

  async #ask(access: ApiAccess, path: string, silentMs: number) {
    try {
      return await askApi(access, path, silentMs, this.#stop.signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 410) throw new Gone();
      throw error;
    }
  }
}
