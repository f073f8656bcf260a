import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { withFolder } from '../recording/temporary-folder.js';
import { killHelperOf } from './child-helper.js';
import { needsRoot } from './lab-probing.js';
import { records, rxrayIn, startRxrayIn } from './rxray.js';

/** Two machines and the wire between them. */
const [HERE, THERE] = [`rxray-here-${process.pid}`, `rxray-there-${process.pid}`];
const ip = (words: string): Buffer => execFileSync('ip', words.split(' '), { stdio: 'pipe' });
const inside = { through: ['ip', 'netns', 'exec', HERE] };
/** `ip netns exec` becomes the program, so that the helpers are its children. */
const alive = '10.77.0.2';
const nobody = '10.77.0.9';
/** So that there is something to tell of when the prober dies. */
const MEASURING_MS = 2_000;

describe('a prober that dies, and a target that is dead', { ...needsRoot, timeout: 120_000 }, () => {
  before(() => {
    for (const name of [HERE, THERE]) ip(`netns add ${name}`);
    ip(`link add wire netns ${HERE} type veth peer name wire netns ${THERE}`);
    for (const [place, address] of [
      [HERE, '10.77.0.1'],
      [THERE, alive],
    ]) {
      ip(`-n ${place} addr add ${address}/24 dev wire`);
      ip(`-n ${place} link set wire up`);
      ip(`-n ${place} link set lo up`);
    }
  });
  after(() => {
    for (const name of [HERE, THERE]) if (existsSync(`/run/netns/${name}`)) ip(`netns del ${name}`);
  });

  for (const words of [
    ['probe', alive, '-d', '20s'],
    ['probe', alive, '-d', '20s', '--fail-on', 'stall,loss'],
    ['probe', alive, '-d', '20s', '--json'],
  ]) {
    it(`${words.join(' ')}, its prober killed: status 4, and what is known is printed`, async () => {
      const run = startRxrayIn(inside, ...words);
      await killHelperOf(run.child.pid, 'rxray-prober', MEASURING_MS);
      const { status, out, err } = await run.ended;
      assert.equal(status, 4, err);
      assert.match(err, /ended early by SIGKILL/);
      assert.match(err, /the prober died: what it had not reported is missing/);
      assert.match(out, words.includes('--json') ? /"type":"summary"/ : /transmitted/);
    });
  }

  it('bisect whose only prober is killed: a verdict of what there was, and status 4', async () => {
    await withFolder(async (folder) => {
      const hosts = join(folder, 'hosts.yaml');
      writeFileSync(
        hosts,
        `vantages:\n  here: { transport: netns, name: ${HERE} }\ntargets:\n  there: { kind: node, address: ${alive} }\n`,
      );
      const run = startRxrayIn({}, 'bisect', '--hosts', hosts, '-d', '20s', '--json');
      await run.saw('"type":"run"');
      await killHelperOf(run.child.pid, 'rxray-prober', MEASURING_MS);
      const { status, out, err } = await run.ended;
      assert.equal(status, 4, err);
      assert.match(err, /every prober died/);
      assert.equal(records(out, 'verdict').length, 1);
    });
  });

  it('a target that nobody is: status 1 whatever ICMP errors come, who sent them, and all is loss', async () => {
    const { status, out, err } = await rxrayIn(inside, 'probe', nobody, '-d', '6s', '--json');
    assert.equal(status, 1, err);
    const [summary] = records<{ received: number; lossRatio: number }>(out, 'summary');
    assert.equal(summary?.received, 0);
    assert.equal(summary?.lossRatio, 1);
    // It is told when it begins, not when it is over, which it never is.
    const [outage] = records<{ state: string; at: number }>(out, 'outage');
    assert.equal(outage?.state, 'begun');
    assert.ok((outage?.at ?? Number.POSITIVE_INFINITY) < 4e9, JSON.stringify(outage));
  });

  it('bisect tells of an outage when it begins', async () => {
    await withFolder(async (folder) => {
      const hosts = join(folder, 'hosts.yaml');
      writeFileSync(
        hosts,
        `vantages:\n  here: { transport: netns, name: ${HERE} }\ntargets:\n  there: { kind: node, address: ${alive} }\n`,
      );
      const run = startRxrayIn({}, 'bisect', '--hosts', hosts, '-d', '20s', '--json');
      await run.saw('"type":"run"');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      ip(`-n ${THERE} link set wire down`);
      await run.saw('"type":"outage"');
      ip(`-n ${THERE} link set wire up`);
      run.child.kill('SIGINT');
      const { out } = await run.ended;
      const [outage] = records<{ state: string; at: number; since: number }>(out, 'outage');
      assert.equal(outage?.state, 'begun');
      const told = out.indexOf('"type":"outage"');
      const episode = out.indexOf('"kind":"loss-episode"');
      assert.ok(episode < 0 || told < episode, 'before the episode that it is of');
    });
  });
});
