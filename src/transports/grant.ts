import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../installation/sha256.js';
import { CodedError } from '../model/errors.js';
import { carriedHelper } from './carried-helper.js';
import { GRANTED_FOLDER, GRANTED_GROUP } from './granted-helper.js';
import { howToGetHelpers } from './helper-binary.js';
import type { HelperName } from './transport.js';

/** What gives a helper its capabilities, as setcap takes them. */
export interface Grant {
  readonly helper: HelperName;
  readonly capabilities: string;
}

/** One command line, word by word. */
export type Command = readonly [program: string, ...args: string[]];

const TOOLS: Readonly<Record<string, string>> = { groupadd: 'passwd', install: 'coreutils', setcap: 'libcap2-bin' };

/**
 * The commands, to be run as root, that put helpers where no upgrade of a package takes their capabilities away, for a
 * group's members alone: who may run them may see what all users' processes do, and send any packet.
 *
 * @throws CodedError E_HELPER when there is no helper to copy
 */
export function grantCommands(grants: readonly Grant[], folder = GRANTED_FOLDER): Command[] {
  const copies = grants.flatMap(({ helper, capabilities }): Command[] => {
    const source = carriedHelper(helper);
    if (source === undefined) throw new CodedError('E_HELPER', `there is no ${helper} to copy`, howToGetHelpers(), 4);
    const copy = join(folder, helper);
    return [
      ['install', '-o', 'root', '-g', GRANTED_GROUP, '-m', '750', source.path(), copy],
      ['setcap', capabilities, copy],
    ];
  });
  return [
    ['groupadd', '--force', '--system', GRANTED_GROUP],
    ['install', '-d', '-o', 'root', '-g', 'root', '-m', '755', folder],
    ...copies,
  ];
}

/**
 * Runs them. What was copied is compared before it is given anything: its source may be a user's to write to.
 *
 * @param did is told each command before it runs
 * @throws CodedError E_PRIVILEGE when this is not root, E_GRANT when a command fails
 */
export function grant(grants: readonly Grant[], did: (command: Command) => void, folder = GRANTED_FOLDER): void {
  if (process.getuid?.() !== 0) {
    throw new CodedError('E_PRIVILEGE', 'only root can give capabilities', 'run sudo rxray doctor --fix', 4);
  }
  const wanted = new Map<string, string>();
  for (const { helper } of grants) {
    const source = carriedHelper(helper);
    if (source !== undefined) wanted.set(join(folder, helper), source.hash());
  }
  for (const command of grantCommands(grants, folder)) {
    const target = command.at(-1) ?? '';
    const hash = wanted.get(target);
    if (command[0] === 'setcap' && hash !== undefined && sha256(readFileSync(target)) !== hash) {
      throw new CodedError('E_GRANT', `${target} is not what was to be copied`, 'try again', 4);
    }
    did(command);
    run(command);
  }
}

function run([program, ...args]: Command): void {
  // sudo's PATH may lack the folders of system tools.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` };
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  if (error === undefined && status === 0) return;
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  throw new CodedError(
    'E_GRANT',
    missing ? `${program} is not installed` : `${program} failed: ${stderr.trim() || error?.message || status}`,
    missing ? `on Debian: apt-get install ${TOOLS[program] ?? program}` : 'mend that, then run it again',
    4,
  );
}
