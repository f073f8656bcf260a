import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFolder } from '../../src/installation/package-folder.js';
import type { ControlPlane, Ingredients } from './control-plane.js';

const BRIDGE = 'br-nodes';
/** Of the bridge, which the control plane is behind. */
const GATEWAY = '10.30.0.1';
export const PAUSE_IMAGE = 'docker.io/library/pause:1';

/** A bridge in the namespace of the tests, to which every node has a cable. */
export function layBridge(): void {
  for (const words of [
    ['link', 'add', BRIDGE, 'type', 'bridge'],
    ['address', 'add', `${GATEWAY}/24`, 'dev', BRIDGE],
    ['link', 'set', BRIDGE, 'up'],
  ]) {
    execFileSync('ip', words);
  }
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
}

export function nodeAddress(index: number): string {
  return `10.30.0.${10 + index}`;
}

/** A machine of a cluster: kubelet and containerd in a network namespace of its own, with a cable to the others. */
export class NodeMachine {
  readonly name: string;
  readonly netns: string;
  readonly address: string;
  readonly folder: string;
  readonly #children: ChildProcess[] = [];
  #holder: ChildProcess | undefined;

  private constructor(
    readonly plane: ControlPlane,
    readonly programs: Ingredients,
    readonly index: number,
  ) {
    this.name = `node-${index}`;
    this.netns = `rxn${process.pid}-${index}`;
    this.address = nodeAddress(index);
    // Paths of sockets are short by law.
    this.folder = mkdtempSync(`/run/rxn-${index}-`);
  }

