import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isLoopback, listenAddress } from '../../exporter/http/agent-server.js';
import { readWebConfig } from '../../exporter/http/web-config.js';
import { type AgentConfig, nodeOf } from '../../fleet/config/agent-config.js';
import { AGENT_EXAMPLE, MEMBERS_EXAMPLE } from '../../fleet/config/agent-example.js';
import { checkConfigText, readConfigText } from '../../fleet/config/read-config.js';
import { publicKeyOf } from '../../fleet/inbound/pair-keys.js';
import { checkMembersText } from '../../fleet/members/static-file.js';
import { formatLength } from '../../format/duration.js';
import type { YamlProblem } from '../../format/yaml-problems.js';
import { CodedError } from '../../model/errors.js';
import type { ConfigProblem, ConfigReport } from '../../model/records/agent.js';
import { agentFilesText } from '../../report/host/agent-text.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';

/**
 * `agent check`: all that is wrong in an agent.yaml and the files of members and web configuration that it names.
 *
 * @returns 0 when it can be used, 2 when it cannot
 */
export async function checkAgentConfig(file: string, json: boolean, io: Io): Promise<number> {
  const { problems, config } = checkConfigText(await readConfigText(file));
  const found = problems.map((problem) => ofFile(file, problem));
  const notes: string[] = [];
  let members = 0;
  if (config !== undefined) {
    if (config.members.file !== undefined) {
      const path = resolve(config.members.file);
      const checked = checkMembersText(await readConfigText(path).catch(() => 'members: {}'));
      found.push(...checked.problems.map((problem) => ofFile(config.members.file ?? path, problem)));
      members = checked.members.length;
      if (members === 0 && checked.problems.length === 0)
        notes.push(`${config.members.file} names no member, or is not there`);
    }
    found.push(...(await listenProblems(file, config)));
    if (config.keys === undefined) notes.push('without keys it cannot tell what arrives at this node');
    notes.push(rateNote(config));
  }
  const report: ConfigReport = {
    type: 'config-report',
    file,
    problems: found.length,
    node: config === undefined ? '' : nodeOf(config, process.env),
    members,
    notes,
  };
  await io.out(
    json ? [...found, report].map((record) => `${JSON.stringify(record)}\n`).join('') : agentFilesText(found, report),
  );
  return found.length === 0 ? EXIT.completed : EXIT.usage;
}

function ofFile(file: string, problem: YamlProblem): ConfigProblem {
  return { type: 'config-problem', file, ...problem };
}

async function listenProblems(file: string, { listen }: AgentConfig): Promise<ConfigProblem[]> {
  const at = (key: string, message: string): ConfigProblem => ofFile(file, { line: 1, key, message });
  try {
    const { host } = listenAddress(listen.address);
    if (listen.webConfig !== undefined) await readWebConfig(listen.webConfig);
    else if (!isLoopback(host)) return [at('listen.webConfig', `missing: ${listen.address} is not loopback`)];
    return [];
  } catch (error) {
    if (error instanceof CodedError) return [at('listen', error.message)];
    throw error;
  }
}

function rateNote({ ring, probe }: AgentConfig): string {
  const perSecond = Math.round((ring.neighbours * 1e9) / probe.interval);
  return `at most ${perSecond} probes/s from this node, to ${ring.neighbours} neighbours every ${formatLength(probe.interval)}`;
}

/** `agent example`. */
export async function exampleAgentConfig(output: string | undefined, members: boolean, io: Io): Promise<number> {
  await withOutput({ output }, io, (to) => to.write(members ? MEMBERS_EXAMPLE : AGENT_EXAMPLE));
  return EXIT.completed;
}

/**
 * `agent key`.
 *
 * @throws CodedError E_OUTPUT when there is a file already
 */
export async function makeAgentKey(file: string, io: Io): Promise<number> {
  const { privateKey } = generateKeyPairSync('x25519');
  const bytes = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32);
  try {
    await writeFile(file, `${bytes.toString('base64')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new CodedError(
      'E_OUTPUT',
      `cannot write ${file}: ${(cause as Error).message}`,
      `choose a new file in ${dirname(file)}`,
      2,
    );
  }
  await io.out(`${publicKeyOf(privateKey)}\n`);
  return EXIT.completed;
}
