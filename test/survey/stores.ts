import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why tests with a real Prometheus cannot run here; false where they can. */
export const NO_PROMETHEUS = ['/usr/bin/prometheus', '/usr/bin/promtool'].every(existsSync)
  ? false
  : 'needs the Debian package prometheus';
export const NO_VICTORIA = existsSync('/usr/bin/victoria-metrics')
  ? false
  : 'needs the Debian package victoria-metrics';

/** A store on loopback, with what was put into it. */
export interface RunningStore {
  readonly url: string;
  stop(): Promise<void>;
}

/** A Prometheus that scrapes nothing and has the samples of these files. */
export async function startPrometheus(
  folder: string,
  openMetrics: readonly string[],
  config = '',
): Promise<RunningStore> {
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  for (const file of openMetrics) {
    await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, data], { maxBuffer: 1 << 28 });
  }
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, config === '' ? 'global: {}\n' : config);
  const port = await freePort();
  const child = spawn(
    '/usr/bin/prometheus',
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=10y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return running(child, `http://127.0.0.1:${port}`, '/-/ready');
}

/** A VictoriaMetrics with the samples of these files, in the text format of Prometheus with milliseconds. */
export async function startVictoria(folder: string): Promise<RunningStore> {
  const port = await freePort();
  const child = spawn(
    '/usr/bin/victoria-metrics',
    [
      `-storageDataPath=${join(folder, 'victoria')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=100y',
      '-loggerLevel=ERROR',
      '-search.latencyOffset=0s',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return running(child, `http://127.0.0.1:${port}`, '/health');
}

async function running(child: ReturnType<typeof spawn>, url: string, ready: string): Promise<RunningStore> {
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  for (let tried = 0; tried < 300; tried += 1) {
    if (child.exitCode !== null) throw new Error(`the store ended with ${child.exitCode}`);
    const answer = await fetch(`${url}${ready}`).catch(() => undefined);
    if (answer?.ok) return { url, stop };
    await delay(100);
  }
  await stop();
  throw new Error('the store did not come up within 30 s');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
