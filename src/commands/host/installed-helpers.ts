import { capabilityText, PRIVILEGED_HELPERS } from '../../kernel/helper-rights.js';
import { CodedError } from '../../model/errors.js';
import type { HostCheck } from '../../model/host-check.js';
import { type Command, type Grant, grant, grantCommands } from '../../transports/grant.js';
import { GRANTED_GROUP, type Granted } from '../../transports/granted-helper.js';
import { type FoundHelper, locateHelper } from '../../transports/helper-binary.js';
import type { HelperName } from '../../transports/transport.js';
import type { Io } from '../terminal/io.js';

const ALL: readonly HelperName[] = [...PRIVILEGED_HELPERS, 'rxray-icmp'];
const GRANTS: readonly Grant[] = PRIVILEGED_HELPERS.map((helper) => ({
  helper,
  capabilities: capabilityText(helper),
}));

const ORIGINS: Readonly<Record<FoundHelper['origin'], string>> = {
  environment: 'named by RXRAY_HELPERS',
  granted: 'as root has installed it',
  'single file': 'unpacked from this executable',
  'platform package': 'from its npm package',
  build: 'built from source',
};

/** Where each helper is from. */
export function helperChecks(): HostCheck[] {
  return ALL.map((helper): HostCheck => {
    const about = { area: 'helpers', what: helper };
    try {
      const { path, origin, refused } = locateHelper(helper);
      const detail = `${path}, ${ORIGINS[origin]}`;
      const [passedOver] = refused;
      if (passedOver === undefined) return { ...about, state: 'works', detail };
      const { why, remedy } = notTaken(passedOver);
      return { ...about, state: 'limited', detail: `${detail}; not ${passedOver.path}: ${why}`, remedy };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return { ...about, state: 'missing', detail: error.message, remedy: error.remedy };
    }
  });
}

function notTaken(granted: Granted): { why: string; remedy: string } {
  if (granted.taken) return { why: '', remedy: '' };
  const { why } = granted;
  if (why.includes(GRANTED_GROUP)) return { why, remedy: joinGroup('$USER') };
  return { why, remedy: 'grant anew: rxray doctor --fix as root' };
}

function joinGroup(user: string): string {
  return `sudo usermod -aG ${GRANTED_GROUP} ${user}, then log in again`;
}

/** What root has to run so that members of a group can probe and trace; undefined when there are no helpers. */
export function grantScript(): string[] | undefined {
  try {
    return grantCommands(GRANTS).map(commandLine);
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

/** `rxray doctor --fix`: runs it. @throws CodedError E_PRIVILEGE, E_HELPER, E_GRANT */
export function fixHelpers(io: Io): void {
  grant(GRANTS, (command) => io.err(`${commandLine(command)}\n`));
  const user = process.env.SUDO_USER ?? 'USER';
  io.err(`Members of the group ${GRANTED_GROUP} can probe and trace now: ${joinGroup(user)}.\n\n`);
}

function commandLine(words: Command): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
