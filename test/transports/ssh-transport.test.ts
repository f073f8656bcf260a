import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, suite, type TestContext, test } from 'node:test';
import { createHelperEngine } from '../../src/engines/helper-engine.js';
import { CodedError } from '../../src/model/errors.js';
import { sshTransport } from '../../src/transports/far/ssh-transport.js';
import { findHelper } from '../../src/transports/helper-binary.js';
import type { HelperProcess, Transport } from '../../src/transports/transport.js';
import { collect } from '../engines/collected-run.js';
import { FarHost, type FarHostOptions, farHostMissing } from './far-host.js';
import { allTold, loopbackPlan } from './loopback-plan.js';

const BUSYBOX = '/bin/busybox';
const skip = farHostMissing();

suite('ssh transport', { skip }, () => {
  const far = new FarHost('ssh');
  before(() => far.start());
  after(() => far.stop());
  const to = (t: TestContext, host: string) => reached(t, far, host);

  for (const [host, runsAs] of [
    ['root', 'root'],
    ['ops', 'sudo'],
  ] as const) {
    test(`a helper runs as ${runsAs} where the login is ${host}, and its frames come back whole`, async (t) => {
      if (runsAs === 'sudo' && !existsSync('/usr/bin/sudo')) return t.skip('needs sudo');
      const transport = to(t, host);
      const run = await collect(createHelperEngine(transport).start(loopbackPlan()));
      allTold(run);
      assert.equal(run.events.at(-1)?.kind, 'end');
      const helper = transport.launch('rxray-prober', ['--version']);
      assert.equal(await helper.runsAs, runsAs);
      assert.match(await outputOf(helper), /^rxray-prober \d/);
      assert.deepEqual(await helper.exited, { code: 0, signal: null, stderr: '' });
    });
  }

  test('where sudo asks for a password the helper runs as the user, and says what it lacks', async (t) => {
    const transport = to(t, 'guest');
    await assert.rejects(collect(createHelperEngine(transport).start(loopbackPlan())), {
      code: 'E_NO_RAW_SOCKET',
      message: /\(guest\)$/,
    });
    const helper = transport.launch('rxray-prober', ['--version']);
    assert.equal(await helper.runsAs, 'user');
    await outputOf(helper);
  });

  test('arguments arrive as they are, and the exit status comes back', async (t) => {
    const helper = to(t, 'root').launch('rxray-prober', [`it's "$HOME" * \\`, 'two']);
    assert.equal(await outputOf(helper), '');
    const exit = await helper.exited;
    assert.deepEqual([exit.code, exit.signal], [2, null]);
    assert.match(exit.stderr, /^usage: rxray-prober/);
  });

  test('several helpers share one connection, which is opened again after it was closed', async (t) => {
    const transport = to(t, 'root');
    const versions = () => Promise.all([1, 2, 3].map(() => outputOf(transport.launch('rxray-prober', ['--version']))));
    for (const version of await versions()) assert.match(version, /^rxray-prober/);
    assert.equal(far.processes().filter(({ command }) => command.includes('proxy.cjs')).length, 1);
    await transport.close?.();
    assert.deepEqual(await far.cleared(2_000), []);
    assert.match((await versions())[0] ?? '', /^rxray-prober/);
  });

  test('while a helper runs its folder is private, and nothing shows a secret or a path of ours', async (t) => {
    const helper = to(t, 'ops').launch('rxray-prober', []);
    await helper.runsAs;
    const [folder] = far.folders();
    assert.match(folder ?? '', /^\/tmp\/rxray-[0-9a-f]{24}$/);
    helper.closeInput();
    await outputOf(helper);
  });

  test('the clocks of one machine differ by nothing, within the uncertainty', async (t) => {
    const { offsetNs, uncertaintyNs } = (await to(t, 'root').exchangeClock?.()) ?? {};
    assert.ok(offsetNs !== undefined && uncertaintyNs !== undefined);
    assert.ok(Math.abs(offsetNs) <= uncertaintyNs, `${offsetNs} ± ${uncertaintyNs} ns`);
    assert.ok(uncertaintyNs < 50e6, `± ${uncertaintyNs} ns`);
  });

  test('terminate() before there is a connection ends the launch', async (t) => {
    const helper = to(t, 'silent').launch('rxray-prober', []);
    helper.terminate();
    assert.deepEqual(await helper.exited, { code: null, signal: 'SIGTERM', stderr: '' });
  });

  suite('what is in the way has its own message', () => {
    const ways: readonly [host: string, message: RegExp, remedy: RegExp][] = [
      ['stranger', /host key is unknown/, /run ssh stranger once by hand/],
      ['changed', /not the one known from before.*Host key verification failed/, /find out why/],
      [
        'locked',
        /nobody in without a password.* \(root@far.invalid: Permission denied \(publickey,password/,
        /ssh-add/,
      ],
      ['nowhere', /cannot be resolved/, /HostName/],
      ['closed', /nothing listens.*Connection refused/, /check that sshd runs/],
      ['silent', /does not answer.*timed out/, /ssh -v silent/],
    ];
    for (const [host, message, remedy] of ways) {
      test(`${host}: ${message.source}`, async (t) => {
        const run = createHelperEngine(to(t, host)).start(loopbackPlan());
        await assert.rejects(collect(run), (error) => {
          assert.ok(error instanceof CodedError, String(error));
          assert.equal(error.code, 'E_SSH');
          assert.match(error.message, message);
          assert.match(error.remedy, remedy);
          return true;
        });
      });
    }

    test('without a connection there is no comparing of clocks', async (t) => {
      await assert.rejects(async () => to(t, 'closed').exchangeClock?.(), { code: 'E_SSH' });
    });

    test('a host that looks like an option is refused', () => {
      assert.throws(() => sshTransport('-oProxyCommand=true'), { code: 'E_SSH', exitCode: 2 });
    });
  });

  test('a helper for another machine is refused before it is copied, or the right one is taken', async (t) => {
    const folder = far.file('other-machine');
    mkdirSync(folder);
    const bytes = readFileSync(findHelper('rxray-prober'));
    writeFileSync(far.file('rxray-prober-of-here'), bytes);
    bytes.writeUInt16LE(183, 18);
    writeFileSync(`${folder}/rxray-prober`, bytes);
    const before = process.env.RXRAY_HELPERS;
    process.env.RXRAY_HELPERS = folder;
    t.after(() => {
      if (before === undefined) delete process.env.RXRAY_HELPERS;
      else process.env.RXRAY_HELPERS = before;
    });
    await assert.rejects(to(t, 'root').launch('rxray-prober', []).exited, {
      code: 'E_ARCH',
      message: /built for Linux aarch64, but root is Linux x86_64/,
      remedy: /RXRAY_HELPERS/,
    });
    // The one for that machine, where it is at hand beside the other.
    mkdirSync(`${folder}/linux-x64`);
    copyFileSync(far.file('rxray-prober-of-here'), `${folder}/linux-x64/rxray-prober`);
    const helper = to(t, 'root').launch('rxray-prober', ['--version']);
    helper.closeInput();
    assert.equal((await helper.exited).code, 0);
  });
});

suite('ssh transport on hosts of other kinds', { skip }, () => {
  test('where /tmp is mounted noexec, another place is taken', async (t) => {
    const { far, transport } = await farAndWay(t, 'noexec', 'root', { noexec: ['/tmp', '/var/tmp'] });
    const helper = transport.launch('rxray-prober', []);
    await helper.runsAs;
    assert.match(far.folders().join(), /^\/(home\/root|dev\/shm)\/rxray-/);
    helper.terminate();
    await helper.exited;
  });

  test('where no place may hold programs, the places are named', async (t) => {
    const everywhere = ['/tmp', '/var/tmp', '/dev/shm', '/run', '/home'];
    const { transport } = await farAndWay(t, 'nowhere', 'ops', { noexec: everywhere });
    await assert.rejects(transport.launch('rxray-prober', []).exited, {
      code: 'E_NO_FOLDER',
      message:
        'no place on ops where a file can be written and executed: tried /tmp, /var/tmp, /home/ops, /dev/shm, /run',
    });
  });

  test('a copy cut short by a full disk is not run', async (t) => {
    const { transport } = await farAndWay(t, 'full', 'root', { tmpOptions: 'size=100k' });
    await assert.rejects(transport.launch('rxray-prober', []).exited, {
      code: 'E_CHECKSUM',
      message: /did not arrive on root as it was sent: \d+ of \d+ bytes.*No space left/,
    });
  });

  test('a copy with a flipped bit is not run', async (t) => {
    const flips = `#!/bin/sh
/usr/bin/dd "$@"; status=$?
case "$*" in (*of=rxray-prober*) printf X | /usr/bin/dd of=rxray-prober bs=1 seek=5000 conv=notrunc 2>/dev/null;; esac
exit $status
`;
    const { far, transport } = await farAndWay(t, 'flip', 'root', { programs: { dd: flips } });
    const size = readFileSync(findHelper('rxray-prober')).length;
    await assert.rejects(transport.launch('rxray-prober', []).exited, {
      code: 'E_CHECKSUM',
      message: new RegExp(`${size} of ${size} bytes`),
    });
    await transport.close?.();
    assert.deepEqual(await far.cleared(2_000), []);
  });

  test('busybox is enough, and its clock of whole seconds too', async (t) => {
    if (!existsSync(BUSYBOX)) return t.skip('needs busybox-static');
    const links = Object.fromEntries(BUSYBOX_WORDS.map((word) => [word, BUSYBOX]));
    const { far, transport } = await farAndWay(t, 'busybox', 'root', { links, onlyThese: true });
    const run = await collect(createHelperEngine(transport).start(loopbackPlan()));
    allTold(run);
    const { offsetNs = NaN, uncertaintyNs = NaN } = (await transport.exchangeClock?.()) ?? {};
    // By the change of a second; the seconds alone would leave half of one.
    assert.ok(Math.abs(offsetNs) <= uncertaintyNs && uncertaintyNs < 400e6, `${offsetNs} ± ${uncertaintyNs} ns`);
    await transport.close?.();
    assert.deepEqual(await far.cleared(3_000), []);
  });

  test('without sha256sum, and with a dd that cannot wait for a whole block, cksum and patience do', async (t) => {
    const plain = `#!/bin/sh
case "$*" in (*fullblock*) exit 1;; esac
exec /usr/bin/dd "$@"
`;
    const words = ['sh', 'cat', 'rm', 'mkdir', 'chmod', 'sleep', 'id', 'uname', 'date', 'cksum', 'wc', 'head', 'env'];
    const links = Object.fromEntries(words.map((word) => [word, `/usr/bin/${word}`]));
    const { transport } = await farAndWay(t, 'plain', 'root', { links, programs: { dd: plain }, onlyThese: true });
    assert.match(await outputOf(transport.launch('rxray-prober', ['--version'])), /^rxray-prober/);
  });

  test('where a connection may have one session only, the next gets a connection of its own', async (t) => {
    const { far, transport } = await farAndWay(t, 'one', 'root', { sshd: 'MaxSessions 1' });
    assert.match(await outputOf(transport.launch('rxray-prober', ['--version'])), /^rxray-prober/);
    await transport.close?.();
    assert.deepEqual(await far.cleared(2_000), []);
  });
});

const BUSYBOX_WORDS = [
  'sh',
  'dd',
  'cat',
  'rm',
  'mkdir',
  'chmod',
  'sleep',
  'id',
  'uname',
  'date',
  'sha256sum',
  'wc',
  'head',
];

function reached(t: TestContext, far: FarHost, host: string): Transport {
  const transport = sshTransport(host, { configFile: far.configFile });
  t.after(() => transport.close?.());
  return transport;
}

async function farAndWay(t: TestContext, name: string, host: string, options: FarHostOptions) {
  const far = new FarHost(name, options);
  const transport = sshTransport(host, { configFile: far.configFile });
  t.after(async () => {
    await transport.close?.();
    await far.stop();
  });
  await far.start();
  return { far, transport };
}

async function outputOf(helper: HelperProcess): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of helper.output) chunks.push(chunk);
  await helper.exited;
  return Buffer.concat(chunks).toString();
}
