import { vantageNamed } from '../../hosts/find-vantage.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { CodedError } from '../../model/errors.js';
import type { Vantage } from '../../model/vantage.js';
import { type ClockOffset, SAME_CLOCK, type Transport } from '../../transports/transport.js';
import { type TransportSettings, transportFor } from '../../transports/transport-for.js';

/** A vantage that answers, by its clock, or why it does not. */
export interface Reached {
  readonly clock?: ClockOffset;
  readonly failure?: CodedError;
}

export interface ConnectionSettings extends TransportSettings {
  /** A place that was given up as the run is to end is not asked again. */
  readonly stop: AbortSignal;
}

/** The ways to the vantages of a bisection: all helpers on one share its connection. */
export class Connections {
  readonly #transports = new Map<string, Transport>();
  readonly #reached = new Map<string, Promise<Reached>>();

  constructor(
    private readonly hosts: Hosts,
    private readonly settings: ConnectionSettings,
  ) {}

  /** @param key where one vantage is reached in several ways */
  to(name: string, key = name, place: Vantage = vantageNamed(name, this.hosts, 'the hosts file')): Transport {
    const known = this.#transports.get(key);
    if (known) return known;
    const transport = transportFor(place, this.settings);
    this.#transports.set(key, transport);
    return transport;
  }

  /** Resolves once a vantage has answered or was given up on; it is tried once, whoever asks. */
  reach(name: string): Promise<Reached> {
    const known = this.#reached.get(name) ?? exchangedClock(this.to(name), this.settings.stop);
    this.#reached.set(name, known);
    return known;
  }

  /** Lets go of places that were not reached yet. */
  giveUp(): void {
    for (const transport of this.#transports.values()) transport.giveUp?.();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close?.()));
  }
}

/** A refusal that comes sooner than this may be of one session too many at that moment. */
const AGAIN_WITHIN_MS = 5_000;

/** The clock of a place; of one that refuses at once it is asked for once more. */
async function exchangedClock(transport: Transport, stop: AbortSignal): Promise<Reached> {
  const began = performance.now();
  for (let again = true; ; again = false) {
    try {
      return { clock: (await transport.exchangeClock?.()) ?? SAME_CLOCK };
    } catch (failure) {
      if (!(failure instanceof CodedError)) throw failure;
      if (!again || stop.aborted || performance.now() - began > AGAIN_WITHIN_MS) return { failure };
    }
  }
}
