import { machine, release } from 'node:os';
import {
  clockChecks,
  echoChecks,
  labChecks,
  moduleChecks,
  proberChecks,
  timestampChecks,
} from '../../kernel/host-checks.js';
import { readCapabilities } from '../../kernel/prober-capabilities.js';
import { readTracerCapabilities, tracerChecks } from '../../kernel/tracer-capabilities.js';
import { triedKernelCheck } from '../../kernel/tried-kernels.js';
import { CodedError } from '../../model/errors.js';
import type { HostCheck } from '../../model/host-check.js';
import type { HostCheckRecord, HostReport } from '../../model/records/doctor.js';
import { doctorText } from '../../report/host/doctor-text.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { fixHelpers, grantScript, helperChecks } from './installed-helpers.js';

const GRANT_TITLE =
  'So that members of a group can probe and trace without being root, root runs this (or rxray doctor --fix) once:';

/**
 * `rxray doctor`: what works on this host and what does not, with the reason and the remedy; with `fix` it first gives
 * the helpers their capabilities.
 *
 * @returns 0 when probing works, 4 when it does not
 */
export async function doctor(options: { readonly json: boolean; readonly fix: boolean }, io: Io): Promise<number> {
  if (options.fix) fixHelpers(io);
  const checks = [
    ...helperChecks(),
    ...(await proberSection()),
    ...clockChecks(),
    ...(await tracerSection()),
    triedKernelCheck(release(), machine()),
    ...moduleChecks(),
    ...echoChecks(),
    ...labChecks(),
  ];
  const cannotProbe = checks.some((check) => check.area === 'probe' && check.state === 'missing');
  const grant = grantScript();
  if (options.json) {
    const found = checks.map((check): HostCheckRecord => ({ type: 'host-check', ...check }));
    const report: HostReport = { type: 'host-report', probing: !cannotProbe, ...(grant && { grant }) };
    await io.out([...found, report].map((record) => `${JSON.stringify(record)}\n`).join(''));
  } else {
    const end = cannotProbe
      ? 'Precise probing does not work here: see ✗ above. Without privilege: rxray probe HOST -p PORT --engine connect'
      : 'Probing works here: try rxray probe 127.0.0.1';
    const lacking = checks.some(({ area, state }) => (area === 'probe' || area === 'trace') && state !== 'works');
    const how = lacking && grant !== undefined ? `${GRANT_TITLE}\n${grant.map((line) => `  ${line}\n`).join('')}` : '';
    await io.out(`${doctorText(checks)}\n${how}${end}\n`);
  }
  return cannotProbe ? EXIT.system : EXIT.completed;
}

async function proberSection(): Promise<HostCheck[]> {
  try {
    const capabilities = await readCapabilities(localTransport);
    return [...proberChecks(capabilities), ...timestampChecks(capabilities)];
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return [{ area: 'probe', what: 'helper', state: 'missing', detail: error.message, remedy: error.remedy }];
  }
}

async function tracerSection(): Promise<HostCheck[]> {
  try {
    return tracerChecks(await readTracerCapabilities(localTransport));
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return [{ area: 'trace', what: 'helper', state: 'missing', detail: error.message, remedy: error.remedy }];
  }
}
