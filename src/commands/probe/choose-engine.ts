import { readFile } from 'node:fs/promises';
import { CONNECT_PROGRAM, createConnectEngine } from '../../engines/connect-engine.js';
import type { Engine } from '../../engines/engine.js';
import { createHelperEngine } from '../../engines/helper-engine.js';
import { createPortableEngine, PORTABLE_PROGRAM } from '../../engines/portable-engine.js';
import { createSimEngine, parseScenario } from '../../engines/sim-engine.js';
import { HOW_TO_GRANT } from '../../kernel/helper-rights.js';
import { CodedError } from '../../model/errors.js';
import type { ProbePlan } from '../../model/plan.js';
import type { Vantage } from '../../model/vantage.js';
import { findHelper } from '../../transports/helper-binary.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { netnsTransport } from '../../transports/local/netns-transport.js';
import { nodeTransport } from '../../transports/local/node-transport.js';
import type { Transport } from '../../transports/transport.js';
import { whyNoConnect, whyNoHelper, whyNoPortable } from './engine-checks.js';
import type { ProbeOptions } from './probe-options.js';

export interface ChosenEngine {
  readonly engine: Engine;
  /** Why this one, where the choice was left to rxray. */
  readonly why?: string;
}

/** The engine that the options ask for, or the most precise one that works here. */
export async function chooseEngine(options: ProbeOptions, plan: ProbePlan): Promise<ChosenEngine> {
  const { engine, netns } = options;
  if (engine === 'sim') return { engine: await simEngine(options.scenario) };
  if (engine === 'auto' && options.scenario !== undefined)
    return { engine: await simEngine(options.scenario), why: 'a scenario was given' };
  if (engine === 'auto') return bestEngine(plan, netns);
  return { engine: nodeEngine(engine, netns) ?? helperEngine(netns) };
}

/** An engine that is a program for Node.js; undefined for the native helper. */
export function nodeEngine(name: 'helper' | 'portable' | 'connect' = 'helper', netns?: string): Engine | undefined {
  if (name === 'portable') return createPortableEngine(nodeTransport(PORTABLE_PROGRAM, { netns }));
  if (name === 'connect') return createConnectEngine(connectTransport(netns));
  return undefined;
}

async function bestEngine(plan: ProbePlan, netns: string | undefined): Promise<ChosenEngine> {
  const noHelper = await whyNoHelper(netns === undefined ? localTransport : netnsTransport(netns));
  if (noHelper === undefined)
    return { engine: helperEngine(netns), why: 'the native prober may send and receive here, and is the most precise' };
  const noPortable = await whyNoPortable(plan, nodeTransport(PORTABLE_PROGRAM, { netns }));
  if (noPortable === undefined)
    return { engine: createPortableEngine(nodeTransport(PORTABLE_PROGRAM, { netns })), why: `no helper: ${noHelper}` };
  const noConnect = await whyNoConnect(plan, connectTransport(netns));
  if (noConnect === undefined)
    return {
      engine: createConnectEngine(connectTransport(netns)),
      why: `no helper: ${noHelper}; no portable: ${noPortable}`,
    };
  throw new CodedError(
    'E_NO_RAW_SOCKET',
    `no engine can do this here: helper: ${noHelper}; portable: ${noPortable}; connect: ${noConnect}`,
    HOW_TO_GRANT,
  );
}

function helperEngine(netns: string | undefined): Engine {
  return createHelperEngine(netns === undefined ? localTransport : netnsTransport(netns));
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
  return createSimEngine(parseScenario(text, scenario));
}

/** The engine for a vantage: the one asked for where it is on this machine, elsewhere the native helper. */
export function vantageEngine(
  vantage: Vantage,
  transport: Transport,
  name?: 'helper' | 'portable' | 'connect',
): Engine {
  const near = vantage.transport === 'local' || vantage.transport === 'netns';
  const netns = vantage.transport === 'netns' ? vantage.name : undefined;
  return (near ? nodeEngine(name, netns) : undefined) ?? createHelperEngine(transport);
}
