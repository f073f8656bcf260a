import { readFile } from 'node:fs/promises';
import { CodedError } from '../model/errors.js';

/** Where agents listen unless told otherwise. */
const DEFAULT_PORT = '9469';
const MOST_AGENTS = 10_000;

/**
 * Addresses of agents, as typed or one a line in a file: `node-1`, `10.0.0.7:9469`, `https://node-1:9469`. In a file
 * empty lines and what follows a # do not count.
 *
 * @param given words with commas between, or the name of a file
 * @throws CodedError E_AGENTS with the word that is no address
 */
export async function readAgentList(given: string): Promise<URL[]> {
  const words = await wordsOf(given);
  const urls = [
    ...new Map(
      words
        .filter((word) => word !== '')
        .map(agentUrl)
        .map((url) => [url.href, url]),
    ).values(),
  ];
  if (urls.length === 0) throw wrong(given, 'names no agent');
  if (urls.length > MOST_AGENTS) throw wrong(given, `names more than ${MOST_AGENTS} agents`);
  return urls;
}

async function wordsOf(given: string): Promise<string[]> {
  if (!/[/.]/.test(given) || given.includes(',') || given.includes('://'))
    return given.split(',').map((word) => word.trim());
  const text = await readFile(given, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    // An address has dots as a file name has.
    if (cause.code === 'ENOENT' && !given.includes('/')) return given;
    throw new CodedError('E_AGENTS', `cannot read ${given}: ${cause.message}`, 'check the path', 2);
  });
  return text.split('\n').map((line) => line.replace(/#.*/, '').trim());
}

function agentUrl(word: string): URL {
  const text = word.includes('://') ? word : `http://${bracketed(word)}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong(word, 'is no address of an agent');
  }
  if (!['http:', 'https:'].includes(url.protocol)) throw wrong(word, 'is neither http nor https');
  if (url.username !== '' || url.password !== '') {
    throw new CodedError(
      'E_AGENTS',
      `an address of an agent has credentials in it`,
      'put them into the file of --http-config',
      2,
    );
  }
  if (url.port === '' && !/:(80|443)(\/|$)/.test(text)) url.port = DEFAULT_PORT;
  return url;
}

/** A bare IPv6 address stands in brackets in a URL. */
function bracketed(word: string): string {
  return /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(word) ? `[${word}]` : word;
}

function wrong(word: string, what: string): CodedError {
  return new CodedError(
    'E_AGENTS',
    `${word === '' ? 'an empty word' : word} ${what}`,
    'write HOST, HOST:PORT or https://HOST:PORT',
    2,
  );
}
