import { openBlessedScreen } from '../../dashboard/terminal/blessed-screen.js';
import { type FleetMap, fleetView } from '../../dashboard/views/fleet-view.js';
import { formatDateTime } from '../../format/clock-time.js';
import { errorText } from '../../format/error-text.js';
import { printableValue } from '../../format/printable.js';
import { CodedError } from '../../model/errors.js';
import { SECOND } from '../../model/time.js';
import { headline } from '../../report/fleet/fleet-text.js';
import { checkTerminal } from '../terminal/check-terminal.js';
import type { Io } from '../terminal/io.js';
import { guardTerminal } from '../terminal/terminal-guard.js';
import { type FleetOptions, type FleetSurvey, surveyFleet } from './survey.js';

/** Agents are scraped about as often. */
const EVERY_MS = 15_000;

/**
 * Draws the fleet on the terminal, again and again, until the user leaves.
 *
 * @returns the last look at it, if there was one
 * @throws CodedError E_NO_TERMINAL, and where the first look fails
 */
export async function watchFleet(options: FleetOptions, ascii: boolean, io: Io): Promise<FleetSurvey | undefined> {
  const { capabilities, streams, term } = checkTerminal(ascii);
  const first = await surveyFleet(options, io.stop);
  const release = guardTerminal(process.stdout.fd);
  const screen = openBlessedScreen(streams, capabilities, term);
  const left = new AbortController();
  const leave = (): void => left.abort();
  let survey = first;
  let trouble = '';
  const paint = (): void => {
    if (!left.signal.aborted && screen.isReady())
      screen.paint(fleetView(mapOf(survey, trouble), capabilities.glyphs, screen.size));
  };
  screen.onKey((key) => (key === 'q' || key === 'C-c' || key === 'escape' ? leave() : paint()));
  screen.onResize(paint);
  screen.onHangUp(leave);
  io.stop.addEventListener('abort', leave);
  try {
    paint();
    while (!left.signal.aborted) {
      await pause(EVERY_MS, left.signal);
      if (left.signal.aborted) break;
      try {
        survey = await surveyFleet(options, AbortSignal.any([io.stop, left.signal]));
        trouble = '';
      } catch (error) {
        // A store that does not answer for a while leaves the last picture, and says so.
        if (!(error instanceof CodedError)) throw error;
        trouble = errorText('rxray', error).split('\n')[0] ?? '';
      }
      paint();
    }
  } finally {
    io.stop.removeEventListener('abort', leave);
    screen.close();
    release();
  }
  return survey;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** What is drawn of one look. */
export function mapOf(survey: FleetSurvey, trouble: string): FleetMap {
  const { run, nodes, links, verdict, screen } = printableValue(survey);
  const edges = new Map<string, { from: string; to: string; stalls: number }>();
  for (const { from, to } of screen.units) edges.set(`${from}\0${to}`, { from, to, stalls: 0 });
  for (const { from, to, stalls } of screen.counts) {
    const edge = edges.get(`${from}\0${to}`);
    // All kinds of an edge see one stall: the one that sees most counts them.
    if (edge !== undefined) edge.stalls = Math.max(edge.stalls, stalls);
  }
  const end = formatDateTime(BigInt(run.epochNs) + BigInt(run.windowNs));
  return {
    headline: trouble === '' ? headline(verdict, links) : trouble,
    clock: `${end}, the last ${Math.round(run.windowNs / SECOND / 60)} minutes; ${run.asked}`,
    isHealthy: trouble === '' && verdict.cause === 'healthy',
    nodes,
    links,
    members: screen.members.map(({ node }) => node),
    edges: [...edges.values()],
  };
}
