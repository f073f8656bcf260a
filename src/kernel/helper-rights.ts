/** A capability of Linux that a helper uses, and what for. */
export interface HelperRight {
  readonly capability: string;
  readonly why: string;
}

/**
 * What each helper needs of root's rights: the one list. Whatever grants them (`rxray doctor --fix`, the Debian
 * package), asks for them or explains them takes them from here. `rxray-icmp` needs none.
 */
export const HELPER_RIGHTS: Readonly<Record<'rxray-prober' | 'rxray-tracer', readonly HelperRight[]>> = {
  'rxray-prober': [
    { capability: 'cap_net_raw', why: 'sends probes and reads replies' },
    { capability: 'cap_net_admin', why: 'has larger socket buffers' },
    { capability: 'cap_sys_nice', why: 'sends on time on busy CPUs' },
    { capability: 'cap_ipc_lock', why: 'is not delayed by page faults' },
  ],
  'rxray-tracer': [
    { capability: 'cap_bpf', why: 'loads its programs' },
    { capability: 'cap_perfmon', why: 'lets them read what the kernel does' },
    { capability: 'cap_syslog', why: 'names the functions in stacks of the kernel' },
  ],
};

/** The one sentence for whoever lacks them. */
export const HOW_TO_GRANT = 'run with sudo, or grant it once: rxray doctor --fix as root';

export type PrivilegedHelper = keyof typeof HELPER_RIGHTS;
export const PRIVILEGED_HELPERS = Object.keys(HELPER_RIGHTS) as PrivilegedHelper[];

/** As setcap takes them. */
export function capabilityText(helper: PrivilegedHelper): string {
  return `${HELPER_RIGHTS[helper].map(({ capability }) => capability).join(',')}=ep`;
}

/** The same for all of them; packages that grant them are built from this. */
export const HELPER_CAPABILITIES = Object.fromEntries(
  PRIVILEGED_HELPERS.map((helper) => [helper, capabilityText(helper)]),
);
