// The container image in its three tiers, by podman and by runc alone, with what the kernel says of each process.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packagesFolder, version } from '../places.mjs';
import { capabilityMask, TIERS, TRACE_PROFILE } from '../tiers.mjs';

/** Shows system calls that rxray itself never makes. */
const SHELL = '/bin/busybox';

export async function checkImage(ok) {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-image-'));
  const engine = new Podman(folder);
  try {
    const image = engine.load(join(packagesFolder, `rxray-${version}-oci.tar`));
    for (const tier of TIERS) await checkTier(tier, engine, image, ok);
    checkProfile(engine, image, ok);
    const bundle = join(folder, 'bundle');
    engine.unpack(image, join(bundle, 'rootfs'));
    for (const tier of TIERS) await checkRunc(tier, bundle, folder, ok);
  } finally {
    engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkTier(tier, engine, image, ok) {
  const words = engine.tierWords(tier);
  const name = `rxray-check-${tier.name}-${process.pid}`;
  must('podman', engine.words('run', '--detach', '--name', name, ...words, image, ...tier.command, '-d', '60s'));
  try {
    const pid = Number(must('podman', engine.words('inspect', '--format', '{{.State.Pid}}', name)).trim());
    await isRunning(pid);
    expectStatus(pid, tier, 'podman', ok);
  } finally {
    spawnSync('podman', engine.words('rm', '--force', '--time', '2', name));
  }
  const ended = spawnSync('podman', engine.words('run', '--rm', ...words, image, ...tier.command, '-d', '2s'), {
    encoding: 'utf8',
    timeout: 120_000,
  });
  expectWork(tier, ended, ok, 'podman');
}

/** What the tier is for is done. */
function expectWork(tier, { status, stdout, stderr }, ok, by) {
  const said = `${stdout}${stderr}`;
  const works =
    tier.name === 'trace'
      ? status === 0 || status === 1
      : status === 0 && /, 0(\.\d+)?% packet loss|0 % loss|received/.test(said);
  if (!works) throw new Error(`${by}, tier ${tier.name}: status ${status}\n${said}`);
  ok(`${by}, tier ${tier.name}: ${['rxray', ...tier.command].join(' ')} works`);
}

function expectStatus(pid, tier, by, ok) {
  const status = Object.fromEntries(
    readFileSync(`/proc/${pid}/status`, 'utf8')
      .split('\n')
      .map((line) => line.split(/:\s+/)),
  );
  const wanted = capabilityMask(tier.capabilities);
  const got = {
    CapEff: BigInt(`0x${status.CapEff}`),
    CapBnd: BigInt(`0x${status.CapBnd}`),
    NoNewPrivs: status.NoNewPrivs,
    Seccomp: status.Seccomp,
    Uid: status.Uid.split('\t')[0],
  };
  const expected = { CapEff: wanted, CapBnd: wanted, NoNewPrivs: '1', Seccomp: '2', Uid: String(tier.user ?? 65532) };
  for (const [name, value] of Object.entries(expected)) {
    if (got[name] !== value) throw new Error(`${by}, tier ${tier.name}: ${name} is ${got[name]}, not ${value}`);
  }
  ok(
    `${by}, tier ${tier.name}: CapEff ${status.CapEff} (${tier.capabilities.join(', ') || 'none'}), NoNewPrivs 1, Seccomp 2 (filter), UID ${got.Uid}`,
  );
}

/** The trace tier's own profile lets a BPF program be loaded, and refuses what is not in it. */
function checkProfile(engine, image, ok) {
  const trace = TIERS.find(({ name }) => name === 'trace');
  const told = JSON.parse(
    must(
      'podman',
      engine.words(
        'run',
        '--rm',
        ...engine.tierWords(trace),
        '--entrypoint',
        '/usr/lib/rxray/rxray-tracer',
        image,
        '--capabilities',
      ),
    ),
  );
  const refused = told.questions.filter(({ works }) => !works);
  if (refused.length > 0) throw new Error(`under the profile: ${JSON.stringify(refused)}`);
  ok(`the trace profile lets BPF programs be loaded: ${told.questions.map(({ question }) => question).join(', ')}`);
  if (!existsSync(SHELL)) throw new Error(`${SHELL} is missing: apt-get install busybox-static`);
  const unshare = (profile) =>
    spawnSync(
      'podman',
      engine.words(
        'run',
        '--rm',
        ...engine.tierWords({ ...trace, profile }),
        '--volume',
        `${SHELL}:/busybox:ro`,
        '--entrypoint',
        '/busybox',
        image,
        'unshare',
        '-U',
        '/busybox',
        'true',
      ),
      { encoding: 'utf8' },
    );
  const under = unshare(TRACE_PROFILE);
  if (under.status === 0 || !/not permitted/.test(under.stderr))
    throw new Error(`unshare was not refused: ${under.stderr}`);
  const without = unshare('unconfined');
  if (without.status !== 0)
    throw new Error(`unshare fails without the profile too, which shows nothing: ${without.stderr}`);
  ok('and refuses unshare, which works in the same container without it');
}

async function checkRunc(tier, bundle, folder, ok) {
  const spec = runtimeSpec(tier);
  const run = (name, ...more) => {
    writeFileSync(
      join(bundle, 'config.json'),
      JSON.stringify({ ...spec, process: { ...spec.process, args: ['/usr/bin/rxray', ...tier.command, ...more] } }),
    );
    return ['--root', join(folder, 'runc'), 'run', '--bundle', bundle, name];
  };
  const name = `rxray-check-${tier.name}-${process.pid}`;
  const child = spawn('runc', run(name, '-d', '60s'), { stdio: 'ignore' });
  try {
    const pid = await poll(() => {
      const { status, stdout } = spawnSync('runc', ['--root', join(folder, 'runc'), 'state', name], {
        encoding: 'utf8',
      });
      return status === 0 ? JSON.parse(stdout).pid || undefined : undefined;
    });
    await isRunning(pid);
    expectStatus(pid, tier, 'runc', ok);
  } finally {
    spawnSync('runc', ['--root', join(folder, 'runc'), 'kill', name, 'KILL']);
    await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()));
  }
  expectWork(tier, spawnSync('runc', run(`${name}-2`, '-d', '2s'), { encoding: 'utf8', timeout: 120_000 }), ok, 'runc');
}

