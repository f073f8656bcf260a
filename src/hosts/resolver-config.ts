import { readFile } from 'node:fs/promises';
import { SECOND } from '../model/time.js';

/** What a resolver of this machine goes by: see resolv.conf(5). */
export interface ResolverConfig {
  readonly file: string;
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  /** A name with fewer dots is tried with the search domains first. */
  readonly ndots: number;
  /** After which it asks again. */
  readonly timeoutNs: number;
  readonly attempts: number;
}

const DEFAULTS = { ndots: 1, timeout: 5, attempts: 2 } as const;
/** What glibc allows at most. */
const MOST = { ndots: 15, timeout: 30, attempts: 5 } as const;

/** Of this machine, or as `ip netns exec` shows it in a namespace. Without a file: no server, and the defaults. */
export async function readResolverConfig(netns?: string): Promise<ResolverConfig> {
  const own = netns === undefined ? undefined : `/etc/netns/${netns}/resolv.conf`;
  for (const file of [...(own === undefined ? [] : [own]), '/etc/resolv.conf']) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return parseResolverConfig(text, file);
  }
  return parseResolverConfig('', '/etc/resolv.conf');
}

export function parseResolverConfig(text: string, file: string): ResolverConfig {
  const nameservers: string[] = [];
  let search: string[] = [];
  const options: Record<keyof typeof DEFAULTS, number> = { ...DEFAULTS };
  for (const line of text.split('\n')) {
    const [word, ...rest] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (word === 'nameserver' && rest[0] !== undefined) nameservers.push(rest[0].replace(/%.*$/, ''));
    // The last one counts.
    if (word === 'search' || word === 'domain')
      search = rest.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
    if (word !== 'options') continue;
    for (const option of rest) {
      const [, name, value] = /^(ndots|timeout|attempts):(\d+)$/.exec(option) ?? [];
      if (name !== undefined)
        options[name as keyof typeof MOST] = Math.min(Number(value), MOST[name as keyof typeof MOST]);
    }
  }
  const { ndots, timeout, attempts } = options;
  return {
    file,
    nameservers,
    search,
    ndots,
    timeoutNs: Math.max(1, timeout) * SECOND,
    attempts: Math.max(1, attempts),
  };
}

/** The names that are asked for in turn for one name: a dot at its end asks for just this one. */
export function searchedNames(name: string, { search, ndots }: ResolverConfig): string[] {
  if (name.endsWith('.')) return [name.replace(/\.$/, '')];
  const dots = name.split('.').length - 1;
  const searched = search.map((domain) => `${name}.${domain}`);
  return dots >= ndots ? [name, ...searched] : [...searched, name];
}
