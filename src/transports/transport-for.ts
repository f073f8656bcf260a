import type { Vantage } from '../model/vantage.js';
import { kubectlTransport } from './kubectl-transport.js';
import { localTransport } from './local-transport.js';
import { netnsTransport } from './netns-transport.js';
import { sshTransport } from './ssh-transport.js';
import type { Transport } from './transport.js';

/** The transport to a vantage; nothing is connected yet. */
export function transportFor(vantage: Vantage): Transport {
  switch (vantage.transport) {
    case 'local':
      return localTransport;
    case 'ssh':
      return sshTransport(vantage.host);
    case 'netns':
      return netnsTransport(vantage.name);
    case 'kubectl':
      return kubectlTransport(vantage);
  }
}
