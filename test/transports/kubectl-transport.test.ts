import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { CodedError } from '../../src/model/errors.js';
import { type KubectlOptions, kubectlTransport } from '../../src/transports/far/kubectl-transport.js';
import { collect } from '../engines/collected-run.js';
import { allTold, loopbackPlan } from './loopback-plan.js';
import { kill, listed, processesIn } from './process-list.js';

const STAND_IN = fileURLToPath(new URL('./kubectl-stand-in.js', import.meta.url));
const NAMESPACE = `tr-kube-${process.pid}`;
const POD = { namespace: 'rxray', pod: 'rxray-x7k2' };
/** What every session runs in the pod. */
const FAR = ['--', 'sh', '-c', 'eval "$(dd bs=1 count=4096 2>/dev/null)"', 'rxray'];
const skip = process.getuid?.() === 0 ? false : 'makes a network namespace: needs root';

suite('kubectl transport, against a stand-in for kubectl', { skip }, () => {
  let folder = '';
  let answers: Record<string, unknown> = {};
  const file = (name: string) => join(folder, name);
  const calls = () =>
    readFileSync(file('log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[]);
  const leftovers = () => [...processesIn(NAMESPACE).map(({ command }) => command), ...listed(file('tmp'))];
  const cleared = async (limitMs: number) => {
    for (const end = performance.now() + limitMs; performance.now() < end && leftovers().length > 0; ) await sleep(20);
    return leftovers();
  };
  /** A transport through a stand-in that answers so. */
  const through = (options: Partial<KubectlOptions> = {}, leaks = '') => {
    const kubectl = file(`kubectl${leaks}`);
    const set = `STAND_IN_LOG=${file('log')} STAND_IN_ANSWERS=${file('answers')} STAND_IN_TMP=${file('tmp')} STAND_IN_LEAKS=${leaks}`;
    writeFileSync(kubectl, `#!/bin/sh\n${set} exec ip netns exec ${NAMESPACE} ${process.execPath} ${STAND_IN} "$@"\n`);
    chmodSync(kubectl, 0o755);
    writeFileSync(file('answers'), JSON.stringify(answers));
    return kubectlTransport({ ...POD, kubectl, ...options });
  };

  before(() => {
    execFileSync('ip', ['netns', 'add', NAMESPACE]);
    execFileSync('ip', ['-n', NAMESPACE, 'link', 'set', 'lo', 'up']);
  });
  beforeEach(() => {
    rmSync(folder || '/nonexistent', { recursive: true, force: true });
    folder = mkdtempSync(join(tmpdir(), 'tr-'));
    mkdirSync(file('tmp'));
    writeFileSync(file('log'), '');
    answers = {};
  });
  after(() => {
    for (const { pid } of processesIn(NAMESPACE)) kill(pid);
    execFileSync('ip', ['netns', 'del', NAMESPACE]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('the helper runs in the pod and its frames come back whole', async () => {
    const transport = through();
    const run = await collect(createHelperEngine(transport).start(loopbackPlan()));
    allTold(run);
    const exec = ['--namespace=rxray', 'exec', '-i', 'rxray-x7k2', ...FAR];
    assert.deepEqual(calls(), [exec, exec]);
    const { offsetNs = NaN, uncertaintyNs = NaN } = (await transport.exchangeClock?.()) ?? {};
    assert.ok(Math.abs(offsetNs) <= uncertaintyNs, `${offsetNs} ± ${uncertaintyNs} ns`);
    await transport.close?.();
    assert.deepEqual(await cleared(1_000), []);
  });

  test('context and container are named where they are given', async () => {
    const transport = through({ context: 'staging', container: 'app' });
    await transport.exchangeClock?.();
    await transport.close?.();
    const where = ['--context=staging', '--namespace=rxray'];
    assert.deepEqual(calls(), [[...where, 'exec', '-i', 'rxray-x7k2', '--container=app', ...FAR]]);
  });

  test('with debug an ephemeral container is added, waited for and used', async () => {
    answers = {
      debug: {},
      get: { stdout: '{"running":{"startedAt":"2019-11-21T10:00:00Z"}}' },
    };
    const transport = through({ debug: true, container: 'app', image: 'registry.example/tools:1' });
    await transport.exchangeClock?.();
    await transport.close?.();
    const [debug = [], get = [], exec = []] = calls();
    const name = debug.find((arg) => arg.startsWith('--container='))?.slice('--container='.length) ?? '';
    assert.match(name, /^rxray-[0-9a-f]{8}$/);
    const ns = '--namespace=rxray';
    assert.deepEqual(debug.slice(0, -1), [
      ...[ns, 'debug', 'rxray-x7k2', '--image=registry.example/tools:1', `--container=${name}`, '--profile=netadmin'],
      ...['--', 'sh', '-c'],
    ]);
    const path = `jsonpath={.status.ephemeralContainerStatuses[?(@.name=="${name}")].state}`;
    assert.deepEqual(get, [ns, 'get', 'pod', 'rxray-x7k2', '-o', path]);
    assert.deepEqual(exec, [ns, 'exec', '-i', 'rxray-x7k2', `--container=${name}`, ...FAR]);
    // What the container runs has to be a script that a shell accepts.
    execFileSync('sh', ['-n', '-c', debug.at(-1) ?? '']);
  });

  const refusals: readonly [word: string, stderr: string, message: RegExp, debug?: boolean][] = [
    ['exec', 'Error from server (NotFound): pods "rxray-x7k2" not found', /there is no such pod/],
    ['exec', 'Error from server (NotFound): namespaces "rxray" not found', /no such namespace/],
    ['exec', 'error: container gone is not valid for pod rxray-x7k2', /no such container/],
    ['exec', 'Error from server (Forbidden): pods "x" is forbidden: User "a" cannot create resource', /may not/],
    ['exec', 'error: You must be logged in to the server (Unauthorized)', /does not know you/],
    ['exec', 'error: context "staging" does not exist', /no such context/],
    ['exec', 'Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout', /cluster does not answer/],
    ['exec', 'OCI runtime exec failed: exec: "sh": executable file not found in $PATH: unknown', /has no shell/],
    ['debug', 'Error from server (Forbidden): cannot patch resource "pods/ephemeralcontainers"', /may not/, true],
  ];
  for (const [word, stderr, message, debug = false] of refusals) {
    test(`${stderr.slice(0, 60)}: ${message.source}`, async () => {
      answers = { [word]: { stderr: `${stderr}\n`, status: 1 } };
      await assert.rejects(collect(createHelperEngine(through({ debug })).start(loopbackPlan())), (error) => {
        assert.ok(error instanceof CodedError, String(error));
        assert.equal(error.code, 'E_KUBECTL');
        assert.match(error.message, message);
        assert.match(error.message, /^no way to pod rxray\/rxray-x7k2: /);
        return true;
      });
    });
  }

  test('a debug container that cannot come up says why', async () => {
    answers = { debug: {}, get: { stdout: '{"waiting":{"reason":"ImagePullBackOff"}}' } };
    await assert.rejects(through({ debug: true }).launch('rxray-prober', []).exited, {
      code: 'E_KUBECTL',
      message: /image of the debug container cannot be pulled/,
    });
    answers = { debug: {}, get: { stdout: '{"waiting":{"reason":"ContainerCreating"}}' } };
    await assert.rejects(through({ debug: true, debugLimitMs: 0 }).launch('rxray-prober', []).exited, {
      code: 'E_KUBECTL',
      message: /no answer in 0 s, last .*ContainerCreating/,
    });
  });

  test('without a kubectl program, or with a name that is an option, it is refused', async () => {
    const transport = kubectlTransport({ ...POD, kubectl: file('none') });
    await assert.rejects(transport.launch('rxray-prober', []).exited, {
      code: 'E_KUBECTL',
      message: /no kubectl program/,
    });
    assert.throws(() => kubectlTransport({ ...POD, pod: '--token=x' }), { code: 'E_KUBECTL', exitCode: 2 });
  });

  for (const [runtime, leaks] of [
    ['closes', ''],
    ['leaves open', 'leaks'],
  ] as const) {
    test(`where the runtime ${runtime} the streams of a dead kubectl, nothing goes on either way`, async () => {
      const transport = through({ beatSeconds: 1 }, leaks);
      const run = createHelperEngine(transport).start(loopbackPlan({ count: 0 }));
      let warning: string | undefined;
      for await (const event of run.events) {
        if (event.kind === 'warning' && event.code === 'W_CUT_OFF') warning = event.message;
        if (event.kind !== 'samples') continue;
        for (const { pid, command } of processesIn(NAMESPACE)) {
          if (command.includes(STAND_IN)) kill(pid);
        }
      }
      assert.match(warning ?? '', /the prober on pod rxray\/rxray-x7k2 ended early by SIGKILL/);
      // Beside the shells that hold the streams open.
      const left = () => leftovers().filter((what) => /rxray/.test(what) && !what.startsWith('sh -c cd '));
      for (const end = performance.now() + 30_000; performance.now() < end && left().length > 0; ) await sleep(20);
      assert.deepEqual(left(), []);
      await transport.close?.();
    });
  }
});
