import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFolder } from '../../src/installation/package-folder.js';
import { runFolder } from './cluster-run.js';

/** Programs of a cluster, by name (scripts/cluster/ingredients.mjs). */
export type Ingredients = Readonly<Record<string, string>>;

export async function clusterIngredients(): Promise<Ingredients> {
  const script = join(packageFolder(), 'scripts/cluster/ingredients.mjs');
  const { ingredients } = (await import(script)) as { ingredients(): Ingredients };
  return ingredients();
}

/** On the loopback interface of the tests' own namespace, and nowhere else. */
const ADDRESS = '10.99.0.1';
const PORT = 6443;
export const SERVICE_RANGE = '10.96.0.0/16,fd00:96::/108';
/** In this version still behind a gate. */
const DUAL_STACK = '--feature-gates=IPv6DualStack=true';
const OF_THE_SERVER = '--feature-gates=IPv6DualStack=true,EphemeralContainers=true';
export const ADMIN_TOKEN = 'admin-of-the-test';

export interface ControlPlaneOptions {
  /** Of the controllers and the scheduler; without them there are no pods of DaemonSets. */
  readonly controllers?: boolean;
  /** An address that nodes in namespaces of their own reach; it has to be there already. */
  readonly address?: string;
}

/** A real API server with etcd, controllers and scheduler, in the network namespace that the tests run in. */
export class ControlPlane {
  readonly folder = runFolder('cp');
  readonly #children = new Map<string, ChildProcess>();

  private constructor(
    readonly programs: Ingredients,
    readonly address: string,
  ) {}

