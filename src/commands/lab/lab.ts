import { formatTable } from '../../format/table.js';
import { PLACES } from '../../lab/addresses.js';
import { FAULTS, type FaultOptions } from '../../lab/fault-plan.js';
import { faultOff, faultOn } from '../../lab/faults.js';
import { type LabStatus, labDown, labExec, labStatus, labUp, tunnelWords } from '../../lab/lab.js';
import { LAB_OVERLAYS, type LabOverlay } from '../../lab/overlay.js';
import { knownLabs, type LabOptions, labLine } from '../../lab/state.js';
import type { Io } from '../terminal/io.js';

/** Each fault with a sentence, for the help text. */
export const labFaults: readonly (readonly [name: string, sentence: string])[] = Object.entries(FAULTS);

export type { FaultOptions, LabOptions };
/** Where `exec` runs something. */
export const labPlaces: readonly string[] = PLACES;
export { LAB_OVERLAYS as labOverlays, type LabOverlay };

export async function labUpCommand(options: LabOptions, io: Io): Promise<number> {
  const status = await labUp(options, (message) => io.err(`${message}\n`));
  await io.out(
    `hosts: ${status.hostsFile}\n` +
      `try:   ${labLine(status.name, 'fault rx-queue on')}\n` +
      `       rxray probe nodeport --netns ${status.name}-shell --hosts ${status.hostsFile} -d 10s\n`,
  );
  return 0;
}

export async function labDownCommand(options: LabOptions, io: Io): Promise<number> {
  await labDown(options, (message) => io.err(`${message}\n`));
  return 0;
}

/** @returns 0 when the lab is up, 1 when it is not or only in part */
export async function labStatusCommand(options: LabOptions, json: boolean, io: Io): Promise<number> {
  const status = await labStatus(options);
  await io.out(json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  return status.up === 'yes' ? 0 : 1;
}

export async function labFaultCommand(
  name: string,
  wanted: 'on' | 'off',
  options: LabOptions & { readonly fault: FaultOptions },
  io: Io,
): Promise<number> {
  const { fault, ...lab } = options;
  if (wanted === 'off') {
    await faultOff(name, lab);
    return 0;
  }
  const handle = await faultOn(name, { ...fault, lab }, (message) => io.err(`${message}\n`));
  await io.out(`${handle.truthPath}\n`);
  return 0;
}

export async function labExecCommand(host: string, argv: readonly string[], options: LabOptions): Promise<number> {
  return labExec(host, argv, options);
}

const UP: Record<LabStatus['up'], string> = { yes: 'up', partly: 'up in part', no: 'not up' };

function statusText(status: LabStatus): string {
  const { name, up } = status;
  const clears = up === 'partly' ? `; ${labLine(name, 'down')} clears it` : '';
  const lines = [`lab '${name}': ${UP[up]}${clears}`];
  if (up !== 'no') {
    const columns = ['place', 'address', 'port', ''].map((title) => ({ title }));
    const addresses = status.addresses.map(({ place, address, port, what }) => [place, address, String(port), what]);
    lines.push(
      `receive queues: ${status.queues ?? '?'}; ${status.tunnel === undefined ? '?' : tunnelWords(status.tunnel)}`,
      `faults on:      ${status.faults.join(' ') || 'none'}`,
      `hosts file:     ${status.hostsFile}`,
      `with backends:  ${status.backendsHostsFile}`,
      `of requests:    ${status.requestsHostsFile}`,
      `gap log:        ${status.gapLog}`,
      `namespaces:     ${status.namespaces.join(' ')}`,
      '',
      ...formatTable(columns, addresses),
      '',
    );
    for (const process of status.processes)
      lines.push(`process ${process.pid}: ${process.role}${process.alive ? '' : ' (ended)'}`);
  }
  const others = knownLabs().filter((other) => other !== name);
  if (others.length > 0) lines.push(`other labs:     ${others.join(' ')}`);
  return `${lines.join('\n')}\n`;
}
