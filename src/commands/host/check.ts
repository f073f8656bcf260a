import { errorText } from '../../format/error-text.js';
import { requireVantages, vantageNamed } from '../../hosts/find-vantage.js';
import { readHosts } from '../../hosts/hosts-file.js';
import { ALL_CHECKS } from '../../kernel/checks/all-checks.js';
import { type Check, checked, type NodeReadings } from '../../kernel/checks/check.js';
import { parseCpuList } from '../../kernel/cpu-list.js';
import { HelperNodeReader, type NodeReader } from '../../kernel/node-reader.js';
import { type NodeReadingRun, readNode } from '../../kernel/read-node.js';
import { CodedError } from '../../model/errors.js';
import type { CheckDescription, CheckState, NodeCheck, NodeReport } from '../../model/node-check.js';
import { present } from '../../model/present.js';
import type { Vantage } from '../../model/vantage.js';
import { checkText } from '../../report/host/check-text.js';
import { localTransport } from '../../transports/local/local-transport.js';
import type { Transport } from '../../transports/transport.js';
import { transportFor } from '../../transports/transport-for.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { type Output, withOutput } from '../terminal/output.js';

export interface CheckOptions {
  /** Vantages to look at; of a hosts file all, where none is named. */
  readonly nodes: readonly string[];
  readonly hosts?: string | undefined;
  readonly intervalNs: number;
  readonly only: readonly string[];
  readonly except: readonly string[];
  /** Show what would be looked at, and read nothing. */
  readonly list: boolean;
  readonly json: boolean;
  /** Also what is fine, with what was read. */
  readonly verbose: boolean;
  readonly output?: string | undefined;
}

/**
 * `rxray check`: what is wrong on a node as a cause of waiting packets, with what to do about it.
 *
 * @returns 0 nothing wrong, 1 something is, 4 when a node could not be reached and nothing is wrong elsewhere
 */
export async function check(options: CheckOptions, io: Io): Promise<number> {
  const checks = chosen(options);
  const inputs = [{ path: options.hosts, what: 'the hosts file' }];
  return withOutput({ output: options.output, inputs }, io, async (output) => {
    if (!options.list) return lookAtAll(options, checks, output, io);
    await output.write(`${checks.map(options.json ? listedRecord : listed).join('\n')}\n`);
    return EXIT.completed;
  });
}

async function lookAtAll(options: CheckOptions, checks: readonly Check[], output: Output, io: Io): Promise<number> {
  const nodes = Object.entries(await vantages(options));
  const outcomes = await Promise.all(nodes.map(([name, vantage]) => lookAt(name, vantage, checks, options, io)));
  for (const outcome of outcomes) {
    if (outcome.kind === 'failed') {
      io.err(errorText(`rxray: ${outcome.node}`, outcome.error));
    } else if (options.json) {
      const records = [...outcome.checks, outcome.report];
      await output.write(`${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
    } else await output.write(checkText(outcome.report, outcome.checks, options.verbose));
  }
  const done = outcomes.filter((outcome) => outcome.kind === 'done');
  if (done.some(({ report }) => report.wrong > 0)) return EXIT.found;
  return done.length < outcomes.length ? EXIT.system : EXIT.completed;
}

type Outcome =
  | { readonly kind: 'done'; readonly report: NodeReport; readonly checks: readonly NodeCheck[] }
  | { readonly kind: 'failed'; readonly node: string; readonly error: CodedError };

async function lookAt(
  node: string,
  vantage: Vantage,
  checks: readonly Check[],
  options: CheckOptions,
  io: Io,
): Promise<Outcome> {
  const transport = transportFor(vantage);
  const transports: Transport[] = vantage.transport === 'netns' ? [transport, localTransport] : [transport];
  const readers: NodeReader[] = [];
  try {
    for (const way of transports) readers.push(new HelperNodeReader(way));
    const [network, machine = network] = readers as [NodeReader, NodeReader?];
    const run = await readNode(checks, { network, machine }, options.intervalNs, io.stop);
    const results = checks.flatMap((entry) => checked(entry, node, run));
    return { kind: 'done', checks: results, report: reportOf(node, transport.place, run, results) };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { kind: 'failed', node, error };
  } finally {
    await Promise.all(readers.map((reader) => reader.close()));
    await transport.close?.();
  }
}

function reportOf(node: string, place: string, run: NodeReadingRun, results: readonly NodeCheck[]): NodeReport {
  const count = (state: CheckState): number => results.filter((result) => result.state === state).length;
  const kernel = textOf(run, '/proc/sys/kernel/osrelease');
  const online = textOf(run, '/sys/devices/system/cpu/online');
  return {
    type: 'node',
    node,
    place,
    ...present({ kernel: kernel?.trim(), cpus: online === undefined ? undefined : parseCpuList(online).length }),
    intervalNs: run.intervalNs,
    cost: { cpuNs: run.cpuNs, readings: run.count },
    wrong: count('wrong'),
    notice: count('notice'),
    unknown: count('unknown'),
    ok: count('ok'),
  };
}

function textOf({ before }: NodeReadings, path: string): string | undefined {
  const reading = before.text(path);
  return reading.kind === 'text' ? reading.text : undefined;
}

function chosen({ only, except }: CheckOptions): Check[] {
  const names = ALL_CHECKS.map(({ name }) => name);
  const strange = [...only, ...except].find((name) => !names.includes(name));
  if (strange !== undefined) {
    throw new CodedError('E_USAGE', `no check is named ${strange}`, `the checks: ${names.join(', ')}`, 2);
  }
  const left = ALL_CHECKS.filter(({ name }) => (only.length === 0 || only.includes(name)) && !except.includes(name));
  if (left.length === 0) throw new CodedError('E_USAGE', 'no check is left', 'loosen --only and --except', 2);
  return left;
}

async function vantages({ nodes, hosts: file }: CheckOptions): Promise<Readonly<Record<string, Vantage>>> {
  if (file === undefined) {
    if (nodes.length === 0) return { local: { transport: 'local' } };
    throw new CodedError(
      'E_HOSTS',
      `${nodes[0]} is a name of a hosts file, and none is given`,
      `write rxray check ${nodes[0]} --hosts FILE`,
      2,
    );
  }
  const hosts = await readHosts(file);
  const names = nodes.length > 0 ? nodes : Object.keys(hosts.vantages);
  requireVantages(hosts, file);
  return Object.fromEntries(names.map((name) => [name, vantageNamed(name, hosts, file)]));
}

function listed({ name, about, threshold, source }: Check): string {
  return `${name}\n  ${about}\n  ${threshold}\n  source: ${source}`;
}

function listedRecord({ name, about, threshold, source }: Check): string {
  return JSON.stringify({ type: 'check-description', name, about, threshold, source } satisfies CheckDescription);
}
