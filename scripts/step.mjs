// How the scripts run commands: what is run is shown, and what fails ends the script with a message.
import { spawnSync } from 'node:child_process';
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

/** What a command prints, or undefined when it fails. */
export function output(command, args) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

export function fail(message) {
  console.error(message);
  process.exit(1);
}
