import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';
import { kubectlTransport } from '../../src/transports/far/kubectl-transport.js';
import type { Transport } from '../../src/transports/transport.js';
import { weighContainers } from './cluster-run.js';
import { ControlPlane, clusterIngredients, type Ingredients } from './control-plane.js';
import { layBridge, NodeMachine } from './node-machine.js';
import { podsIn, type SeenPod } from './objects.js';

export const IMAGE = 'docker.io/library/rxray';
const CHART = join(packageFolder(), 'deploy/helm/rxray');

/** How a program ended, and what it printed. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nodes whose kubelets run pods, with a control plane, real kubectl and its plugin of this checkout. */
export class RunningCluster {
  readonly nodes: NodeMachine[] = [];

  private constructor(
    readonly plane: ControlPlane,
    readonly programs: Ingredients,
  ) {}

  /** @param archive the image of `npm run package`, which every node gets */
  static async start(count: number, archive: string): Promise<RunningCluster> {
    const programs = await clusterIngredients();
    layBridge();
    weighContainers();
    const cluster = new RunningCluster(await ControlPlane.start(programs), programs);
    try {
      cluster.#plugin();
      for (let index = 1; index <= count; index += 1) {
        const node = await NodeMachine.start(cluster.plane, programs, index, count);
        cluster.nodes.push(node);
        node.importImage(archive, IMAGE);
      }
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    await this.plane.stop();
  }

  node(name: string): NodeMachine {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no node ${name}`);
    return found;
  }

  /** Installs the chart by helm, and waits until its pods run on all nodes; agents until they are ready. */
  async install(namespace: string, parts: readonly string[], values: readonly string[]): Promise<void> {
    const set = [`image.repository=${IMAGE}`, 'image.pullPolicy=Never', ...values];
    const words = ['install', 'rxray', CHART, '--namespace', namespace, '--create-namespace'];
    this.plane.run('helm', [...words, ...set.flatMap((one) => ['--set', one])]);
    for (const part of parts) {
      let last = 'no pod';
      await this.plane
        .until(`${part} runs`, 180_000, async () => {
          const pods = await podsIn(this.plane, namespace, part);
          last = pods.map(stateOf).join('\n') || 'no pod';
          const isUp =
            part === 'probe' || part === 'restricted' ? /"ready":true,"restartCount":0/ : /"state":\{"running"/;
          return pods.length === this.nodes.length && pods.every((pod) => isUp.test(stateOf(pod)));
        })
        .catch((error: Error) => {
          throw new Error(`${error.message}\n${last}\n${this.nodes[0]?.logs()}`);
        });
    }
  }

  async podOf(part: string, node = 'node-1', namespace = 'rxray'): Promise<SeenPod> {
    const found = (await podsIn(this.plane, namespace, part)).find(({ spec }) => spec.nodeName === node);
    if (found === undefined) throw new Error(`no pod of ${part} on ${node}`);
    return found;
  }

  /** Into a container, by `kubectl exec`. */
  through(pod: SeenPod, more: Partial<Parameters<typeof kubectlTransport>[0]>): Transport {
    process.env.KUBECONFIG = this.plane.kubeconfig;
    const { namespace, name } = pod.metadata;
    return kubectlTransport({ namespace, pod: name, kubectl: this.programs.kubectl ?? 'kubectl', ...more });
  }

  /** In a container: what it printed. @throws Error with what kubectl said */
  inside({ metadata }: SeenPod, container: string, ...words: string[]): string {
    return this.plane.kubectl(['-n', metadata.namespace, 'exec', metadata.name, '-c', container, '--', ...words]);
  }

  /** `kubectl …`, with the plugin where kubectl looks for plugins. */
  kubectl(...words: string[]): Ran {
    return this.#run('kubectl', words);
  }

  /** `rxray …` beside the control plane. */
  rxray(...words: string[]): Ran {
    return this.#run(process.execPath, [join(packageFolder(), 'dist/bin/rxray.js'), ...words]);
  }

  /** A program of a name, with a script of its own. */
  script(name: string, text: string): string {
    const path = this.plane.file(name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  }

  #run(program: string, words: readonly string[]): Ran {
    const { status, stdout, stderr } = spawnSync(program, words, {
      encoding: 'utf8',
      timeout: 120_000,
      maxBuffer: 1 << 28,
      env: {
        ...process.env,
        KUBECONFIG: this.plane.kubeconfig,
        HOME: this.plane.folder,
        PATH: `${this.plane.file('path')}:${process.env.PATH}`,
      },
    });
    return { status, stdout, stderr };
  }

  #plugin(): void {
    mkdirSync(this.plane.file('path'));
    for (const [name, path] of [
      ['kubectl', this.programs.kubectl ?? ''],
      ['kubectl-rxray', join(packageFolder(), 'dist/bin/kubectl-rxray.js')],
      ['kubectl_complete-rxray', join(packageFolder(), 'completions/kubectl_complete-rxray')],
    ] as const) {
      symlinkSync(path, join(this.plane.file('path'), name));
    }
  }
}

function stateOf(pod: SeenPod): string {
  return JSON.stringify(pod.status.containerStatuses ?? pod.status);
}

/** Where `npm run package` has put the image; undefined before. */
export function imageArchive(): string | undefined {
  const folder = join(packageFolder(), 'packages');
  const name = existsSync(folder) ? readdirSync(folder).find((one) => /-oci\.tar$/.test(one)) : undefined;
  return name === undefined ? undefined : join(folder, name);
}