/** Once it is the program itself, under its filter. */
function isRunning(pid) {
  return poll(() => (readlinkSync(`/proc/${pid}/exe`).endsWith('/rxray') ? true : undefined));
}

async function poll(look) {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error('waited for 30 s in vain');
}

/** A container for runc without any engine above it. */
function runtimeSpec(tier) {
  const capabilities = tier.capabilities.map((name) => `CAP_${name}`);
  const uid = tier.user ?? 65532;
  const mount = (destination, type, options) => ({ destination, type, source: type, options });
  const profile = tier.profile ?? TRACE_PROFILE;
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid, gid: uid },
      args: [],
      env: ['PATH=/usr/bin', 'HOME=/tmp'],
      cwd: '/tmp',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: [] },
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'rxray',
    mounts: [
      mount('/proc', 'proc', []),
      mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
      mount('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
      mount('/tmp', 'tmpfs', ['nosuid', 'nodev', 'mode=1777']),
    ],
    linux: {
      namespaces: ['network', 'mount', 'ipc', 'uts', ...(tier.hostPid ? [] : ['pid'])].map((type) => ({ type })),
      ...(tier.name === 'restricted' ? { sysctl: { 'net.ipv4.ping_group_range': '0 2147483647' } } : {}),
      seccomp: JSON.parse(readFileSync(profile, 'utf8')),
    },
  };
}

/** podman with a store of its own, which goes when the check is over. */
class Podman {
  #base;

  constructor(folder) {
    this.#base = [
      '--root',
      join(folder, 'store'),
      '--runroot',
      join(folder, 'run'),
      '--storage-driver',
      'vfs',
      '--runtime',
      '/usr/sbin/runc',
      '--cgroup-manager',
      'cgroupfs',
      '--events-backend',
      'none',
    ];
  }

  words(...more) {
    return [...this.#base, ...more];
  }

  tierWords({ user, capabilities, hostPid, profile }) {
    return [
      '--network=none',
      '--cap-drop=all',
      ...capabilities.map((name) => `--cap-add=${name}`),
      '--read-only',
      '--security-opt=no-new-privileges',
      ...(profile === undefined ? [] : [`--security-opt=seccomp=${profile}`]),
      ...(user === undefined ? ['--sysctl=net.ipv4.ping_group_range=0 2147483647'] : [`--user=${user}:${user}`]),
      ...(hostPid ? ['--pid=host'] : []),
      '--ulimit=nofile=20000:20000',
      '--ulimit=nproc=1000:1000',
    ];
  }

  load(archive) {
    return must('podman', this.words('pull', '--quiet', `oci-archive:${archive}`)).trim();
  }

  unpack(image, folder) {
    const archive = join(folder, '..', 'image.tar');
    mkdirSync(folder, { recursive: true });
    const id = must('podman', this.words('create', image)).trim();
    must('podman', this.words('export', '--output', archive, id));
    must('tar', ['-xf', archive, '-C', folder]);
    must('podman', this.words('rm', id));
    rmSync(archive);
  }

  close() {
    spawnSync('podman', this.words('rm', '--all', '--force', '--time', '2'));
    spawnSync('podman', this.words('rmi', '--all', '--force'));
  }
}

function must(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 1 << 26,
  });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}\n${error?.message ?? stderr}`);
  return stdout;
}
