import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../model/errors.js';
import type { Place } from './addresses.js';
import type { LabOverlay, Tunnel } from './overlay.js';

/** Name of the instance where none is given. */
export const DEFAULT_LAB = 'lab';

export interface LabOptions {
  /** Instance, so that several labs can be up at once. Default `lab`. */
  readonly name?: string;
  /** Receive queues of every host, 1 to 8. Default 4. */
  readonly queues?: number;
  /** By which the pods of the two nodes are joined. Default `ipip`. */
  readonly overlay?: LabOverlay;
}

export const DEFAULT_QUEUES = 4;
const MAX_QUEUES = 8;

export interface LabSettings {
  readonly name: string;
  readonly queues: number;
  readonly tunnel: Tunnel;
}

export function labName(options: LabOptions): string {
  const name = options.name ?? DEFAULT_LAB;
  // It becomes part of namespace names, paths and command lines.
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
    throw new CodedError(
      'E_LAB_NAME',
      `'${name}' cannot name a lab`,
      'use lower-case letters, digits and dashes, at most 32, starting with a letter',
      2,
    );
  }
  return name;
}

export function labQueues(options: LabOptions): number {
  const queues = options.queues ?? DEFAULT_QUEUES;
  if (!Number.isInteger(queues) || queues < 1 || queues > MAX_QUEUES) {
    throw new CodedError(
      'E_LAB_QUEUES',
      Number.isNaN(queues) ? 'not a number of receive queues' : `${queues} receive queues`,
      `use 1 to ${MAX_QUEUES}`,
      2,
    );
  }
  return queues;
}

/** A command line about this lab, for people to type. */
export const labLine = (lab: string, words: string): string =>
  `rxray lab ${words}${lab === DEFAULT_LAB ? '' : ` --name ${lab}`}`;

/** Names of the labs that have files here: those that are up, wholly or in part. */
export function knownLabs(): string[] {
  try {
    const entries = readdirSync(join(stateRoot(), 'rxray-lab'), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

export const namespaceOf = (lab: string, place: Place): string => `${lab}-${place}`;

/** The files of one lab: settings, process records, truth logs, hosts.yaml and the lease its processes live by. */
export class LabState {
  readonly directory: string;

  constructor(readonly name: string) {
    this.directory = join(stateRoot(), 'rxray-lab', name);
  }

  get hostsFile(): string {
    return join(this.directory, 'hosts.yaml');
  }

  /** The same with the NodePort of several pods. */
  get backendsHostsFile(): string {
    return join(this.directory, 'hosts-backends.yaml');
  }

  /** From the request down: what asks the web server and the resolver, and packets to the same machines. */
  get requestsHostsFile(): string {
    return join(this.directory, 'hosts-requests.yaml');
  }

  /** While this file exists the lab's processes go on; they end by themselves within a second when it goes. */
  get leaseFile(): string {
    return join(this.directory, 'lease');
  }

  /** Beside the directory, which comes and goes while the lock is held. */
  get lockFile(): string {
    return `${this.directory}.lock`;
  }

  get truthDirectory(): string {
    return join(this.directory, 'truth');
  }

  get processDirectory(): string {
    return join(this.directory, 'processes');
  }

  get gapLog(): string {
    return join(this.truthDirectory, 'gaps.ndjson');
  }

  exists(): boolean {
    return existsSync(this.directory);
  }

  create(): void {
    mkdirSync(this.truthDirectory, { recursive: true });
    mkdirSync(this.processDirectory, { recursive: true });
    writeFileSync(this.leaseFile, '');
  }

  /** A lab is complete only once its settings are there: they are written last. */
  settings(): LabSettings | undefined {
    try {
      return JSON.parse(readFileSync(join(this.directory, 'settings.json'), 'utf8')) as LabSettings;
    } catch {
      return undefined;
    }
  }

  complete(settings: LabSettings): void {
    writeFileSync(join(this.directory, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
  }

  /** A new log for every time a fault is switched on: `rx-queue-1.ndjson`, `rx-queue-2.ndjson` … */
  newTruthLog(fault: string): string {
    const taken = readdirSync(this.truthDirectory).filter((file) => new RegExp(`^${fault}-\\d+\\.ndjson$`).test(file));
    return join(this.truthDirectory, `${fault}-${taken.length + 1}.ndjson`);
  }

  truthLogs(): string[] {
    return readdirSync(this.truthDirectory)
      .filter((file) => file.endsWith('.ndjson'))
      .sort()
      .map((file) => join(this.truthDirectory, file));
  }

  endLease(): void {
    rmSync(this.leaseFile, { force: true });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** /run, as it does not outlive a boot, and neither do namespaces. */
function stateRoot(): string {
  return existsSync('/run') && statSync('/run').isDirectory() ? '/run' : tmpdir();
}
