import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';

const RULES = join(packageFolder(), 'deploy/prometheus/rules.yaml');
const EVERY_S = 5;
const ALERTMANAGER = 'http://127.0.0.1:9093';

/** Stores with the API of Prometheus, as Debian has them. */
export const STORE_KINDS = ['prometheus', 'victoria-metrics'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** A store that scrapes, the rules of deploy/prometheus, and an Alertmanager. */
export interface AlertingStore {
  /** Where queries go. */
  readonly url: string;
  /** To be started one after the other, each when the one before answers. */
  readonly programs: readonly StoreProgram[];
}

interface StoreProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** Answers when it is ready. */
  readonly ready: string;
}

/**
 * Writes the configuration of a store into a new folder.
 *
 * @param scrape a job in YAML, on one line
 */
export function alertingStore(kind: StoreKind, folder: string, scrape: string): AlertingStore {
  mkdirSync(folder);
  const rules = join(folder, 'rules.yaml');
  copyFileSync(RULES, rules);
  const alertmanager = join(folder, 'alertmanager.yml');
  writeFileSync(
    alertmanager,
    'route: { receiver: none, group_wait: 1s, group_interval: 1s }\nreceivers: [{ name: none }]\n',
  );
  const notifier: StoreProgram = {
    program: '/usr/bin/prometheus-alertmanager',
    args: [
      `--config.file=${alertmanager}`,
      `--storage.path=${folder}/alertmanager`,
      '--web.listen-address=127.0.0.1:9093',
      '--cluster.listen-address=',
      '--log.level=error',
    ],
    ready: `${ALERTMANAGER}/-/ready`,
  };
  const config = join(folder, 'store.yml');
  const jobs = `scrape_configs: [${scrape}]\n`;
  if (kind === 'prometheus') {
    const url = 'http://127.0.0.1:9090';
    const global = `global: { scrape_interval: ${EVERY_S}s, evaluation_interval: ${EVERY_S}s }`;
    const alerting = "alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] }";
    writeFileSync(config, `${global}\nrule_files: [rules.yaml]\n${alerting}\n${jobs}`);
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${folder}/data`,
      '--web.listen-address=127.0.0.1:9090',
      '--log.level=error',
    ];
    return { url, programs: [notifier, { program: '/usr/bin/prometheus', args, ready: `${url}/-/ready` }] };
  }
  const url = 'http://127.0.0.1:8428';
  writeFileSync(config, `global: { scrape_interval: ${EVERY_S}s }\n${jobs}`);
  return {
    url,
    programs: [
      notifier,
      {
        program: '/usr/bin/victoria-metrics',
        args: [
          `-promscrape.config=${config}`,
          `-storageDataPath=${folder}/data`,
          '-httpListenAddr=127.0.0.1:8428',
          // Otherwise it hides what is younger than 30 s, from each rule that needs another one's record anew.
          `-search.latencyOffset=${EVERY_S}s`,
          '-loggerLevel=ERROR',
        ],
        ready: `${url}/health`,
      },
      {
        program: '/usr/bin/vmalert',
        args: [
          `-rule=${rules}`,
          `-datasource.url=${url}`,
          `-remoteWrite.url=${url}`,
          `-remoteRead.url=${url}`,
          `-notifier.url=${ALERTMANAGER}`,
          `-evaluationInterval=${EVERY_S}s`,
          '-httpListenAddr=127.0.0.1:8880',
          '-loggerLevel=ERROR',
        ],
        ready: 'http://127.0.0.1:8880/health',
      },
    ],
  };
}
