import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentSeries } from '../../exporter/agent-series.js';
import { Exposition } from '../../exporter/exposition.js';
import { AgentServer, isLoopback, listenAddress } from '../../exporter/http/agent-server.js';
import { PLAIN, readWebConfig } from '../../exporter/http/web-config.js';
import type { AgentConfig } from '../../fleet/config/agent-config.js';
import { type ConfigOverrides, parseConfig, readConfigText } from '../../fleet/config/read-config.js';
import { HOW_TO_GRANT } from '../../kernel/helper-rights.js';
import { CodedError } from '../../model/errors.js';
import { SECOND } from '../../model/time.js';
import { localTransport } from '../../transports/local/local-transport.js';
import { whyNoHelper } from '../probe/engine-checks.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { AgentLog } from './agent-log.js';
import { type AgentSetup, setUpAgent } from './agent-setup.js';
import { type AgentFacts, type AtWork, findingLines, readinessOf, viewOf } from './agent-view.js';
import { Membership, memberSource } from './membership.js';
import { NodeReadings } from './node-readings.js';
import { keepHeapSmall } from './small-heap.js';
import { WatchRecord } from './watch-record.js';
import { Watching } from './watching.js';

export interface AgentOptions {
  /** None where the options say enough. */
  readonly config: string | undefined;
  readonly overrides: ConfigOverrides;
}

const TICK_MS = 2_000;
/** Its loop stands still where a tick is so late. */
const HEALTHY_MS = 30_000;

/**
 * `rxray agent`: watches its neighbours until it is told to end.
 *
 * @throws CodedError E_CONFIG, E_KEY, E_LISTEN, E_NO_RAW_SOCKET: what is wrong from the start; later troubles are told
 * and lived with
 */
export async function runAgent(options: AgentOptions, io: Io): Promise<number> {
  const letHeapGrow = keepHeapSmall();
  const agent = new Agent(options, io);
  await agent.begin();
  try {
    await agent.run();
  } finally {
    letHeapGrow();
    await agent.end();
  }
  return EXIT.completed;
}

class Agent {
  readonly #log: AgentLog;
  readonly #record = new WatchRecord();
  readonly #exposition = new Exposition();
  readonly #readings = new NodeReadings((ns) => this.#record.costs.ran('reader', ns));
  readonly #started = Date.now() / 1000;
  #work: AtWork | undefined;
  #server: { readonly server: AgentServer; readonly text: string } | undefined;
  #text = '';
  #accepted = true;
  #takenUp = 0;
  #hangUp = false;
  #tickMs = performance.now();

  constructor(
    private readonly options: AgentOptions,
    private readonly io: Io,
  ) {
    this.#log = new AgentLog((text) => io.err(text));
  }

  async begin(): Promise<void> {
    this.#text = await this.#configText();
    const config = this.#parse(this.#text);
    if (config.tier !== 'restricted') {
      const why = await whyNoHelper(localTransport);
      if (why !== undefined) throw new CodedError('E_NO_RAW_SOCKET', why, `${HOW_TO_GRANT}; or set tier: restricted`);
    }
    const setup = await setUpAgent(config, process.env);
    await this.#serve(config);
    this.#takeUp(setup);
    this.io.onHangUp(() => {
      this.#hangUp = true;
    });
  }

  async run(): Promise<void> {
    const { stop } = this.io;
    while (!stop.aborted) {
      await sleep(TICK_MS, undefined, { signal: stop }).catch(() => {});
      this.#tickMs = performance.now();
      if (!stop.aborted) await this.#lookAtConfig();
    }
  }

  async end(): Promise<void> {
    this.#readings.stop();
    await this.#server?.server.close();
    this.#work?.membership.stop();
    await this.#work?.watching.stop();
  }

