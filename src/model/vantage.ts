/** How a vantage of hosts.yaml is reached; its name is the key it stands under there. */
export type Vantage =
  | { readonly transport: 'local' }
  /** `host` as the user's OpenSSH knows it: a name of its configuration, or `user@host`. */
  | { readonly transport: 'ssh'; readonly host: string }
  /** A network namespace of this host. */
  | { readonly transport: 'netns'; readonly name: string }
  | ({ readonly transport: 'kubectl' } & PodPlace);

/** A pod, as `kubectl` finds it. */
export interface PodPlace {
  readonly namespace: string;
  readonly pod: string;
  /** By default the one `kubectl exec` takes. */
  readonly container?: string | undefined;
  /** Of the user's kubeconfig; by default the current one. */
  readonly context?: string | undefined;
  /** Start an ephemeral container in the pod and work from there: for images without a shell or without NET_RAW. */
  readonly debug?: boolean | undefined;
  /** Of that container; has to have a shell and the usual tools. By default busybox. */
  readonly image?: string | undefined;
  /** A pod on the same node that may ask its kernel, where this one may not: of the tracing tier. */
  readonly tracer?: string | undefined;
}

/** Where the kernel of a vantage's machine is asked. */
export function tracingPlace(vantage: Vantage): Vantage {
  if (vantage.transport !== 'kubectl' || vantage.tracer === undefined) return vantage;
  const { namespace, tracer, context } = vantage;
  return { transport: 'kubectl', namespace, pod: tracer, ...(context === undefined ? {} : { context }) };
}
