/** An object of Kubernetes as plain data. */
export type Plain = Readonly<Record<string, unknown>>;

/** Levels of the pod security standards (Kubernetes documentation, "Pod Security Standards"), without `privileged`. */
export type Level = 'baseline' | 'restricted';

const BASELINE_CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
]);
const RESTRICTED_VOLUMES = new Set(
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' '),
);

/**
 * What in a pod is against a level: `hostNetwork`, `add NET_RAW` … each control of the published standards is a rule
 * here.
 */
export function violations(spec: Plain, level: Level): string[] {
  const found: string[] = [];
  const say = (isWrong: boolean, what: string): void => {
    if (isWrong) found.push(what);
  };
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) say(spec[key] === true, key);
  const pod = plain(spec.securityContext);
  for (const volume of list(spec.volumes)) {
    say('hostPath' in volume, `hostPath ${plain(volume.hostPath).path}`);
    const kinds = Object.keys(volume).filter((key) => key !== 'name' && key !== 'hostPath');
    if (level === 'restricted') for (const kind of kinds) say(!RESTRICTED_VOLUMES.has(kind), `volume ${kind}`);
  }
  for (const { name } of list(pod.sysctls)) say(!SAFE_SYSCTLS.has(String(name)), `sysctl ${name}`);
  for (const container of [...list(spec.initContainers), ...list(spec.containers)]) {
    const own = plain(container.securityContext);
    const effective = { ...pod, ...own };
    const { add, drop } = plain(own.capabilities);
    say(own.privileged === true, 'privileged');
    for (const port of list(container.ports)) {
      // On the network of the node every port is one of the host, which hostNetwork stands for already.
      say(spec.hostNetwork !== true && (port.hostPort ?? 0) !== 0, `hostPort ${port.hostPort}`);
    }
    const seccomp = plain(effective.seccompProfile).type;
    say(seccomp === 'Unconfined', 'seccomp Unconfined');
    say(own.procMount !== undefined && own.procMount !== 'Default', 'procMount');
    const added = (add as string[] | undefined) ?? [];
    if (level === 'baseline') {
      for (const one of added) say(!BASELINE_CAPABILITIES.has(one), `add ${one}`);
      continue;
    }
    for (const one of added) say(one !== 'NET_BIND_SERVICE', `add ${one}`);
    say(!((drop as string[] | undefined) ?? []).includes('ALL'), 'does not drop ALL');
    say(own.allowPrivilegeEscalation !== false, 'allowPrivilegeEscalation');
    say(effective.runAsNonRoot !== true, 'not runAsNonRoot');
    say(effective.runAsUser === 0, 'runAsUser 0');
    say(seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost', 'no seccomp profile');
  }
  return [...new Set(found)].sort();
}

export function plain(value: unknown): Plain {
  return (value ?? {}) as Plain;
}

export function list(value: unknown): readonly Plain[] {
  return (value ?? []) as readonly Plain[];
}