  async #configText(): Promise<string> {
    return this.options.config === undefined ? '' : readConfigText(this.options.config);
  }

  #parse(text: string): AgentConfig {
    const config = parseConfig(text, this.options.config ?? 'options', this.options.overrides);
    const { host } = listenAddress(config.listen.address);
    if (isLoopback(host) || config.listen.webConfig !== undefined) return config;
    throw new CodedError(
      'E_CONFIG',
      `listen.address ${config.listen.address} is not loopback`,
      'set listen.webConfig, the web configuration of Prometheus exporters: TLS, and who may ask',
      2,
    );
  }

  /** Takes a changed file up, by itself or asked by SIGHUP; a wrong one leaves everything as it was. */
  async #lookAtConfig(): Promise<void> {
    const asked = this.#hangUp;
    this.#hangUp = false;
    let text: string;
    try {
      text = await this.#configText();
    } catch (error) {
      // A file that is being replaced is missing for a moment.
      if (asked) this.#refuse(error);
      return;
    }
    if (text === this.#text && !asked) return;
    this.#text = text;
    try {
      const config = this.#parse(text);
      const setup = await setUpAgent(config, process.env);
      await this.#serve(config);
      const before = this.#work;
      before?.membership.stop();
      this.#takeUp(setup);
      await before?.watching.stop();
      this.#log.say('info', 'the configuration is taken up');
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    if (!(error instanceof CodedError)) throw error;
    this.#accepted = false;
    this.#log.say('error', `the configuration is refused, the one before stays: ${error.message} [${error.code}]`);
  }

  #takeUp(setup: AgentSetup): void {
    const { config, node } = setup;
    const membership = new Membership(
      memberSource(config, process.env),
      { name: node, zone: config.zone },
      config.ring,
      {
        changed: () => {
          const { length: out } = membership.neighbours;
          this.#log.say('info', `${membership.ready.length} members are ready; ${out} to probe`);
          watching.update();
        },
        trouble: (words) => this.#log.say('warning', `members: ${words}`),
      },
    );
    const watching = new Watching(setup, membership, this.#record, {
      log: (words) => this.#log.say('warning', words),
      onRtt: (kind, rttNs) => this.#exposition.observeRtt(kind, rttNs / SECOND),
    });
    this.#work = { setup, membership, watching };
    membership.start();
    this.#accepted = true;
    this.#takenUp = Date.now() / 1000;
  }

  /** Opens the address of the configuration, where it is another one or its web configuration is another. */
  async #serve(config: AgentConfig): Promise<void> {
    const { address, webConfig } = config.listen;
    const web = webConfig === undefined ? PLAIN : await readWebConfig(webConfig);
    const text = JSON.stringify([
      address,
      web.tls ?? null,
      web.headers,
      [...web.users],
      web.allowedNames,
      web.clientCertificates,
    ]);
    if (this.#server?.text === text) return;
    const before = this.#server;
    const server = new AgentServer(this.#shown(), listenAddress(address), web);
    await before?.server.close();
    this.#server = undefined;
    const port = await server.open();
    this.#server = { server, text };
    const scheme = web.tls === undefined ? 'http' : 'https';
    const { host } = listenAddress(address);
    this.#log.say('info', `serves ${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`);
  }

  #shown() {
    return {
      metrics: async () => {
        const work = this.#working;
        const text = await this.#exposition.text(agentSeries(viewOf(work, this.#record, await this.#facts())));
        return { text, contentType: this.#exposition.contentType };
      },
      healthy: () => performance.now() - this.#tickMs < HEALTHY_MS,
      readiness: () =>
        this.#work === undefined ? { ready: false, words: 'starting' } : readinessOf(this.#work, this.#record),
      findings: (since: number) =>
        findingLines(
          this.#working,
          this.#record,
          { started: this.#started, config: this.#config, nodeFigures: {} },
          since,
        ),
      recordings: () =>
        this.#working.setup.recorder.recordings.map(({ name, bytes }) => ({ type: 'recording', name, bytes })),
      recording: async (name: string) => {
        const path = this.#working.setup.recorder.pathOf(name);
        return path === undefined ? undefined : createReadStream(path);
      },
    };
  }

  get #working(): AtWork {
    if (this.#work === undefined) throw new Error('not begun');
    return this.#work;
  }

  get #config(): AgentFacts['config'] {
    return { accepted: this.#accepted, takenUp: this.#takenUp };
  }

  async #facts(): Promise<AgentFacts> {
    return { started: this.#started, config: this.#config, nodeFigures: await this.#readings.figures() };
  }
}