  static async start(programs: Ingredients, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const plane = new ControlPlane(programs, options.address ?? ADDRESS);
    try {
      plane.#keys();
      await plane.#etcd();
      await plane.startApiServer();
      if (options.controllers !== false) plane.#controllers();
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  get url(): string {
    return `https://${this.address}:${PORT}`;
  }

  get kubeconfig(): string {
    return this.file('admin.conf');
  }

  get caFile(): string {
    return this.file('certs/apiserver.crt');
  }

  get auditLog(): string {
    return this.file('audit.log');
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** @throws Error with what kubectl said */
  kubectl(args: readonly string[], input?: string): string {
    return this.run('kubectl', args, input);
  }

  /** A program of the ingredients, as the administrator. */
  run(program: string, args: readonly string[], input?: string): string {
    const path = this.programs[program] ?? program;
    const done = spawnSync(path, args, {
      encoding: 'utf8',
      env: { ...process.env, KUBECONFIG: this.kubeconfig, HOME: this.folder },
      maxBuffer: 1 << 28,
      ...(input === undefined ? {} : { input }),
    });
    if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}\n${done.stderr}${done.stdout}`);
    return done.stdout;
  }

  async startApiServer(): Promise<void> {
    const audit = {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata' }],
    };
    writeFileSync(this.file('audit.yaml'), JSON.stringify(audit));
    this.#spawn('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:2379`,
      `--bind-address=${this.address}`,
      `--advertise-address=${this.address}`,
      `--secure-port=${PORT}`,
      `--cert-dir=${this.file('certs')}`,
      `--service-account-key-file=${this.file('sa.pub')}`,
      `--service-account-signing-key-file=${this.file('sa.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--authorization-mode=Node,RBAC',
      `--token-auth-file=${this.file('tokens.csv')}`,
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      '--allow-privileged=true',
      '--kubelet-preferred-address-types=InternalIP',
      `--audit-policy-file=${this.file('audit.yaml')}`,
      `--audit-log-path=${this.auditLog}`,
      '--event-ttl=10m',
      OF_THE_SERVER,
    ]);
    await this.until('the API server is ready', 120_000, () =>
      this.ask('/readyz').then(({ status }) => status === 200),
    );
  }

  /** Ends it as a crash does. */
  async killApiServer(): Promise<void> {
    await this.#end('kube-apiserver', 'SIGKILL');
  }

  /** From now on it accepts connections, as its kernel does for it, and never answers. */
  freezeApiServer(frozen: boolean): void {
    this.#children.get('kube-apiserver')?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** A request as the administrator, or with another token. */
  ask(path: string, method = 'GET', body?: unknown, token = ADMIN_TOKEN): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.url),
        {
          method,
          rejectUnauthorized: false,
          agent: false,
          timeout: 10_000,
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Waits until it is so. @throws Error saying what did not come about */
  async until(what: string, limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    let last: unknown;
    for (const end = performance.now() + limitMs; performance.now() < end; await sleep(100)) {
      try {
        if (await isSo()) return;
      } catch (error) {
        last = error;
      }
      for (const [name, child] of this.#children) {
        if (child.exitCode !== null) throw new Error(`${name} ended: ${this.logOf(name).slice(-2_000)}`);
      }
    }
    throw new Error(`not within ${limitMs / 1000} s: ${what}${last === undefined ? '' : `: ${last}`}`);
  }

  logOf(name: string): string {
    try {
      return readFileSync(this.file(`${name}.log`), 'utf8');
    } catch {
      return '';
    }
  }

  async stop(): Promise<void> {
    for (const name of [...this.#children.keys()].reverse()) await this.#end(name, 'SIGKILL');
    if (process.env.RXRAY_KEEP === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  #keys(): void {
    mkdirSync(this.file('certs'));
    execFileSync('openssl', ['genrsa', '-out', this.file('sa.key'), '2048'], { stdio: 'ignore' });
    execFileSync('openssl', ['rsa', '-in', this.file('sa.key'), '-pubout', '-out', this.file('sa.pub')], {
      stdio: 'ignore',
    });
    writeFileSync(
      this.file('tokens.csv'),
      [
        `${ADMIN_TOKEN},admin,admin,system:masters`,
        'token-of-the-controllers,system:kube-controller-manager,controllers,system:masters',
        'token-of-the-scheduler,system:kube-scheduler,scheduler,system:masters',
        ...[1, 2, 3].map((index) => `token-of-node-${index},system:node:node-${index},node-${index},system:nodes`),
        'token-of-the-proxies,system:kube-proxy,proxies,proxies',
        'token-of-eve,eve,eve,people',
      ].join('\n'),
    );
    for (const [name, token] of [
      ['admin.conf', ADMIN_TOKEN],
      ['controllers.conf', 'token-of-the-controllers'],
      ['scheduler.conf', 'token-of-the-scheduler'],
      ['eve.conf', 'token-of-eve'],
    ] as const) {
      this.writeKubeconfig(name, token);
    }
  }

  writeKubeconfig(name: string, token: string, server = this.url): string {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'user', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'user' } }],
      'current-context': 'test',
    };
    writeFileSync(this.file(name), JSON.stringify(config));
    return this.file(name);
  }

  async #etcd(): Promise<void> {
    this.#spawn('etcd', [
      `--data-dir=${this.file('etcd')}`,
      '--listen-client-urls=http://127.0.0.1:2379',
      '--advertise-client-urls=http://127.0.0.1:2379',
      '--listen-peer-urls=http://127.0.0.1:2380',
      '--initial-advertise-peer-urls=http://127.0.0.1:2380',
      '--initial-cluster=default=http://127.0.0.1:2380',
      '--unsafe-no-fsync',
    ]);
    await this.until(
      'etcd is ready',
      30_000,
      () =>
        this.logOf('etcd').includes('serving insecure client requests') ||
        this.logOf('etcd').includes('ready to serve'),
    );
  }

  #controllers(): void {
    this.#spawn('kube-controller-manager', [
      `--kubeconfig=${this.file('controllers.conf')}`,
      `--service-account-private-key-file=${this.file('sa.key')}`,
      `--root-ca-file=${this.caFile}`,
      '--use-service-account-credentials=false',
      '--leader-elect=false',
      // Node objects without a kubelet are not to be evicted in the middle of a test.
      '--node-monitor-grace-period=1h',
      DUAL_STACK,
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ]);
    this.#spawn('kube-scheduler', [`--kubeconfig=${this.file('scheduler.conf')}`, '--leader-elect=false']);
  }

  #spawn(name: string, args: readonly string[]): void {
    const log = openSync(this.file(`${name}.log`), 'a');
    const child = spawn(this.programs[name] ?? name, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, HOME: this.folder },
    });
    this.#children.set(name, child);
  }

  async #end(name: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#children.get(name);
    this.#children.delete(name);
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill(signal);
    await gone;
  }
}
