import { existsSync } from 'node:fs';
import { HOSTS_EXAMPLE } from '../../hosts/hosts-example.js';
import { checkHostsText, type Hosts, readHostsText } from '../../hosts/hosts-file.js';
import { beginHosts } from '../../hosts/hosts-init.js';
import { Machines } from '../../hosts/machines.js';
import { measuredPaths } from '../../hosts/measured-paths.js';
import { CodedError } from '../../model/errors.js';
import { present } from '../../model/present.js';
import type { HostsProblemRecord, HostsReport } from '../../model/records/hosts.js';
import { hostsText } from '../../report/host/hosts-text.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';

/**
 * `hosts check`: all that is wrong in a hosts file; sends nothing.
 *
 * @returns 0 when it can be used, 2 when it cannot
 */
export async function checkHosts(file: string, json: boolean, io: Io): Promise<number> {
  const { problems, hosts } = checkHostsText(await readHostsText(file));
  const found = problems.map((problem): HostsProblemRecord => ({ type: 'hosts-problem', file, ...problem }));
  const report = reportOf(file, problems.length === 0 ? hosts : undefined, problems.length);
  await io.out(
    json ? [...found, report].map((record) => `${JSON.stringify(record)}\n`).join('') : hostsText(found, report),
  );
  return problems.length === 0 ? EXIT.completed : EXIT.usage;
}

/** `hosts example`. */
export async function exampleHosts(output: string | undefined, io: Io): Promise<number> {
  await withOutput({ output }, io, (to) => to.write(HOSTS_EXAMPLE));
  return EXIT.completed;
}

export interface InitOptions {
  readonly places: readonly string[];
  readonly output: string;
  /** Write over a file that is there. */
  readonly force: boolean;
}

/**
 * `hosts init`: a hosts file to go on from.
 *
 * @throws CodedError E_OUTPUT when there is one already
 */
export async function initHosts({ places, output, force }: InitOptions, io: Io): Promise<number> {
  if (!force && output !== '-' && existsSync(output)) {
    throw new CodedError('E_OUTPUT', `${output} is there already`, 'choose another -o FILE, or add --force', 2);
  }
  const { text, notes } = await beginHosts(places);
  await withOutput({ output }, io, (to) => to.write(text));
  for (const note of notes) io.err(`${note}\n`);
  if (output !== '-') io.err(`${output} is written; next: rxray bisect --hosts ${output} --plan\n`);
  return EXIT.completed;
}

function reportOf(file: string, hosts: Hosts | undefined, problems: number): HostsReport {
  if (hosts === undefined)
    return { type: 'hosts-report', file, problems, vantages: [], targets: [], paths: [], notes: [] };
  const paths = measuredPaths(hosts).map(({ measured }) => measured);
  return {
    type: 'hosts-report',
    file,
    problems,
    vantages: Object.keys(hosts.vantages),
    targets: Object.entries(hosts.targets).map(([name, { kind, address, port }]) => ({
      name,
      kind,
      address,
      ...present({ port }),
    })),
    paths: paths.map(({ name }) => name),
    notes: [...unused(hosts, paths), ...unseen(hosts)],
  };
}

/** Vantages and targets that no path starts from or leads to. */
function unused(hosts: Hosts, paths: readonly { readonly vantage: string; readonly target: string }[]): string[] {
  const vantages = Object.entries(hosts.vantages).filter(([name]) => paths.every(({ vantage }) => vantage !== name));
  const targets = Object.keys(hosts.targets).filter((name) => paths.every(({ target }) => target !== name));
  return [
    ...vantages.map(
      ([name, { overlay }]) =>
        `no path starts from vantage ${name}${overlay ? '' : ': pods and services are probed only from vantages with overlay: true'}`,
    ),
    ...targets.map((name) => `no path leads to target ${name}`),
  ];
}

/** Machines that are under suspicion and that no vantage looks at from within. */
function unseen(hosts: Hosts): string[] {
  const machines = new Machines(hosts);
  const seen = new Set(Object.keys(hosts.vantages).map((vantage) => machines.ofVantage(vantage)));
  return Object.entries(hosts.targets)
    .filter(([name, { kind }]) => kind === 'node' && !seen.has(name))
    .map(([name]) => `no vantage sits on ${name} (vantage: …): its host and the network before it look the same`);
}
