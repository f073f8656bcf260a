import { randomBytes } from 'node:crypto';
import { CodedError } from '../../model/errors.js';
import type { PodPlace } from '../../model/vantage.js';
import type { Transport } from '../transport.js';
import { startDebugContainer } from './debug-container.js';
import { FAR_COMMAND } from './far-script.js';
import { FarSession } from './far-session.js';
import type { FarConnection, FarShell } from './far-shell.js';
import { FarTransport, type FarTransportSettings } from './far-transport.js';
import { kubectlFailure } from './kubectl-failure.js';

export interface KubectlOptions extends PodPlace, FarTransportSettings {
  /** The program, by default `kubectl`. */
  readonly kubectl?: string;
  /** How long a debug container may take to come up. */
  readonly debugLimitMs?: number;
}

const DEBUG_IMAGE = 'busybox:1.36';
/** Pulling an image takes its time. */
const DEBUG_LIMIT_MS = 90_000;

/**
 * Helpers in a pod, through the user's own `kubectl exec -i`, which also carries the copy (`kubectl cp` would need a
 * tar in the image); with `debug`, in an ephemeral container of the pod.
 *
 * Tried against real kubelets of 1.20 (test/cluster), to which debug containers are added by another form of the API than
 * `kubectl debug` has; that command's arguments are checked by a stand-in (test/transports).
 *
 * @throws CodedError E_KUBECTL when a name looks like an option
 */
export function kubectlTransport(options: KubectlOptions): Transport {
  for (const name of [options.namespace, options.pod, options.container, options.context]) {
    if (name === '' || name?.startsWith('-')) {
      throw new CodedError('E_KUBECTL', `${JSON.stringify(name)} is no name of Kubernetes`, 'see kubectl get pods', 2);
    }
  }
  return new FarTransport(new PodShell(options), options);
}

class PodShell implements FarShell {
  readonly place: string;
  readonly #options: KubectlOptions;

  constructor(options: KubectlOptions) {
    this.#options = options;
    this.place = `pod ${options.namespace}/${options.pod}`;
  }

  async connect(): Promise<FarConnection> {
    const container = this.#options.debug ? await this.#debug() : this.#options.container;
    const chosen = container === undefined ? [] : [`--container=${container}`];
    const open = () => this.#kubectl(['exec', '-i', this.#options.pod, ...chosen, '--', ...FAR_COMMAND]);
    return { keeper: open(), open };
  }

  explain(end: Parameters<FarShell['explain']>[0]) {
    return kubectlFailure(this.place, end);
  }

  #kubectl(args: readonly string[]): FarSession {
    const { kubectl = 'kubectl', context, namespace } = this.#options;
    const where = [...(context === undefined ? [] : [`--context=${context}`]), `--namespace=${namespace}`];
    return new FarSession(kubectl, [...where, ...args]);
  }

  /** The name of the new container; each connection has its own, as an ephemeral container never starts twice. */
  async #debug(): Promise<string> {
    const { pod, image = DEBUG_IMAGE, debugLimitMs = DEBUG_LIMIT_MS } = this.#options;
    const name = `rxray-${randomBytes(4).toString('hex')}`;
    const failure = await startDebugContainer((args) => this.#kubectl(args), pod, name, image, debugLimitMs);
    if (failure !== undefined) throw this.explain(failure);
    return name;
  }
}
