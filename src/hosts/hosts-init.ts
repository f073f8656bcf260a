import { isIP } from 'node:net';
import { CodedError } from '../model/errors.js';
import { parseTarget } from './parse-target.js';
import { resolveAddress } from './resolve-address.js';

/** A hosts.yaml in the making, by name. */
interface Draft {
  readonly vantages: Map<string, string>;
  readonly targets: Map<string, string>;
  readonly notes: string[];
}

/**
 * The text of a hosts.yaml with the places that are named. Names are looked up; nothing else is asked and nothing sent.
 *
 * @param places `HOST[:PORT]`, `USER@HOST[:PORT]`, `netns:NAME`, `pod:NAMESPACE/NAME`
 */
export async function beginHosts(places: readonly string[]): Promise<{ text: string; notes: readonly string[] }> {
  const draft: Draft = {
    vantages: new Map([['here', '{ transport: local }']]),
    targets: new Map(),
    notes: [],
  };
  for (const place of places) await add(place, draft);
  draft.targets.set('loopback', '{ kind: control, address: 127.0.0.1 }');
  const lines = (entries: ReadonlyMap<string, string>): string =>
    [...entries].map(([name, value]) => `  ${name}: ${value}`).join('\n');
  const text =
    '# What rxray probes, and from where. Every kind of entry: rxray hosts example\n\n' +
    `vantages:\n${lines(draft.vantages)}\n\n` +
    '# kind: node, pod, nodeport, service, external or control; kind: node is a guess where it stands below\n' +
    `targets:\n${lines(draft.targets)}\n`;
  return { text, notes: draft.notes };
}

async function add(place: string, draft: Draft): Promise<void> {
  const [, netns] = /^netns:([\w.-]+)$/.exec(place) ?? [];
  if (netns !== undefined) {
    draft.vantages.set(nameIn(draft.vantages, netns), `{ transport: netns, name: ${netns} }`);
    return;
  }
  const [, namespace, pod] = /^pod:([\w.-]+)\/([\w.-]+)$/.exec(place) ?? [];
  if (namespace !== undefined && pod !== undefined) {
    const value = `{ transport: kubectl, namespace: ${namespace}, pod: ${pod}, overlay: true }`;
    draft.vantages.set(nameIn(draft.vantages, pod), value);
    return;
  }
  const [, user, where = place] = /^([\w.-]+)@(.+)$/.exec(place) ?? [];
  const { host, port } = parseTarget(where);
  if (!/^[\w.:-]+$/.test(host)) {
    throw new CodedError(
      'E_TARGET',
      `${place}: no place that is known`,
      'write HOST[:PORT], USER@HOST, netns:NAME or pod:NAMESPACE/NAME',
      2,
    );
  }
  const { address, note } = await resolveAddress(host, 'any');
  if (note !== undefined) draft.notes.push(note);
  const base = isIP(host) === 0 ? (host.split('.')[0] ?? host) : `node-${host.replace(/[^0-9a-fA-F]+/g, '-')}`;
  const name = nameIn(draft.targets, base);
  const vantage = user === undefined ? undefined : nameIn(draft.vantages, base);
  if (vantage !== undefined) draft.vantages.set(vantage, `{ transport: ssh, host: ${user}@${host} }`);
  const more = [
    ...(port === undefined ? [] : [`port: ${port}`]),
    ...(vantage === undefined ? [] : [`vantage: ${vantage}`]),
  ];
  draft.targets.set(name, `{ kind: node, address: ${quoted(address)}${more.map((one) => `, ${one}`).join('')} }`);
}

/** The name, or with a number behind it where it is taken. */
function nameIn(taken: ReadonlyMap<string, string>, wanted: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** An IPv6 address has colons, which YAML gives a meaning in a map. */
function quoted(address: string): string {
  return address.includes(':') ? `'${address}'` : address;
}
