import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import { CodedError } from '../../src/model/errors.js';
import { sshTransport } from '../../src/transports/far/ssh-transport.js';
import { FarHost, farHostMissing } from './far-host.js';
import { loopbackPlan } from './loopback-plan.js';
import { kill } from './process-list.js';

const CLIENT = fileURLToPath(new URL('./probing-client.js', import.meta.url));
const ROUNDS = 2;
/** A helper may wait 2 s for late replies; what stays, stays longer than any of these takes on a busy machine. */
const CLEARED_MS = 20_000;
/** Three beats without an answer are the end, which a busy machine must not make of a connection that works. */
const BEAT_SECONDS = 5;

/**
 * What is killed: the first process of that kind whose command fits. A user who is not root differs in how the helper
 * is started, by sudo, and in nothing that is between here and there.
 */
const VICTIMS: readonly { what: string; where: 'near' | 'far'; command: RegExp; status?: RegExp; bySudo?: true }[] = [
  {
    what: 'the remote helper',
    where: 'far',
    command: /^\S+\/rxray-prober/,
    status: /status 255.*killed over there/,
    bySudo: true,
  },
  { what: 'the sshd session', where: 'far', command: /^sshd: \w+@notty/, status: /status 255.*connection was lost/ },
  { what: 'the connection', where: 'far', command: /proxy\.cjs/, status: /status 255.*connection was lost/ },
  { what: "the connection's ssh", where: 'near', command: /^ssh .*ControlMaster=yes/ },
  { what: 'the shell around it', where: 'near', command: /^sh -c trap/ },
  { what: 'the ssh of the session', where: 'near', command: /^ssh .*ControlMaster=no/, status: /by SIGKILL/ },
  { what: 'the keeper over there', where: 'far', command: /^sh -c eval/, bySudo: true },
];

suite('whatever ends a run over ssh leaves nothing behind', { skip: farHostMissing() }, () => {
  const far = new FarHost('end');
  const random = generator(42);
  before(() => far.start());
  after(() => far.stop());

  for (const host of ['root', 'ops']) {
    for (const { what, where, command, status, bySudo } of VICTIMS) {
      if (host !== 'root' && bySudo !== true) continue;
      test(`${what} killed at some moment, as ${host}`, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          // The last round comes when probes are surely on their way.
          const probing = round === ROUNDS - 1;
          const run = watched(far, host);
          const victims = () => (where === 'far' ? far.processes() : far.localPrograms());
          // The newest: what a session before it left may be ending still.
          const victim = () => victims().findLast((process) => command.test(process.command))?.pid;
          await Promise.race([probing ? run.sampled : sleep(random() * 500), run.over]);
          for (const end = performance.now() + 5_000; victim() === undefined && performance.now() < end; )
            await sleep(5);
          kill(victim());
          // What does not end by that ends when asked to.
          const endsBySelf = probing && status !== undefined;
          await Promise.race([run.over, sleep(endsBySelf ? 10_000 : 300)]);
          run.stop();
          const ending = await run.over;
          if (probing && status !== undefined) assert.match(ending.cutOff ?? '', status);
          if (ending.error) assert.ok(ending.error instanceof CodedError, String(ending.error));
          await run.close();
          assert.deepEqual(await far.cleared(CLEARED_MS), [], `round ${round}`);
        }
      });
    }

    test(`this process killed at some moment, as ${host}`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const client = spawn(process.execPath, [CLIENT, far.configFile, host], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const probing = new Promise((resolve) => client.stdout.once('data', resolve));
        await (round === ROUNDS - 1 ? probing : sleep(100 + random() * 500));
        client.kill('SIGKILL');
        await new Promise((resolve) => client.once('exit', resolve));
        assert.deepEqual(await far.cleared(CLEARED_MS), [], `round ${round}`);
      }
    });
  }

  test('a process that has finished does not wait for the connection, and leaves nothing', async () => {
    const client = spawn(process.execPath, [CLIENT, far.configFile, 'root', '5'], { stdio: 'ignore' });
    const from = performance.now();
    assert.deepEqual(await new Promise((resolve) => client.once('exit', (...how) => resolve(how))), [0, null]);
    assert.ok(performance.now() - from < 5_000);
    assert.deepEqual(await far.cleared(2_000), []);
  });

  test('an unused connection is closed after a while', async () => {
    const transport = sshTransport('root', { configFile: far.configFile, lingerMs: 200 });
    const helper = transport.launch('rxray-prober', ['--version']);
    for await (const _ of helper.output);
    await helper.exited;
    assert.notDeepEqual(far.leftovers(), []);
    assert.deepEqual(await far.cleared(2_000), []);
  });

  test('when nothing comes through any more, the far side ends the helper, and this side says so', async () => {
    const run = watched(far, 'ops', 1);
    await run.sampled;
    const way = far.processes().find(({ command }) => /proxy\.cjs/.test(command));
    assert.ok(way);
    process.kill(way.pid, 'SIGSTOP');
    try {
      const helpers = () => far.processes().filter(({ command }) => /rxray-prober/.test(command));
      const there = () => helpers().length + far.folders().length;
      for (const end = performance.now() + 9_000; there() > 0 && performance.now() < end; ) await sleep(50);
      assert.deepEqual([helpers(), far.folders()], [[], []]);
      const { cutOff } = await run.over;
      assert.match(cutOff ?? '', /the prober on ops ended early with status 255: .*Timeout, server .* not responding/);
    } finally {
      kill(way.pid);
    }
    await run.close();
    assert.deepEqual(await far.cleared(CLEARED_MS), []);
  });
});

/** An endless run, and how it ends. */
function watched(far: FarHost, host: string, beatSeconds = BEAT_SECONDS) {
  const transport = sshTransport(host, { configFile: far.configFile, beatSeconds });
  const run = createHelperEngine(transport).start(loopbackPlan({ count: 0 }));
  let seen: () => void = () => {};
  const sampled = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const over = (async () => {
    const events: EngineEvent[] = [];
    try {
      for await (const event of run.events) {
        if (event.kind === 'samples') seen();
        else events.push(event);
      }
    } catch (error) {
      return { error };
    }
    assert.equal(events.at(-1)?.kind, 'end');
    const warning = events.find((event) => event.kind === 'warning' && event.code === 'W_CUT_OFF');
    return { cutOff: warning?.kind === 'warning' ? warning.message : undefined };
  })() as Promise<{ error?: unknown; cutOff?: string }>;
  return { sampled, over, stop: () => run.stop(), close: async () => transport.close?.() };
}

/** A small generator with a fixed seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
