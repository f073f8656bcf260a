/** Why a program gave up, by what it said. */
export interface KubectlReason {
  readonly sign: RegExp;
  readonly what: string;
  readonly remedy: string;
}

/** Why kubectl does not reach a cluster at all, whatever it was asked for. */
export const NO_CLUSTER: readonly KubectlReason[] = [
  {
    sign: /must be logged in|Unauthorized|credentials|getting credentials/,
    what: 'the cluster does not know you',
    remedy: 'log in to the cluster again, until kubectl auth whoami works',
  },
  {
    sign: /context .* does not exist|no context exists/i,
    what: 'your kubeconfig has no such context',
    remedy: 'see kubectl config get-contexts',
  },
  {
    sign: /Unable to connect|connection to the server .* was refused|connection refused|timed out|timeout|deadline exceeded|no such host|no answer in/i,
    what: 'the cluster does not answer',
    remedy: 'check the context and the way to the API server: kubectl version',
  },
  {
    sign: /ENOENT/,
    what: 'there is no kubectl program here',
    remedy: 'install kubectl, or put it on the PATH',
  },
];
