import { HOST_ADDRESS, NAMES_PORT, type Place, POD_PORT, PODS, WEB_PORT } from './addresses.js';
import { QUIET_CPU } from './topology.js';

/** Role of the web server on `bad`. */
export const WEB_ROLE = 'web';

/** Servers of the lab by their role: processes that `lab up` starts, in the namespace of a place. */
export const SERVERS: readonly {
  readonly role: string;
  readonly place: Place;
  readonly program: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  readonly more?: readonly string[];
}[] = [
  ...PODS.map(({ place }) => ({
    role: `listen-${place}`,
    place,
    program: 'rxray-lab-listen',
    port: POD_PORT,
    protocol: 'tcp' as const,
  })),
  {
    role: WEB_ROLE,
    place: 'bad',
    program: 'rxray-lab-serve',
    port: WEB_PORT,
    protocol: 'tcp',
    more: ['--cpu', String(QUIET_CPU)],
  },
  {
    role: 'names',
    place: 'external',
    program: 'rxray-lab-names',
    port: NAMES_PORT,
    protocol: 'udp',
    more: ['--cpu', String(QUIET_CPU), '--answer', HOST_ADDRESS.bad],
  },
];
