import { execFile } from 'node:child_process';
import { NO_CLUSTER } from '../format/kubectl-words.js';
import { CodedError } from '../model/errors.js';

/** Which cluster, as the user's own kubectl finds it. */
export interface ClusterPlace {
  /** The program, by default `kubectl`. */
  readonly kubectl?: string | undefined;
  /** Of the user's kubeconfig; by default the current one. */
  readonly context?: string | undefined;
}

/** How asking ended: not allowed and not there are answers; no answer at all is an exception. */
export type Asked =
  | { readonly state: 'answered'; readonly text: string }
  /** The cluster has no such object, or no such kind. */
  | { readonly state: 'absent' }
  | { readonly state: 'refused'; readonly why: string };

const LIMIT = '30s';
/** A list of ten thousand pods is some 100 MB. */
const MOST_BYTES = 1 << 30;

/**
 * Asks by the user's own kubectl, which brings every context and auth plugin.
 *
 * @throws CodedError E_KUBECTL when there is no kubectl, no such cluster or no answer
 */
export function askKubectl(place: ClusterPlace, args: readonly string[], input?: string): Promise<Asked> {
  const { kubectl = 'kubectl', context } = place;
  const where = [...(context === undefined ? [] : [`--context=${context}`]), `--request-timeout=${LIMIT}`];
  return new Promise((resolve, reject) => {
    const child = execFile(
      kubectl,
      [...where, ...args],
      { maxBuffer: MOST_BYTES, env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ state: 'answered', text: stdout });
        const said = error.code === 'ENOENT' ? 'ENOENT' : stderr.trim();
        if (/\(Forbidden\)|is forbidden|cannot (get|list)/i.test(said)) {
          return resolve({ state: 'refused', why: lastLine(said) });
        }
        if (/\(NotFound\)|doesn't have a resource type|could not find the requested resource/i.test(said)) {
          return resolve({ state: 'absent' });
        }
        return reject(noAnswer(context, said === '' ? error.message : said));
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

function noAnswer(context: string | undefined, said: string): CodedError {
  const reason = NO_CLUSTER.find(({ sign }) => sign.test(said));
  const place = context === undefined ? 'the cluster' : `the cluster of context ${context}`;
  const [what, remedy] =
    reason === undefined ? ['kubectl failed', 'try the same by hand: kubectl get nodes'] : [reason.what, reason.remedy];
  return new CodedError('E_KUBECTL', `${place}: ${what}: ${lastLine(said)}`, remedy, 4);
}

function lastLine(text: string): string {
  return text.split('\n').at(-1) ?? '';
}
