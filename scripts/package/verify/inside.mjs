// Runs in the namespaces that clean-root.mjs makes: lays the clean root out, then does what the module says in it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ownPlatform, PLATFORMS } from '../platforms.mjs';
import { emulate } from './user-namespace.mjs';

const [, , program, folder, lower, about, platformName] = process.argv;
const platform = PLATFORMS.find(({ name }) => name === platformName);
const emulated = platform.name !== ownPlatform().name;
const root = join(folder, 'root');

function must(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

must('mount', '--make-rprivate', '/');
must('mount', '-t', 'tmpfs', 'rxray', folder);
for (const name of ['upper', 'work', 'root']) mkdirSync(join(folder, name));
if (emulated) emulate(platform);
must(
  'mount',
  '-t',
  'overlay',
  'overlay',
  '-o',
  `lowerdir=${lower},upperdir=${folder}/upper,workdir=${folder}/work${emulated ? ',userxattr' : ''}`,
  root,
);
must('mount', '-t', 'proc', 'proc', '/proc');
must('mount', '-t', 'proc', 'proc', join(root, 'proc'));
for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty']) {
  if (!existsSync(join(root, 'dev', name))) writeFileSync(join(root, 'dev', name), '');
  must('mount', '--bind', join('/dev', name), join(root, 'dev', name));
}
must('ip', 'link', 'set', 'lo', 'up');
// As systemd sets it on every machine it starts.
must('sysctl', '-qw', `net.ipv4.ping_group_range=0 ${emulated ? 65535 : 2147483647}`);

/** Runs a shell line in the clean root. @returns what it printed, both streams, and how it ended */
function run(line, { user = 'root', env = {}, limit = emulated ? 600_000 : 180_000 } = {}) {
  const home = user === 'root' ? '/root' : `/home/${user}`;
  const full = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    ...env,
  };
  // By setpriv, so that the groups are those that the account has now.
  const as = user === 'root' ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'];
  const words = ['/usr/sbin/chroot', root, ...as, '/bin/sh', '-c', `cd ${home} 2>/dev/null; ${line}`];
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(words[0], words.slice(1), {
    encoding: 'utf8',
    env: full,
    timeout: limit,
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr, seconds: (performance.now() - began) / 1000 };
}

/** The same, which must end with the status that is expected. */
function expect(line, { status = 0, matches = [], ...options } = {}) {
  const done = run(line, options);
  const said = `${done.stdout}${done.stderr}`;
  if (done.status !== status) throw new Error(`${line}\nended with ${done.status}, not ${status}:\n${said}`);
  for (const wanted of [matches].flat())
    if (!wanted.test(said)) throw new Error(`${line}\ndid not say ${wanted}:\n${said}`);
  return done;
}

const { inside } = await import(pathToFileURL(program));
await inside({ root, run, expect, emulated, ok: (what) => console.log(`✓ ${what}`) }, JSON.parse(about));
process.exit(0);
