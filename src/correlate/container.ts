/** What the path of a cgroup says about container and pod, for the ways in which runtimes name them. */
export function containerOf(cgroup: string): { readonly container: string | null; readonly pod: string | null } {
  // kubepods-burstable-pod1234_5678.slice, or kubepods/burstable/pod1234-5678.
  const pod = /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})/.exec(cgroup);
  // cri-containerd-ID.scope, docker-ID.scope, crio-ID.scope, libpod-ID.scope, docker/ID.
  const container = /([0-9a-f]{64})(?:\.scope)?(?:\/|$)/.exec(cgroup);
  return { container: container?.[1] ?? null, pod: pod?.[1]?.replaceAll('_', '-') ?? null };
}
