import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { metricName } from '../../../src/model/fleet/metrics-table.js';
import { SECOND } from '../../../src/model/time.js';
import {
  EDGE_INTERVAL_NS,
  EDGE_PATHS,
  edgeKey,
  nodeName,
  pathKey,
  type SimulatedFleet,
  zoneOf,
} from './fleet-model.js';
import { lastBefore, scrapesOf } from './simulated-source.js';

/** Where a series stands, and its samples, as `promtool tsdb create-blocks-from openmetrics` takes them. */
interface Series {
  readonly labels: string;
  valueAt(scrapedNs: number): number;
  readonly sinceNs: number;
}

/**
 * Writes what a Prometheus would have of a simulated fleet that it had scraped, as OpenMetrics with time stamps.
 *
 * @param endS Unix time of the end of the window
 */
export async function writeOpenMetrics(fleet: SimulatedFleet, file: string, endS: number): Promise<void> {
  const out = createWriteStream(file);
  const { model } = fleet;
  const startS = endS - model.windowNs / SECOND;
  const write = async (text: string): Promise<void> => {
    if (!out.write(text)) await once(out, 'drain');
  };
  const family = async (name: string, type: 'gauge' | 'counter', of: (node: number) => Series[]): Promise<void> => {
    const base = type === 'counter' ? name.replace(/_total$/, '') : name;
    await write(`# TYPE ${base} ${type}\n`);
    for (const node of fleet.nodes) {
      const scrapes = scrapesOf(fleet, node);
      for (const { labels, valueAt, sinceNs } of of(node)) {
        const samples = scrapes.filter((scraped) => scraped >= sinceNs);
        await write(
          samples.map((at) => `${name}{${labels}} ${valueAt(at)} ${(startS + at / SECOND).toFixed(3)}\n`).join(''),
        );
      }
    }
  };
  const instance = (node: number): string => `job="rxray",instance="10.0.${node >> 8}.${node & 255}:9469"`;
  const always = (labels: string, value: number): Series => ({ labels, valueAt: () => value, sinceNs: 0 });
  await family(metricName('agent_info'), 'gauge', (node) => {
    const zone = model.zonesKnown ? zoneOf(node, model) : '';
    return [always(`${instance(node)},node="${nodeName(node)}",zone="${zone}"`, 1)];
  });
  await family(metricName('agent_throttled'), 'gauge', (node) => [
    always(instance(node), fleet.throttled.has(node) ? 1 : 0),
  ]);
  await family(metricName('agent_pause_seconds_total'), 'counter', (node) => [always(instance(node), 0)]);

  const paths = (node: number, seriesAt: (key: string) => (scrapedNs: number) => number): Series[] =>
    (fleet.neighbours.get(node) ?? []).flatMap((to) =>
      EDGE_PATHS.map(({ kind, protocol }, path) => ({
        labels: `${instance(node)},to="${nodeName(to)}",kind="${kind}",protocol="${protocol}"`,
        valueAt: seriesAt(pathKey(node, to, path)),
        sinceNs: fleet.joinedNs.get(to) ?? 0,
      })),
    );
  const upTo = (key: string, scrapedNs: number): number => {
    const seen = fleet.stalls.get(key);
    return seen === undefined ? -1 : lastBefore(seen, scrapedNs);
  };
  await family(metricName('path_probes_total'), 'counter', (node) =>
    paths(node, () => (at) => Math.floor(at / (EDGE_INTERVAL_NS * EDGE_PATHS.length))),
  );
  await family(metricName('path_lost_total'), 'counter', (node) => paths(node, () => () => 0));
  await family(metricName('path_stalls_total'), 'counter', (node) => paths(node, (key) => (at) => upTo(key, at) + 1));
  await family(metricName('path_held_seconds_total'), 'counter', (node) =>
    paths(node, (key) => (at) => {
      const lengths = fleet.stalls.get(key)?.heldNs.slice(0, upTo(key, at) + 1) ?? [];
      return lengths.reduce((sum, length) => sum + length / SECOND, 0);
    }),
  );
  await family(metricName('path_last_release_timestamp_seconds'), 'gauge', (node) =>
    paths(node, (key) => (at) => {
      const release = fleet.stalls.get(key)?.releaseNs[upTo(key, at)];
      return release === undefined ? 0 : Number((startS + release / SECOND).toFixed(6));
    }),
  );

  await family(metricName('edge_last_spike_timestamp_seconds'), 'gauge', (node) =>
    (fleet.neighbours.get(node) ?? []).map((to) => ({
      labels: `${instance(node)},to="${nodeName(to)}"`,
      valueAt: (at) => {
        const releaseNs = fleet.spikes.get(edgeKey(node, to)) ?? [];
        const release = releaseNs[lastBefore({ releaseNs }, at)];
        return release === undefined ? 0 : Number((startS + release / SECOND).toFixed(6));
      },
      sinceNs: fleet.joinedNs.get(to) ?? 0,
    })),
  );

  const arrivals = (node: number, of: (at: number, place: 'receive' | 'all') => number): Series[] =>
    (['receive', 'all'] as const).map((place) => ({
      labels: `${instance(node)},place="${place}"`,
      valueAt: (at) => of(at, place),
      sinceNs: 0,
    }));
  const seenOf = (node: number, at: number) => {
    const seen = fleet.arrivals.get(node);
    return { seen, last: seen === undefined ? -1 : lastBefore(seen, at) };
  };
  await family(metricName('inbound_stalls_total'), 'counter', (node) =>
    arrivals(node, (at, place) => {
      const { seen, last } = seenOf(node, at);
      return seen?.place.slice(0, last + 1).filter((one) => one === place).length ?? 0;
    }),
  );
  await family(metricName('inbound_last_release_timestamp_seconds'), 'gauge', (node) =>
    arrivals(node, (at, place) => {
      const { seen, last } = seenOf(node, at);
      const index = seen?.place.slice(0, last + 1).lastIndexOf(place) ?? -1;
      return index < 0 ? 0 : Number((startS + (seen?.releaseNs[index] as number) / SECOND).toFixed(6));
    }),
  );
  for (const [name, which] of [
    ['inbound_flows_held', 'flowsHeld'],
    ['inbound_flows_exposed', 'flowsExposed'],
  ] as const) {
    await family(metricName(name), 'gauge', (node) => [
      {
        labels: instance(node),
        valueAt: (at) => {
          const { seen, last } = seenOf(node, at);
          return seen?.[which][last] ?? 0;
        },
        sinceNs: 0,
      },
    ]);
  }
  await write('# EOF\n');
  out.end();
  await once(out, 'finish');
}
