import { present } from '../model/present.js';
import type { Vantage } from '../model/vantage.js';
import type { FarTransportSettings } from './far/far-transport.js';
import { kubectlTransport } from './far/kubectl-transport.js';
import { sshTransport } from './far/ssh-transport.js';
import { localTransport } from './local/local-transport.js';
import { netnsTransport } from './local/netns-transport.js';
import type { Transport } from './transport.js';

export interface TransportSettings extends Pick<FarTransportSettings, 'answerMs'> {
  /** The program, by default `kubectl`. */
  readonly kubectl?: string | undefined;
}

/** The transport to a vantage; nothing is connected yet. */
export function transportFor(vantage: Vantage, { kubectl, ...settings }: TransportSettings = {}): Transport {
  switch (vantage.transport) {
    case 'local':
      return localTransport;
    case 'ssh':
      return sshTransport(vantage.host, settings);
    case 'netns':
      return netnsTransport(vantage.name);
    case 'kubectl':
      return kubectlTransport({ ...vantage, ...settings, ...present({ kubectl }) });
  }
}
