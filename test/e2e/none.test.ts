import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CLOSED_PORT, HOST_ADDRESS, NODEPORT_LOCAL } from '../../src/lab/addresses.js';
import { type LabStatus, labDown, labStatus } from '../../src/lab/lab.js';
import { isGap, readTruth } from '../../src/lab/truth.js';
import { type Culprit, culpritSchema } from '../../src/model/culprit.js';
import type { Finding } from '../../src/model/finding.js';
import { MS } from '../../src/model/time.js';
import { assertNobodyAccused } from '../verdicts/innocent.js';
import { type NoneRun, noneRun, noneWords } from '../verdicts/none-run.js';
import { LAB, needsRoot, type Probed, pathTo, startProbing, upLab } from './lab-probing.js';
import { RunningCommand } from './traced-lab.js';

/** Below a minute no verdict says healthy. */
const QUIET_S = 66;
const SAME_NS = 25 * MS;
const bad = HOST_ADDRESS.bad;

/** One lab without a fault, looked at from all sides at once: probe, bisect and the kernel tracer. */
describe('none', { ...needsRoot, timeout: 300_000 }, () => {
  let lab: LabStatus;
  let probed: Probed;
  let bisected: NoneRun;
  let trace: RunningCommand;
  let stopProbing: (() => void) | undefined;
  let traceStatus: number | null;

  before(async () => {
    lab = await upLab(4);
    const paths = [
      pathTo('shell>nodeport/syn', bad, { protocol: 'syn', port: NODEPORT_LOCAL, flows: 16, freshPerSecond: 5 }),
      pathTo('shell>node/syn', bad, { protocol: 'syn', port: CLOSED_PORT, flows: 4 }),
      pathTo('shell>node/icmp', bad, { protocol: 'icmp' }),
    ];
    const probing = startProbing('shell', paths, { thresholdNs: 10 * MS });
    stopProbing = () => probing.stop();
    await probing.started;
    // So long does a machine without a fault not keep packets waiting, however busy it is.
    trace = RunningCommand.start('trace', 'stall', '--netns', `${LAB}-bad`, '--min', '80ms', '--json');
    await trace.wrote('\n');
    bisected = await noneRun(lab, 'nothing', QUIET_S);
    traceStatus = await trace.interrupt();
    probing.stop();
    probed = await probing.ended;
  });
  after(async () => {
    stopProbing?.();
    trace?.child.kill('SIGKILL');
    await labDown({ name: LAB }, () => {});
  });

  it('probe: only findings that match a pause of the machine', async (t) => {
    const { gapLog } = await labStatus({ name: LAB });
    const epochMonoNs = Number(probed.epochMonoNs);
    const pauses = readTruth(gapLog)
      .filter(isGap)
      .map((gap) => ({ fromNs: gap.fromMonoNs - epochMonoNs, toNs: gap.toMonoNs - epochMonoNs }));
    const matchesPause = ({ release, startMin }: Finding): boolean =>
      pauses.some(({ fromNs, toNs }) => fromNs < release + SAME_NS && toNs > startMin - SAME_NS);
    const convicting = probed.findings.filter(({ selfInflicted }) => !selfInflicted);
    t.diagnostic(`${convicting.length} findings, ${pauses.length} pauses of the machine in the log`);
    assertNobodyAccused(convicting.filter((finding) => !matchesPause(finding)));
  });

  it('bisect: healthy, or a machine that itself paused as long as a stall', (t) => {
    t.diagnostic(noneWords(bisected));
    assert.deepEqual(bisected.unexplained, []);
    if (bisected.verdict.cause !== 'healthy' && bisected.longestPauseNs > 25 * MS) {
      assert.equal(bisected.verdict.cause, 'inconclusive', JSON.stringify(bisected.verdict, null, 1));
      t.skip(`the machine itself paused for ${bisected.longestPauseNs / MS} ms`);
      return;
    }
    assert.equal(bisected.verdict.cause, 'healthy', JSON.stringify(bisected.verdict, null, 1));
  });

  it('trace stall: the answer is that it is not this node', () => {
    const kinds = trace.records<Culprit>('culprit').map((record) => culpritSchema.parse(record).class);
    const accused = kinds.filter((kind) => !['steal', 'unattributed', 'not-this-node'].includes(kind));
    assertNobodyAccused(accused);
    // A pause of the machine itself is a wait all the same: then it is told, and the node not cleared.
    if (kinds.every((kind) => kind === 'not-this-node')) assert.deepEqual(kinds, ['not-this-node']);
    else assert.ok(!kinds.includes('not-this-node'), kinds.join(', '));
    assert.equal(traceStatus, 0, trace.err);
  });
});