  static async start(plane: ControlPlane, programs: Ingredients, index: number, nodes: number): Promise<NodeMachine> {
    const node = new NodeMachine(plane, programs, index);
    try {
      node.#cable(nodes);
      await node.#ownPlaces();
      await node.#containerd();
      node.#kubelet();
      node.#proxy();
      await plane.until(`${node.name} is ready`, 120_000, async () => {
        const { text } = await plane.ask(`/api/v1/nodes/${node.name}`);
        return /"type":"Ready","status":"True"/.test(text);
      });
      return node;
    } catch (error) {
      const log = readFileSync(node.file('kubelet.log'), { encoding: 'utf8', flag: 'a+' }).slice(-3_000);
      await node.stop();
      throw new Error(`${(error as Error).message}\n${log}`);
    }
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Words of a command that runs on this machine: in its network, with its folders. */
  inside(...words: string[]): [string, string[]] {
    return ['nsenter', [`--target=${this.#holder?.pid}`, '--net', '--mount', ...words]];
  }

  ctr(...words: string[]): string {
    const [command, args] = this.inside(
      this.programs.ctr ?? '',
      '--address',
      this.file('c.sock'),
      '-n',
      'k8s.io',
      ...words,
    );
    const done = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, PATH: this.programs.path } });
    if (done.status !== 0) throw new Error(`ctr ${words.join(' ')}: ${done.stderr}`);
    return done.stdout;
  }

  importImage(archive: string, base: string): void {
    this.ctr('images', 'import', '--snapshotter', 'native', '--base-name', base, archive);
  }

  /** Ends kubelet, containerd and all that they started, at once: as a machine does whose power is cut. */
  async stop(): Promise<void> {
    spawnSync('ip', ['-n', this.netns, 'link', 'set', 'eth0', 'down']);
    // Shims outlive containerd, and containers their shims: all are looked for before the first is gone.
    for (let round = 0; round < 20; round += 1) {
      const left = processesOf(this.folder, this.netns);
      if (left.length === 0) break;
      for (const pid of left) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended in between.
        }
      }
      await sleep(100);
    }
    spawnSync('ip', ['netns', 'del', this.netns]);
    spawnSync('ip', ['link', 'del', `n${this.index}`], { stdio: 'ignore' });
    if (process.env.RXRAY_KEEP === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  logs(): string {
    return ['kubelet.log', 'containerd.log', 'kube-proxy.log']
      .map((name) => `--- ${name}\n${readFileSync(this.file(name), { encoding: 'utf8', flag: 'a+' }).slice(-4_000)}`)
      .join('\n');
  }

  #cable(nodes: number): void {
    const ip = (...words: string[]): unknown => execFileSync('ip', words);
    const own = (...words: string[]): unknown => ip('-n', this.netns, ...words);
    ip('netns', 'add', this.netns);
    ip('link', 'add', `n${this.index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.netns);
    ip('link', 'set', `n${this.index}`, 'master', BRIDGE, 'up');
    own('link', 'set', 'lo', 'up');
    own('address', 'add', `${this.address}/24`, 'dev', 'eth0');
    own('link', 'set', 'eth0', 'up');
    own('route', 'add', 'default', 'via', GATEWAY);
    for (let other = 1; other <= nodes; other += 1) {
      if (other !== this.index) own('route', 'add', `10.244.${other}.0/24`, 'via', nodeAddress(other));
    }
    execFileSync('nsenter', [`--net=/run/netns/${this.netns}`, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  }

  /**
   * Places that a kubelet and the network of its pods have no option for: several on one machine would clean up after each
   * other. They are mounts of its own, so that the namespaces of its pods go with its last process, however it ends.
   */
  async #ownPlaces(): Promise<void> {
    const places = { log: '/var/log/pods', lib: '/var/lib/kubelet', netns: '/run/netns' };
    const mounts = Object.entries(places).map(([name, place]) => {
      mkdirSync(this.file(name));
      mkdirSync(place, { recursive: true });
      return `mount --bind ${this.file(name)} ${place}`;
    });
    const script = `${mounts.join(' && ')} && echo ready && exec sleep 100000`;
    const words = [
      `--net=/run/netns/${this.netns}`,
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
    ];
    const holder = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#holder = holder;
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('exit', (status) => reject(new Error(`${this.name}: its folders could not be made: ${status}`)));
    });
  }

  async #containerd(): Promise<void> {
    mkdirSync(this.file('cni'));
    const bridge = {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: this.file('ipam'),
        ranges: [[{ subnet: `10.244.${this.index}.0/24` }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    };
    const list = { cniVersion: '0.4.0', name: 'pods', plugins: [bridge, { type: 'loopback' }] };
    writeFileSync(this.file('cni/10-pods.conflist'), JSON.stringify(list));
    writeFileSync(this.file('runc'), runcWrapper(this.programs.runc ?? 'runc'));
    chmodSync(this.file('runc'), 0o755);
    writeFileSync(this.file('containerd.toml'), containerdConfig(this.folder, this.programs.cni ?? ''));
    this.#spawn('containerd', ['--config', this.file('containerd.toml')]);
    await this.plane.until('containerd answers', 60_000, () => {
      this.ctr('version');
      return true;
    });
    writePauseImage(this.file('pause.tar'), this.programs.busybox ?? '');
    this.importImage(this.file('pause.tar'), PAUSE_IMAGE.split(':')[0] ?? '');
  }

  #kubelet(): void {
    const config = {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      cgroupDriver: 'cgroupfs',
      cgroupsPerQOS: false,
      enforceNodeAllocatable: [],
      failSwapOn: false,
      makeIPTablesUtilChains: false,
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'nodefs.available': '0%', 'imagefs.available': '0%', 'memory.available': '1Mi' },
      nodeStatusUpdateFrequency: '2s',
      syncFrequency: '5s',
      clusterDNS: [],
    };
    writeFileSync(this.file('kubelet.json'), JSON.stringify(config));
    this.#spawn('kubelet', [
      `--config=${this.file('kubelet.json')}`,
      `--kubeconfig=${this.plane.writeKubeconfig(`${this.name}.conf`, `token-of-node-${this.index}`)}`,
      `--hostname-override=${this.name}`,
      `--node-ip=${this.address}`,
      `--root-dir=${this.file('kubelet')}`,
      `--cert-dir=${this.file('pki')}`,
      '--container-runtime=remote',
      `--container-runtime-endpoint=unix://${this.file('c.sock')}`,
      `--image-service-endpoint=unix://${this.file('c.sock')}`,
      `--pod-infra-container-image=${PAUSE_IMAGE}`,
      '--node-labels=kubernetes.io/os=linux',
    ]);
  }

  /** Addresses of services by real iptables; connection tracking is left as it is. */
  #proxy(): void {
    this.#spawn('kube-proxy', [
      `--kubeconfig=${this.plane.writeKubeconfig('proxy.conf', 'token-of-the-proxies')}`,
      `--hostname-override=${this.name}`,
      '--proxy-mode=iptables',
      '--cluster-cidr=10.244.0.0/16',
      '--conntrack-max-per-core=0',
      '--conntrack-min=0',
      '--conntrack-tcp-timeout-established=0',
      '--conntrack-tcp-timeout-close-wait=0',
    ]);
  }

  #spawn(name: string, args: readonly string[]): void {
    const log = openSync(this.file(`${name}.log`), 'a');
    const [command, words] = this.inside(this.programs[name] ?? name, ...args);
    this.#children.push(
      spawn(command, words, { stdio: ['ignore', log, log], env: { ...process.env, PATH: this.programs.path } }),
    );
  }
}

