import { readFileSync } from 'node:fs';

const FOLDER = 'test/fixtures/github-2019';

/** The machines and paths of the incident, as a hosts file. */
export const HOSTS_OF_2019 = readFileSync(`${FOLDER}/hosts.yaml`, 'utf8');

/** Which of the published measurements, as hping3 printed them, was made on which path. */
export const RUNS_OF_2019 = [
  ['shell>nodeport/syn', 'nodeport-syn-from-shell'],
  ['client>pod/syn', 'overlay-syn-from-node'],
  ['client>pod/icmp', 'overlay-icmp-from-node'],
  ['client>node/icmp', 'node-icmp-from-node'],
  ['shell>node/syn', 'node-syn-from-shell'],
  ['bad>external/syn', 'external-syn-from-node'],
].map(([name = '', file]) => ({ name, file: `${FOLDER}/${file}.hping.txt` }));
