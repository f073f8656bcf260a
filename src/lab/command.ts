import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { packageFolder } from '../installation/package-folder.js';
import { CodedError } from '../model/errors.js';
import { present } from '../model/present.js';

/** Where `make -C native` puts the injectors and BPF objects of the lab. */
export const NATIVE_DIRECTORY = join(packageFolder(), 'native/build/lab');

export const nativePath = (file: string): string => join(NATIVE_DIRECTORY, file);

/** sbin is often missing from the search path of an ordinary account. */
const SEARCH_PATH = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].join(delimiter);
const ENVIRONMENT = { ...process.env, PATH: SEARCH_PATH, LC_ALL: 'C' };

const TIME_LIMIT_MS = 20_000;

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit status. */
export function tryCommand(argv: readonly string[], input?: string): CommandResult {
  const [program = '', ...args] = argv;
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    env: ENVIRONMENT,
    timeout: TIME_LIMIT_MS,
    maxBuffer: 32 * 1024 * 1024,
    ...present({ input }),
  });
  return {
    status: result.status ?? -1,
    stdout: result.stdout ?? '',
    stderr: result.error ? String(result.error.message) : (result.stderr ?? ''),
  };
}

/** Runs a program that has to succeed and returns its output. */
export function command(argv: readonly string[], input?: string): string {
  const result = tryCommand(argv, input);
  if (result.status !== 0) throw failure(argv, result.status, result.stderr.trim() || result.stdout);
  return result.stdout;
}

function failure(argv: readonly string[], status: number, said: string): CodedError {
  return new CodedError(
    'E_LAB_COMMAND',
    `\`${argv.join(' ')}\` failed (${status}): ${said.trim()}`,
    'try again; if it stays, the kernel lacks a feature that the message names',
    4,
  );
}

/**
 * Runs lines of `ip` or `tc` one after the other in one process, up to the first that fails.
 *
 * @param namespace in which they are run; default: this one
 */
export function batch(tool: 'ip' | 'tc', namespace: string | undefined, lines: readonly (readonly string[])[]): void {
  const words = [tool, ...(namespace === undefined ? [] : ['-n', namespace])];
  const { status, stderr } = tryCommand([...words, '-batch', '-'], batchText(lines));
  if (status === 0) return;
  const failed = lines[Number(/^Command failed -:(\d+)/m.exec(stderr)?.[1] ?? 1) - 1] ?? [];
  throw failure([...words, ...failed], status, stderr);
}

/** The same of `ip`, where a line that fails is as good. */
export function tryBatch(namespace: string, lines: readonly (readonly string[])[]): void {
  if (lines.length > 0) tryCommand(['ip', '-n', namespace, '-force', '-batch', '-'], batchText(lines));
}

const batchText = (lines: readonly (readonly string[])[]): string =>
  lines.map((line) => `${line.join(' ')}\n`).join('');

/** Runs a program inside a namespace. */
export const inNamespace = (namespace: string, argv: readonly string[]): string =>
  command(['ip', 'netns', 'exec', namespace, ...argv]);

/** Debian package of each program that the lab calls. */
const TOOLS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  ethtool: 'ethtool',
  iptables: 'iptables',
  sysctl: 'procps',
  taskset: 'util-linux',
};

/** Refuses with the names of the packages to install when something that the lab calls is missing. */
export function requireTools(): void {
  const missing = Object.keys(TOOLS).filter(
    (tool) => !SEARCH_PATH.split(delimiter).some((directory) => directory && existsSync(join(directory, tool))),
  );
  if (missing.length > 0) {
    const packages = [...new Set(missing.map((tool) => TOOLS[tool]))].join(' ');
    throw new CodedError(
      'E_LAB_TOOLS',
      `the lab needs ${missing.join(', ')}, not found on ${SEARCH_PATH}`,
      `on Debian: apt-get install ${packages}`,
      4,
    );
  }
  if (!existsSync(nativePath('rxray-lab-hog'))) {
    throw new CodedError(
      'E_LAB_TOOLS',
      `the lab's injectors are not built: nothing in ${NATIVE_DIRECTORY}`,
      'on Debian: apt-get install gcc make clang bpftool libbpf-dev libmnl-dev libnetfilter-queue-dev, then make -C native/lab',
      4,
    );
  }
}
