// How the scripts run commands: what is run is shown, and what fails ends the script with a message.
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a command in the project's folder; ends the script with the command's status when it fails. */
export function step(command, args, { quiet = false, env = {} } = {}) {
  if (!quiet) console.error(`$ ${[command, ...args].join(' ')}`);
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (done.error) fail(`${command}: ${done.error.message}`);
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/**
 * Runs commands side by side, as many at once as there are CPUs. What each prints comes out whole, when it has ended;
 * the script ends with the status of the first that failed, after all have ended.
 *
 * @param commands each a command and its words
 */
export async function sideBySide(commands, { quiet = false } = {}) {
  const waiting = [...commands];
  let failed = 0;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [command, ...args] = next;
      const status = await whole(command, args, quiet);
      failed ||= status;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  if (failed !== 0) process.exit(failed);
}

/** Runs a command in the project's folder; what it prints comes out whole, when it has ended. @returns its status */
export function whole(command, args, quiet = false) {
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => printed.push(bytes));
    child.on('error', ({ message }) => printed.push(Buffer.from(`${command}: ${message}\n`)));
    child.on('close', (status) => {
      const took = ((performance.now() - began) / 1000).toFixed(1);
      if (!quiet || status !== 0) {
        process.stderr.write(`$ ${shortened([command, ...args])} (${took} s)\n${Buffer.concat(printed)}`);
      }
      resolve(status ?? 1);
    });
  });
}

function shortened(words) {
  const shown = words.slice(0, 8).join(' ');
  return words.length > 8 ? `${shown} … ${words.length - 8} more` : shown;
}

/** The native compiler, which is several times faster; dependency-cruiser works with the other one's interface. */
export const TSC = 'node_modules/typescript-7/bin/tsc';

/** What a command prints, or undefined when it fails. */
export function output(command, args) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}