function containerdConfig(folder: string, cni: string): string {
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.overlayfs"]
[grpc]
  address = "${folder}/c.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "${folder}/runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cni}"
    conf_dir = "${folder}/cni"
`;
}

/** A machine without CAP_SYS_RESOURCE may neither lower the score of a process nor raise its limits. */
function runcWrapper(runc: string): string {
  return `#!/usr/bin/python3
import json, os, sys
if '--bundle' in sys.argv:
    path = os.path.join(sys.argv[sys.argv.index('--bundle') + 1], 'config.json')
    with open(path) as file:
        config = json.load(file)
    config['process'].pop('oomScoreAdj', None)
    config['process'].pop('rlimits', None)
    with open(path, 'w') as file:
        json.dump(config, file)
os.execv('${runc}', ['runc'] + sys.argv[1:])
`;
}

/** Something that only is there: what holds the namespaces of a pod. */
function writePauseImage(file: string, busybox: string): void {
  const script = `
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tar, gzip } from '${join(packageFolder(), 'scripts/package/tar.mjs')}';
const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');
const blobs = new Map();
const add = (bytes, mediaType) => { blobs.set(sum(bytes), bytes); return { mediaType, digest: 'sha256:' + sum(bytes), size: bytes.length }; };
const json = (value, mediaType) => add(Buffer.from(JSON.stringify(value)), mediaType);
const type = (name) => 'application/vnd.oci.image.' + name;
const layer = tar([{ path: 'busybox', mode: 0o755, bytes: readFileSync('${busybox}') }], 0);
const config = json({ architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux', config: { Entrypoint: ['/busybox', 'sleep', '100000000'] }, rootfs: { type: 'layers', diff_ids: ['sha256:' + sum(layer)] } }, type('config.v1+json'));
const manifest = json({ schemaVersion: 2, mediaType: type('manifest.v1+json'), config, layers: [add(gzip(layer), type('layer.v1.tar+gzip'))] }, type('manifest.v1+json'));
const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': '1' } }] };
const text = (path, value) => ({ path, bytes: Buffer.from(JSON.stringify(value)) });
writeFileSync('${file}', tar([text('oci-layout', { imageLayoutVersion: '1.0.0' }), text('index.json', index), ...[...blobs].map(([digest, bytes]) => ({ path: 'blobs/sha256/' + digest, bytes }))], 0));
`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script]);
}

/**
 * Processes that run in a network namespace, name a folder on their command line or have their root in it, with all that
 * they started. The root tells of containers whose shim has ended: nothing else leads to them.
 */
function processesOf(folder: string, netns: string): number[] {
  const inode = spawnSync('stat', ['-Lc', '%i', `/run/netns/${netns}`], { encoding: 'utf8' }).stdout.trim();
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    if (pid === process.pid) continue;
    try {
      parents.set(pid, Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
      const isIn = inode !== '' && readlinkSync(`/proc/${pid}/ns/net`) === `net:[${inode}]`;
      const names = (file: string): boolean => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder);
      const hasRootIn = (): boolean =>
        readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n', 1)[0]?.includes(basename(folder)) === true;
      if (isIn || names('cmdline') || hasRootIn()) found.add(pid);
    } catch {
      // It ended while it was looked at.
    }
  }
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}
