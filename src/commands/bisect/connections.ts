import { vantageNamed } from '../../hosts/find-vantage.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import type { Vantage } from '../../model/vantage.js';
import type { Transport } from '../../transports/transport.js';
import { type TransportSettings, transportFor } from '../../transports/transport-for.js';

/** The ways to the vantages of a bisection: all helpers on one share its connection. */
export class Connections {
  readonly #transports = new Map<string, Transport>();

  /** @param settings by when another machine has to have answered */
  constructor(
    private readonly hosts: Hosts,
    private readonly settings: TransportSettings,
  ) {}

  /** @param key where one vantage is reached in several ways */
  to(name: string, key = name, place: Vantage = vantageNamed(name, this.hosts, 'the hosts file')): Transport {
    const known = this.#transports.get(key);
    if (known) return known;
    const transport = transportFor(place, this.settings);
    this.#transports.set(key, transport);
    return transport;
  }

  /** Lets go of places that were not reached yet. */
  giveUp(): void {
    for (const transport of this.#transports.values()) transport.giveUp?.();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close?.()));
  }
}
