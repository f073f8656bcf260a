import type { RequestSummary, RttSummary } from '../model/summary.js';
import { formatLength, milliseconds } from './duration.js';
import { formatTable } from './table.js';

const PHASE_TITLES: Readonly<Record<RequestSummary['phases'][number]['phase'], string>> = {
  dns: 'name',
  connect: 'connect',
  tls: 'TLS',
  'first-byte': 'first byte',
  body: 'body',
  done: 'done',
};
/** Codes of DNS that are met (RFC 1035, RFC 2136). */
const DNS_CODES = ['no error', 'format error', 'server failure', 'no such name', 'not implemented', 'refused'];
/** What the codes of Node.js do not say by themselves. */
const FAILURE_WORDS: readonly (readonly [code: RegExp, words: string])[] = [
  [/^HPE_HEADER_OVERFLOW$/, 'the head of the answer is too large'],
  [/^HPE_/, 'what came is no HTTP/1.1'],
  [/^ERR_HTTP2_ERROR$/, 'what came is no HTTP/2'],
  [/^ERR_HTTP2_STREAM_ERROR$/, 'the server reset the stream'],
  [/^ERR_HTTP2_SESSION_ERROR$/, 'the server ended the connection with an error'],
  [/^(?:EPROTO|ERR_SSL_WRONG_VERSION_NUMBER)$/, 'no TLS, or none that both sides speak'],
  [/^ETIMEOUT$/, 'no answer to any attempt'],
  [/^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/, 'nobody known signed the certificate'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'the certificate is of another name'],
];
/** The time after which resolvers ask again: glibc and most, musl. */
const REPEAT_WORDS = 'a program that asks through glibc waits 5 s for each such name, through musl 2.5 s';

/** What is known of requests, a line each, with a table of their phases. */
export function requestLines(requests: RequestSummary, protocol: 'http' | 'dns'): string[] {
  const { fromDueNs, fromSendNs, phases } = requests;
  const rows = [
    row('from due', fromDueNs),
    row('from send', fromSendNs),
    ...phases.map(({ phase, ns }) =>
      row(`  ${protocol === 'dns' && phase === 'first-byte' ? 'answer' : PHASE_TITLES[phase]}`, ns),
    ),
  ].flatMap((cells) => (cells === undefined ? [] : [cells]));
  const columns = [
    { title: 'ms' },
    ...['p50', 'p90', 'p99', 'p99.9', 'max'].map((title) => ({ title, align: 'right' as const })),
  ];
  const statuses = requests.statuses.map(
    ({ status, requests: times }) =>
      `${protocol === 'dns' ? (DNS_CODES[status] ?? `code ${status}`) : status} ${times} times`,
  );
  const lines = rows.length === 0 ? [] : formatTable(columns, rows);
  if (statuses.length > 0) lines.push(`answered: ${statuses.join(', ')}`);
  for (const { phase, failure, requests: times } of requests.failures)
    lines.push(
      `${times} not: ${failure}${failureWords(failure)}, ${phase === 'done' ? 'at the end' : `waiting for ${waitedFor(phase, protocol)}`}`,
    );
  const { kernelStamped = 0 } = requests;
  if (kernelStamped > 0) lines.push(`${kernelStamped} answers with the kernel's stamps of their first and last byte`);
  if (requests.retried > 0)
    lines.push(
      protocol === 'dns'
        ? `${requests.retried} asked again over TCP: the answer did not fit into UDP`
        : `${requests.retried} sent again, as the server had closed the idle connection`,
    );
  return [...lines, ...nameLines(requests)];
}

function failureWords(failure: string): string {
  const [, words] = FAILURE_WORDS.find(([code]) => code.test(failure)) ?? [];
  return words === undefined ? '' : ` (${words})`;
}

function waitedFor(phase: string, protocol: 'http' | 'dns'): string {
  switch (phase) {
    case 'dns':
      return 'the name';
    case 'connect':
      return 'the connection';
    case 'tls':
      return 'the TLS handshake';
    case 'body':
      return 'the rest of the answer';
    default:
      return protocol === 'dns' ? 'the answer' : 'the first byte';
  }
}

function nameLines({ names, fromSendNs, retried }: RequestSummary): string[] {
  if (names === undefined) return [];
  const { asked, queries, unanswered, repeated } = names;
  const each = queries / asked;
  const lines = [`${queries} queries for ${asked} names: ${each.toFixed(1)} each`];
  // What did not fit was asked for once more, for one type or for both.
  if (each - (2 * retried) / asked > 2.5 && repeated < asked / 2)
    lines.push('more than A and AAAA: the search list multiplies every lookup');
  if (repeated > 0) {
    const longest = fromSendNs === null ? '' : `, the longest ${formatLength(fromSendNs.max)}`;
    lines.push(`${unanswered} queries lost, of ${repeated} names${longest}: lost, not slow; ${REPEAT_WORDS}`);
  }
  return lines;
}

function row(title: string, ns: RttSummary | null): string[] | undefined {
  return ns === null ? undefined : [title, ...[ns.p50, ns.p90, ns.p99, ns.p999, ns.max].map(milliseconds)];
}
