import { readFile } from 'node:fs/promises';
import { CONNECT_PROGRAM, createConnectEngine } from '../../engines/connect-engine.js';
import type { Engine } from '../../engines/engine.js';
import { createHelperEngine } from '../../engines/helper-engine.js';
import { createPortableEngine, PORTABLE_PROGRAM } from '../../engines/portable-engine.js';
import { createRequestEngine, REQUEST_PROGRAM, stampWords } from '../../engines/request-engine.js';
import { isSingleFile } from '../../installation/single-file.js';
import { HOW_TO_GRANT } from '../../kernel/helper-rights.js';
import type { SendingEngine } from '../../model/engine-name.js';
import { CodedError } from '../../model/errors.js';
import type { ProbePlan } from '../../model/plan.js';
import { isRequest } from '../../model/protocol.js';
import type { Vantage } from '../../model/vantage.js';
import { findHelper } from '../../transports/helper-binary.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { netnsTransport } from '../../transports/local/netns-transport.js';
import { nodeTransport } from '../../transports/local/node-transport.js';
import { realtimeWords } from '../../transports/local/realtime.js';
import type { Transport } from '../../transports/transport.js';
import { whyNoConnect, whyNoHelper, whyNoPortable } from './engine-checks.js';
import type { ProbeOptions } from './probe-options.js';

export interface ChosenEngine {
  readonly engine: Engine;
  /** Why this one, where the choice was left to rxray. */
  readonly why?: string;
  /** What can be probed, where not all of the plan can. */
  readonly paths?: ProbePlan['paths'];
}

/** The engine that the options ask for, or the most precise one that works here. */
export async function chooseEngine(options: ProbeOptions, plan: ProbePlan): Promise<ChosenEngine> {
  return plan.paths.some(({ protocol }) => isRequest(protocol))
    ? requestEngine(options, plan)
    : packetEngine(options, plan);
}

/** Requests need no privilege. The packets beside them do: without it they are left out, and that is said. */
async function requestEngine(options: ProbeOptions, plan: ProbePlan): Promise<ChosenEngine> {
  const { engine: name, netns, scenario } = options;
  if (name === 'sim' || scenario !== undefined) return packetEngine(options, plan);
  const packets = { ...plan, paths: plan.paths.filter(({ protocol }) => !isRequest(protocol)) };
  const transport = requestTransport(netns);
  if (packets.paths.length === 0) return { engine: createRequestEngine(transport) };
  const noHelper =
    name === 'auto' ? await whyNoHelper(netns === undefined ? localTransport : netnsTransport(netns)) : undefined;
  if (noHelper === undefined) {
    const { engine, why } = await packetEngine(options, packets);
    return {
      engine: createRequestEngine(transport, engine),
      ...(why === undefined ? {} : { why: `packets beside the requests: ${why}` }),
    };
  }
  return {
    engine: createRequestEngine(transport),
    paths: plan.paths.filter(({ protocol }) => isRequest(protocol)),
    why: `no packets beside the requests, so that a slow one is not split into wire and server: ${noHelper}; ${HOW_TO_GRANT}`,
  };
}

async function packetEngine(options: ProbeOptions, plan: ProbePlan): Promise<ChosenEngine> {
  const { engine, netns } = options;
  if (engine === 'sim') return { engine: await simEngine(options.scenario) };
  if (engine === 'auto' && options.scenario !== undefined)
    return { engine: await simEngine(options.scenario), why: 'a scenario was given' };
  if (engine === 'auto') return bestEngine(plan, netns);
  return { engine: SENDERS[engine](netns) };
}

/** How each engine is made that sends from this host, in a network namespace of it or in rxray's own. */
const SENDERS: Readonly<Record<SendingEngine, (netns: string | undefined) => Engine>> = {
  helper: (netns) => createHelperEngine(netns === undefined ? localTransport : netnsTransport(netns)),
  portable: (netns) => createPortableEngine(nodeTransport(PORTABLE_PROGRAM, { netns })),
  connect: (netns) => createConnectEngine(connectTransport(netns)),
};

async function bestEngine(plan: ProbePlan, netns: string | undefined): Promise<ChosenEngine> {
  const noHelper = await whyNoHelper(netns === undefined ? localTransport : netnsTransport(netns));
  if (noHelper === undefined)
    return {
      engine: SENDERS.helper(netns),
      why: 'the native prober may send and receive here, and is the most precise',
    };
  const noPortable = await whyNoPortable(plan, nodeTransport(PORTABLE_PROGRAM, { netns }));
  if (noPortable === undefined) return { engine: SENDERS.portable(netns), why: `no helper: ${noHelper}` };
  const noConnect = await whyNoConnect(plan, connectTransport(netns));
  if (noConnect === undefined)
    return {
      engine: SENDERS.connect(netns),
      why: `no helper: ${noHelper}; no portable: ${noPortable}`,
    };
  throw new CodedError(
    'E_NO_RAW_SOCKET',
    `no engine can do this here: helper: ${noHelper}; portable: ${noPortable}; connect: ${noConnect}`,
    HOW_TO_GRANT,
  );
}

function connectTransport(netns: string | undefined) {
  return nodeTransport(CONNECT_PROGRAM, { netns, through: icmpProgram() });
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

async function simEngine(scenario: string | undefined): Promise<Engine> {
  if (scenario === undefined) {
    throw new CodedError('E_SCENARIO', '--engine sim needs a scenario', 'add --scenario FILE', 2);
  }
  const text = await readFile(scenario, 'utf8').catch((cause: Error) => {
    throw new CodedError('E_SCENARIO', `cannot read ${scenario}: ${cause.message}`, 'check the path', 2);
  });
  // Most runs send: they do not wait for it to be loaded.
  const { createSimEngine, parseScenario } = await import('../../engines/sim-engine.js');
  return createSimEngine(parseScenario(text, scenario));
}

/**
 * The engine for a vantage: the one asked for where it is on this machine, elsewhere the native helper.
 * @param asks requests are sent from there too
 */
export function vantageEngine(
  vantage: Vantage,
  transport: Transport,
  name: SendingEngine = 'helper',
  asks = false,
): Engine {
  const engine = engineOf(vantage, name);
  const netns = vantage.transport === 'netns' ? vantage.name : undefined;
  const packets = engine === 'helper' ? createHelperEngine(transport) : SENDERS[engine](netns);
  if (!asks) return packets;
  return createRequestEngine(requestTransport(netns), packets);
}

/**
 * Starts what sends requests, with the helper that stamps their answers where there is one; with real-time priority where
 * its threads cannot wait for each other ({@link nodeProgram}).
 */
function requestTransport(netns: string | undefined): Transport {
  const program = [...REQUEST_PROGRAM, ...proberForStamps()];
  return nodeTransport(program, { netns, through: isSingleFile() ? [] : realtimeWords() });
}

function proberForStamps(): readonly string[] {
  try {
    return stampWords(findHelper('rxray-prober'));
  } catch (error) {
    if (error instanceof CodedError) return stampWords(undefined, error.message);
    throw error;
  }
}

/** What a vantage is probed from with: elsewhere than on this machine only the helper works. */
export function engineOf(
  vantage: Pick<Vantage, 'transport'> | undefined,
  name: SendingEngine = 'helper',
): SendingEngine {
  return vantage?.transport === 'local' || vantage?.transport === 'netns' ? name : 'helper';
}
