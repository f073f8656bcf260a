import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation, PathObservation } from '../../src/bisect/evidence/observation.js';
import { judgeIncidents } from '../../src/bisect/judge-incidents.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { MS, SECOND } from '../../src/model/time.js';
import { LAB_HOSTS } from './sim-cluster.js';

const PATHS = measuredPaths(LAB_HOSTS)
  .map(({ measured }) => measured)
  .filter(({ name }) => /^(shell|client|external)>(node|nodeport)\/|^client>external\//.test(name));
const FLOWS = Array.from({ length: 16 }, (_, flow) => flow);

const seen = (path: (typeof PATHS)[number], held: boolean): PathObservation => {
  const flows = path.flows > 1 ? FLOWS : [0];
  const [hit, clean] = held ? [flows, []] : [[], flows];
  return { hit, clean, mixed: 0, freshHeld: 0, freshClean: 0, heldProbes: held ? 16 : 0 };
};

/** @param holds whether a path is held; null: nothing of it was under way */
function incident(index: number, kind: Observation['kind'], holds: (name: string) => boolean | null): Observation {
  const startNs = 2 * index * SECOND;
  const paths = PATHS.map((path) => {
    const held = holds(path.name);
    return held === null ? null : seen(path, held);
  });
  const when = { startMinNs: startNs, startMaxNs: startNs, releaseNs: startNs + 100 * MS };
  return { kind, ...when, paths, heldBefore: null, fifo: 0, byFlow: 0, local: [], traced: [] };
}

test('a cause of whose paths none waited is not named for the odd incidents of others', () => {
  const alone = PATHS.filter(({ name }) => name.endsWith('>node/syn') || name.endsWith('>nodeport/syn'));
  const all = Array.from({ length: 20 }, (_, i) => incident(i, 'stall', (name) => !name.startsWith('client>external')));
  const odd = Array.from({ length: 12 }, (_, i) =>
    incident(20 + i, 'congestion', (name) =>
      name.startsWith('client>external') ? null : name === alone[i % alone.length]?.name,
    ),
  );
  const { verdict } = judgeIncidents({
    paths: PATHS,
    incidents: [...all, ...odd],
    seconds: 64,
    clockUncertaintyNs: 0,
    notes: [],
    isThinkable: () => true,
  });
  const said = JSON.stringify([verdict.cause, verdict.where, verdict.posterior]);
  assert.deepEqual([verdict.where].flat().includes('external'), false, said);
  assert.ok(!verdict.cause.includes('+'), said);
});
