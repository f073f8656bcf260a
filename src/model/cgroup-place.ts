import { present } from './present.js';
/** What the path of a cgroup tells of the container it belongs to. */
export interface CgroupPlace {
  /** All 64 digits; `docker ps` prints the first twelve. */
  readonly container?: string;
  readonly runtime?: string;
  /** The pod's uid. */
  readonly pod?: string;
  /** A unit of systemd. */
  readonly unit?: string;
}

const RUNTIMES: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  crio: 'cri-o',
  libpod: 'podman',
  lxc: 'lxc',
};

/** Reads `/docker/<id>`, `docker-<id>.scope`, `cri-containerd-<id>.scope`, `kubepods/burstable/pod<uid>/<id>` … */
export function cgroupPlace(path: string): CgroupPlace {
  const parts = path.split(/[/:]/).filter((part) => part !== '');
  const id = lastMatch(parts, /(?:^|-)([0-9a-f]{64})(?:\.scope)?$/);
  const podPart = lastMatch(parts, /pod([0-9a-f]{8}[-_][0-9a-f_-]{9,27}[0-9a-f]|[0-9a-f]{32})(?:\.slice)?$/);
  const runtime = id === undefined ? undefined : runtimeOf(parts, id, podPart !== undefined);
  const unit = id === undefined && podPart === undefined ? lastMatch(parts, /^(.+\.(?:service|scope))$/) : undefined;
  return {
    ...present({ container: id, runtime }),
    ...present({ pod: podPart?.replaceAll('_', '-') }),
    ...present({ unit }),
  };
}

function lastMatch(parts: readonly string[], pattern: RegExp): string | undefined {
  for (const part of [...parts].reverse()) {
    const found = pattern.exec(part)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}

function runtimeOf(parts: readonly string[], id: string, inPod: boolean): string | undefined {
  const at = parts.findIndex((part) => part.includes(id));
  const prefix = /^(.*?)-?[0-9a-f]{64}/.exec(parts[at] ?? '')?.[1] ?? '';
  const word = prefix === '' ? (parts[at - 1] ?? '') : prefix;
  return RUNTIMES[word] ?? (inPod ? undefined : RUNTIMES[parts[0] ?? '']);
}

/** `container 0123456789ab (docker), pod 0f3c…`; the path itself where it tells no container. */
export function describeCgroup(path: string): string {
  const { container, runtime, pod, unit } = cgroupPlace(path);
  if (container !== undefined) {
    const of = runtime === undefined ? '' : ` (${runtime})`;
    return `container ${container.slice(0, 12)}${of}${pod === undefined ? '' : `, pod ${pod}`}`;
  }
  if (pod !== undefined) return `pod ${pod}`;
  return unit ?? path;
}
