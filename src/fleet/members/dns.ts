import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Member } from '../../model/fleet/member.js';
import { MS } from '../../model/time.js';
import type { MemberListener, MemberSource } from './member-source.js';

export interface DnsOptions {
  /** One name that lists the addresses of all members, or a name for each member. */
  readonly names: readonly string[];
  readonly port?: number | undefined;
  readonly everyNs: number;
}

/** Looks a name up; rejects where it does not exist or nobody answers. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** Lists longer than this are no fleet but a mistake. */
const MOST_MEMBERS = 20_000;

/**
 * Members by DNS. Of several names each is a node, by its first address; a single name lists the addresses of all, which
 * then are the names of the nodes too, as DNS tells no others. Names that are not answered for keep what they had.
 */
export class DnsSource implements MemberSource {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #known = new Map<string, Member[]>();

  constructor(
    private readonly options: DnsOptions,
    private readonly lookup: Lookup = lookupAddresses(),
  ) {}

  start(listener: MemberListener): void {
    const look = async (): Promise<void> => {
      await this.#look(listener);
      if (!this.#stopped) this.#timer = setTimeout(look, this.options.everyNs / MS);
    };
    this.#timer = setTimeout(look, 0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(listener: MemberListener): Promise<void> {
    const { names } = this.options;
    const failures = await Promise.all(names.map((name) => this.#lookOne(name)));
    if (this.#stopped) return;
    const words = failures.filter((failure) => failure !== undefined);
    if (words.length < names.length) {
      const members = names.flatMap((name) => this.#known.get(name) ?? []);
      listener.members([...new Map(members.map((member) => [member.name, member])).values()]);
    }
    if (words.length > 0) listener.trouble(words.slice(0, 3).join('; '));
  }

  /** @returns why not, where it failed */
  async #lookOne(name: string): Promise<string | undefined> {
    try {
      const addresses = [...new Set(await this.lookup(name))].filter((text) => isIP(text) !== 0).sort();
      const { names } = this.options;
      const members =
        names.length > 1
          ? addresses.slice(0, 1).map((address) => this.#member(name, address))
          : addresses.slice(0, MOST_MEMBERS).map((address) => this.#member(address, address));
      this.#known.set(name, members);
      return undefined;
    } catch (cause) {
      return `${name}: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`;
    }
  }

  #member(name: string, address: string): Member {
    return { name, ready: true, addresses: { node: { address, port: this.options.port } } };
  }
}

/** A and AAAA records by the machine's own servers; one family without records is none that failed. */
function lookupAddresses(): Lookup {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return async (name) => {
    if (isIP(name) !== 0) return [name];
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    if (four.status === 'fulfilled' || six.status === 'fulfilled') {
      const found = [four, six].flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
      if (found.length > 0) return found;
    }
    throw four.status === 'rejected' ? four.reason : new Error('no addresses');
  };
}
