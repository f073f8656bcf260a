import type { Vantage } from '../model/vantage.js';
import type { FarTransportSettings } from './far/far-transport.js';
import { kubectlTransport } from './far/kubectl-transport.js';
import { sshTransport } from './far/ssh-transport.js';
import { localTransport } from './local/local-transport.js';
import { netnsTransport } from './local/netns-transport.js';
import type { Transport } from './transport.js';

/** The transport to a vantage; nothing is connected yet. */
export function transportFor(vantage: Vantage, settings: Pick<FarTransportSettings, 'answerMs'> = {}): Transport {
  switch (vantage.transport) {
    case 'local':
      return localTransport;
    case 'ssh':
      return sshTransport(vantage.host, settings);
    case 'netns':
      return netnsTransport(vantage.name);
    case 'kubectl':
      return kubectlTransport({ ...vantage, ...settings });
  }
}
