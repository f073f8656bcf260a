/** Nobody, on the machines that the tests run on. */
const NOBODY = 65_534;

/**
 * Becomes nobody, without any capability that has to do with networks. The one that is left lets it read the checkout
 * wherever that lies, in /root for example.
 */
export const UNPRIVILEGED: readonly string[] = [
  'setpriv',
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--no-new-privs',
  ...['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+dac_read_search`),
];

/** Bits of CapEff in /proc/PID/status that such a process has: cap_dac_read_search alone. */
export const UNPRIVILEGED_CAPABILITIES = 1n << 2n;
