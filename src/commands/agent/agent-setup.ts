import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { CONNECT_PROGRAM, createConnectEngine } from '../../engines/connect-engine.js';
import type { Engine } from '../../engines/engine.js';
import { createHelperEngine } from '../../engines/helper-engine.js';
import { type AgentConfig, nodeOf } from '../../fleet/config/agent-config.js';
import { ownKey, type PairSecrets, privateKeyFrom, readKeyText, sharedSecret } from '../../fleet/inbound/pair-keys.js';
import { CodedError } from '../../model/errors.js';
import type { Member } from '../../model/fleet/member.js';
import { FlightRecorder } from '../../recording/flight-recorder.js';
import { findHelper } from '../../transports/helper-binary.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { nodeTransport } from '../../transports/local/node-transport.js';
import type { Transport } from '../../transports/transport.js';

/** What a configuration comes to on this machine. */
export interface AgentSetup {
  readonly config: AgentConfig;
  readonly node: string;
  readonly engineName: 'helper' | 'connect';
  /** Its transport, in between replaced. */
  engine(replace?: (transport: Transport) => Transport): Engine;
  readonly secrets: PairSecrets | undefined;
  readonly recorder: FlightRecorder;
}

/** @throws CodedError E_KEY, E_RECORDING */
export async function setUpAgent(config: AgentConfig, environment: NodeJS.ProcessEnv): Promise<AgentSetup> {
  const node = nodeOf(config, environment);
  const restricted = config.tier === 'restricted';
  const transport = restricted
    ? nodeTransport(CONNECT_PROGRAM, { netns: undefined, through: icmpProgram() })
    : localTransport;
  const create = restricted ? createConnectEngine : createHelperEngine;
  const { folder, memory, minutes, keep, bytes } = config.recorder;
  const recorder = new FlightRecorder({
    keptMs: minutes * 60_000,
    memoryBytes: memory,
    folder: folder ?? join(environment.STATE_DIRECTORY ?? environment.TMPDIR ?? '/tmp', `rxray-agent-${node}`),
    keep,
    folderBytes: bytes,
  });
  await recorder.open().catch((cause: Error) => {
    throw new CodedError('E_RECORDING', `no folder for recordings: ${cause.message}`, 'set recorder.folder', 4);
  });
  return {
    config,
    node,
    engineName: restricted ? 'connect' : 'helper',
    engine: (replace = (same) => same) => create(replace(transport)),
    secrets: await readSecrets(config),
    recorder,
  };
}

async function readSecrets({ keys }: AgentConfig): Promise<PairSecrets | undefined> {
  const file = keys?.secretFile ?? keys?.privateKeyFile;
  if (file === undefined) return undefined;
  const content = await readFile(file).catch((cause: Error) => {
    throw new CodedError('E_KEY', `cannot read ${file}: ${cause.message}`, 'check the path', 2);
  });
  const key = readKeyText(content, file);
  return keys?.privateKeyFile === undefined ? sharedSecret(key) : ownKey(privateKeyFrom(key));
}

/** Without it connects are timed all the same. */
function icmpProgram(): string[] {
  try {
    return [findHelper('rxray-icmp')];
  } catch (error) {
    if (error instanceof CodedError) return [];
    throw error;
  }
}

const MOST_INTERFACES = 4;

/** Interfaces that a node's probes arrive on: those with an address of its own, else all but loopback. */
export function arrivalInterfaces(self: Member | undefined): string[] {
  const own = new Set(
    Object.values(self?.addresses ?? {}).flatMap((place) => (place === undefined ? [] : [place.address])),
  );
  const all = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.some(({ internal }) => internal) ? [] : [{ name, addresses: addresses.map(({ address }) => address) }],
  );
  const withOwn = all.filter(({ addresses }) => addresses.some((address) => own.has(address)));
  return (withOwn.length > 0 ? withOwn : all).map(({ name }) => name).slice(0, MOST_INTERFACES);
}

/** The machine's addresses as one text: another text is another network. */
export function addressesNow(): string {
  return Object.entries(networkInterfaces())
    .flatMap(([name, addresses = []]) => addresses.map(({ address }) => `${name} ${address}`))
    .sort()
    .join('\n');
}
