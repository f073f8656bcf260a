import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, inNamespace, nativePath } from '../../src/lab/command.js';
import { addProgram } from '../../src/lab/program.js';
import { placeThreads, QUIET_CPU } from '../../src/lab/topology.js';
import { writeBusyboxImage } from './busybox-image.js';
import { leftBehind, RUN, runFolder } from './cluster-run.js';
import type { ControlPlane, Ingredients } from './control-plane.js';

const BRIDGE = 'br-nodes';
/** Of the bridge, which the control plane is behind. */
export const GATEWAY = '10.30.0.1';
/** Of a node's card, each served by a kernel thread of its own. */
const QUEUES = 4;
/** Has a shell and its commands; what holds the namespaces of pods too. */
export const BUSYBOX_IMAGE = 'docker.io/library/busybox:1';

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
    this.netns = `${RUN.name}-${index}`;
    this.address = nodeAddress(index);
    // Paths of sockets are short by law.
    this.folder = runFolder(`n${index}`);
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

  /** Of all that runs in its containers. */
  get #group(): string {
    return `${RUN.name}/${this.name}`;
  }

  /** Kernel threads that serve the receive queues of its card, in their order. */
  queueThreads(): number[] {
    const text = command([nativePath('rxray-lab-queues'), 'threads', this.netns, 'eth0']);
    return (JSON.parse(text) as { readonly tid: number }[]).map(({ tid }) => tid);
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
    const { endAll, removeGroups } = await leftBehind();
    await endAll(this.folder, [this.netns]);
    spawnSync('ip', ['netns', 'del', this.netns]);
    spawnSync('ip', ['link', 'del', `n${this.index}`], { stdio: 'ignore' });
    await removeGroups(this.#group);
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
    const port = `n${this.index}`;
    const queues = (tx: number, rx: number): string[] => ['numtxqueues', String(tx), 'numrxqueues', String(rx)];
    const card = ['peer', 'name', 'eth0', 'netns', this.netns, ...queues(1, QUEUES)];
    ip('link', 'add', port, ...queues(QUEUES, 1), 'type', 'veth', ...card);
    // With segmentation offloads on the sending side veth hands packets over without the receiver's NAPI.
    const offloads = ['tso', 'gso', 'tx-tcp-ecn-segmentation', 'tx-tcp-mangleid-segmentation', 'tx-tcp6-segmentation'];
    command(['ethtool', '-K', port, ...offloads.flatMap((one) => [one, 'off'])]);
    inNamespace(this.netns, ['ethtool', '-K', 'eth0', 'gro', 'on']);
    ip('link', 'set', port, 'master', BRIDGE, 'up');
    own('link', 'set', 'lo', 'up');
    own('address', 'add', `${this.address}/24`, 'dev', 'eth0');
    own('link', 'set', 'eth0', 'up');
    // Only a device that is up has NAPI instances to give threads to.
    inNamespace(this.netns, ['sh', '-c', 'echo 1 > /sys/class/net/eth0/threaded']);
    addProgram(RUN.name, port, 'ingress', 1, 'rehash');
    placeThreads(this.queueThreads());
    own('route', 'add', 'default', 'via', GATEWAY);
    // Pods ask the API server by themselves, and are answered.
    ip('route', 'replace', `10.244.${this.index}.0/24`, 'via', this.address);
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
    const places = { log: '/var/log/pods', lib: '/var/lib/kubelet', netns: '/run/netns', shims: '/run/containerd' };
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
    writeFileSync(this.file('runc'), runcWrapper(this.programs.runc ?? 'runc', this.#group));
    chmodSync(this.file('runc'), 0o755);
    const config = this.file('containerd.toml');
    writeFileSync(config, containerdConfig(this.folder, this.programs.cni ?? ''));
    // With all that it starts, so that a fault which takes another CPU leaves agents alone.
    this.#spawn('containerd', ['--config', config], ['taskset', '-c', String(QUIET_CPU)]);
    await this.plane.until('containerd answers', 60_000, () => {
      this.ctr('version');
      return true;
    });
    writeBusyboxImage(this.file('busybox.tar'), this.programs.busybox ?? '');
    this.importImage(this.file('busybox.tar'), BUSYBOX_IMAGE.split(':')[0] ?? '');
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
      featureGates: { EphemeralContainers: true },
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
      `--pod-infra-container-image=${BUSYBOX_IMAGE}`,
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

  #spawn(name: string, args: readonly string[], before: readonly string[] = []): void {
    const log = openSync(this.file(`${name}.log`), 'a');
    const [program, words] = this.inside(...before, this.programs[name] ?? name, ...args);
    this.#children.push(
      spawn(program, words, { stdio: ['ignore', log, log], env: { ...process.env, PATH: this.programs.path } }),
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
  sandbox_image = "${BUSYBOX_IMAGE}"
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

/**
 * A machine without CAP_SYS_RESOURCE may neither lower the score of a process nor raise its limits. Control groups are
 * named as a kubelet names them that keeps one for each pod, under one of the node's own, by which they are removed.
 */
function runcWrapper(runc: string, group: string): string {
  return `#!/usr/bin/python3
import json, os, re, sys
if '--bundle' in sys.argv:
    path = os.path.join(sys.argv[sys.argv.index('--bundle') + 1], 'config.json')
    with open(path) as file:
        text = file.read()
    config = json.loads(text)
    if 'root' in config:
        config['process'].pop('oomScoreAdj', None)
        config['process'].pop('rlimits', None)
        pod = re.search(r'/pods/(?:[^/"]*_)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})', text)
        config['linux']['cgroupsPath'] = '/${group}/kubepods/pod' + (pod.group(1) if pod else '-none') + '/' + sys.argv[-1]
        with open(path, 'w') as file:
            json.dump(config, file)
os.execv('${runc}', ['runc'] + sys.argv[1:])
`;
}
