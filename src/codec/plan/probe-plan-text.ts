import { CodedError } from '../../model/errors.js';
import {
  DEFAULT_INTERVAL_NS,
  DEFAULT_MATCH_NS,
  DEFAULT_MAX_PACKETS_PER_SECOND,
  DEFAULT_WAIT_NS,
  type PlannedPath,
  type ProbePlan,
} from '../../model/plan.js';
import { present } from '../../model/present.js';
import { PROTOCOLS } from '../../model/protocol.js';
import { type RequestSpec, requestSpecSchema } from '../../model/request.js';
import { hearLine } from './watch-plan-text.js';

/** The plan as `rxray-prober` reads it on its standard input; its grammar stands in native/prober/plan/plan.h. */
export function encodePlan(plan: ProbePlan): string {
  const lines = [
    'rxray-plan 1',
    `count ${plan.count}`,
    `duration-ns ${plan.durationNs}`,
    `wait-ns ${plan.waitNs}`,
    `match-ns ${plan.matchNs}`,
    `timestamps ${plan.timestamps}`,
    `cpu ${plan.cpu}`,
    `sched ${plan.scheduling}`,
    `max-pps-per-target ${plan.maxPacketsPerSecondToTarget}`,
    ...(plan.tellNs === undefined ? [] : [`tell-ns ${plan.tellNs}`]),
    ...(plan.sparesOthers === true ? ['tap early'] : []),
    ...(plan.startAtNs === undefined ? [] : [`start-at-ns ${plan.startAtNs}`]),
    ...(plan.sourcePorts === undefined ? [] : [`source-ports ${plan.sourcePorts.join('-')}`]),
    ...(plan.secret === undefined ? [] : [`secret ${plan.secret}`]),
    ...(plan.epochMonoNs === undefined ? [] : [`epoch-mono-ns ${plan.epochMonoNs}`]),
    ...plan.paths.map(pathLine),
    ...(plan.hears ?? []).map(hearLine),
    'run',
  ];
  return `${lines.join('\n')}\n`;
}

function pathLine(path: PlannedPath, index: number): string {
  const words = [`path ${index} ${path.protocol} ${path.address}`];
  const set = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${key}=${value}`);
  };
  if (path.protocol !== 'icmp') {
    set('port', path.port);
    if (path.fromPorts === undefined) set('flows', path.flows);
    else set('ports', path.fromPorts.join(','));
    set('else', path.insteadPorts?.join(','));
    if (path.freshPerSecond > 0) set('fresh-pps', path.freshPerSecond);
  }
  set('interval-ns', path.intervalNs);
  set('if', path.interface);
  set('source', path.source);
  set('ttl', path.ttl);
  if (path.request !== undefined) set('request', Buffer.from(JSON.stringify(path.request)).toString('base64url'));
  set('phase-ns', path.phaseNs);
  set('secret', path.told?.secret);
  const announced = path.told?.announces;
  if (announced !== undefined) set('announce', announced.length === 0 ? 'none' : announced.join(','));
  return words.join(' ');
}

/**
 * Reads what {@link encodePlan} writes, for probers that are written in TypeScript. Names of paths are not in it.
 * @throws CodedError E_PLAN
 */
export function decodePlan(text: string): ProbePlan {
  const [first, ...lines] = text.split('\n').map((line) => line.trim());
  if (first !== 'rxray-plan 1') throw badPlan(`the plan begins with "${first}"`);
  const settings = new Map<string, string>();
  const paths: PlannedPath[] = [];
  for (const line of lines) {
    if (line === '' || line.startsWith('#') || line === 'run') continue;
    const [word = '', ...rest] = line.split(' ');
    if (word === 'path') paths.push(decodePath(rest, paths.length));
    else settings.set(word, rest.join(' '));
  }
  const number = (key: string, otherwise: number): number => {
    const value = Number(settings.get(key) ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 0) throw badPlan(`${key} is ${settings.get(key)}`);
    return value;
  };
  const cpu = settings.get('cpu') ?? 'auto';
  const secret = settings.get('secret');
  const epoch = settings.get('epoch-mono-ns');
  const ports = settings.get('source-ports')?.split('-').map(Number);
  return {
    paths,
    count: number('count', 0),
    durationNs: number('duration-ns', 0),
    waitNs: number('wait-ns', DEFAULT_WAIT_NS),
    matchNs: number('match-ns', DEFAULT_MATCH_NS),
    timestamps: oneOf('timestamps', settings.get('timestamps') ?? 'auto', ['auto', 'hw', 'kernel', 'user']),
    cpu: cpu === 'auto' || cpu === 'none' ? cpu : number('cpu', 0),
    scheduling: oneOf('sched', settings.get('sched') ?? 'auto', ['auto', 'fifo', 'other']),
    maxPacketsPerSecondToTarget: number('max-pps-per-target', DEFAULT_MAX_PACKETS_PER_SECOND),
    ...(ports?.[0] === undefined || ports[1] === undefined ? {} : { sourcePorts: [ports[0], ports[1]] }),
    ...present({ secret, epochMonoNs: epoch }),
  };
}

function decodePath([index = '', protocol = '', address = '', ...options]: string[], expected: number): PlannedPath {
  if (Number(index) !== expected) throw badPlan(`path ${index} where ${expected} is due`);
  const given = new Map(
    options.map((option) => {
      const at = option.indexOf('=');
      return [option.slice(0, at), option.slice(at + 1)] as const;
    }),
  );
  const number = (key: string): number | undefined => {
    const value = given.get(key);
    return value === undefined ? undefined : Number(value);
  };
  const port = number('port');
  const ttl = number('ttl');
  const device = given.get('if');
  const source = given.get('source');
  const request = given.get('request');
  const fromPorts = given.get('ports')?.split(',').map(Number);
  const insteadPorts = given.get('else')?.split(',').map(Number);
  return {
    name: `path ${index}`,
    protocol: oneOf('protocol', protocol, PROTOCOLS),
    address,
    flows: fromPorts?.length ?? number('flows') ?? 1,
    freshPerSecond: number('fresh-pps') ?? 0,
    intervalNs: number('interval-ns') ?? DEFAULT_INTERVAL_NS,
    ...present({ port, ttl, interface: device, source, fromPorts, insteadPorts }),
    ...(request === undefined ? {} : { request: decodeRequest(request, index) }),
  };
}

function decodeRequest(text: string, index: string): RequestSpec {
  try {
    return requestSpecSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (error) {
    throw badPlan(`path ${index}: its request cannot be read (${error instanceof Error ? error.message : error})`);
  }
}

function oneOf<T extends string>(key: string, value: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) throw badPlan(`${key} is ${value}`);
  return found;
}

function badPlan(message: string): CodedError {
  return new CodedError('E_PLAN', message, 'correct the plan and start again', 2);
}
