import { hostname } from 'node:os';
import { eventOf, writeEvent } from '../../fleet/events/node-events.js';
import { accessOf } from '../../fleet/members/kubernetes/api-request.js';
import { CodedError } from '../../model/errors.js';
import type { FleetVerdict } from '../../model/fleet/fleet-verdict.js';
import { fleetText } from '../../report/fleet/fleet-text.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';
import { type FleetOptions, type FleetSurvey, surveyFleet } from './survey.js';

export interface FleetCommandOptions extends FleetOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly output: string | undefined;
  /** Draw it on the terminal, again and again. */
  readonly watch: boolean;
  /** In a pod of the cluster: write an Event on each bad node. */
  readonly events: boolean;
  /** Draw with plain characters. */
  readonly ascii: boolean;
}

/**
 * `fleet`: a verdict for every node.
 *
 * @returns 0 healthy; 1 a node or a link is at fault; 3 inconclusive
 * @throws CodedError for wrong use (2), and where nobody can be asked (4)
 */
export async function fleet(options: FleetCommandOptions, io: Io): Promise<number> {
  const inputs = [
    { path: options.httpConfig, what: 'the HTTP configuration' },
    { path: options.agents, what: 'the list of agents' },
  ];
  if (options.watch) {
    // What draws is not loaded for those who only ask.
    const { watchFleet } = await import('./watch-fleet.js');
    const last = await watchFleet(options, options.ascii, io);
    return last === undefined ? EXIT.inconclusive : fleetStatus(last.verdict);
  }
  return withOutput({ output: options.output, inputs }, io, async (output) => {
    const survey = await surveyFleet(options, io.stop);
    await output.write(options.json ? ndjson(survey) : fleetText(survey, options.quiet));
    if (options.events) await writeEvents(survey, io);
    return fleetStatus(survey.verdict);
  });
}

/** @throws CodedError E_EVENTS where the API server takes none: what was found is written by then */
async function writeEvents({ run, nodes }: FleetSurvey, io: Io): Promise<void> {
  const bad = nodes.filter(({ state }) => state === 'bad');
  try {
    const access = accessOf(process.env);
    for (const node of bad) await writeEvent(access, eventOf(node, run, hostname()), io.stop);
  } catch (error) {
    throw new CodedError(
      'E_EVENTS',
      `no Event could be written: ${error instanceof Error ? error.message : error}`,
      'it is written by the service account of the pod that this runs in: set events.enabled of the chart',
    );
  }
}

function ndjson({ run, nodes, links, verdict }: FleetSurvey): string {
  return [run, ...nodes, ...links, verdict].map((record) => `${JSON.stringify(record)}\n`).join('');
}

function fleetStatus({ cause }: FleetVerdict): number {
  return cause === 'healthy' ? EXIT.completed : cause === 'fault' ? EXIT.found : EXIT.inconclusive;
}
