import { NO_CLUSTER } from '../../format/kubectl-words.js';
import type { CodedError } from '../../model/errors.js';
import { farFailure, type Reason } from './far-failure.js';
import type { SessionEnd } from './far-session.js';

/** Why kubectl gave up. */
export function kubectlFailure(place: string, end: SessionEnd): CodedError {
  const otherwise = 'try the same by hand: kubectl exec -i … -- sh -c "uname -a"';
  return farFailure('E_KUBECTL', place, end, REASONS, otherwise);
}

const REASONS: readonly Reason[] = [
  {
    sign: /executable file not found|no such file or directory.*(sh|exec)|exec: "sh"/i,
    what: 'its image has no shell',
    remedy: 'add debug: true to the vantage, which starts an ephemeral container in the pod',
  },
  {
    sign: /namespaces? .* not found/i,
    what: 'there is no such namespace',
    remedy: 'see kubectl get namespaces',
  },
  {
    sign: /pods? .* not found/i,
    what: 'there is no such pod',
    remedy: 'see kubectl get pods --all-namespaces; a pod of a DaemonSet or Deployment changes its name',
  },
  {
    sign: /container .* (is )?not (found|valid)|container not found/i,
    what: 'there is no such container',
    remedy: 'see kubectl get pod … -o jsonpath={.spec.containers[*].name}',
  },
  {
    sign: /ErrImagePull|ImagePullBackOff|InvalidImageName/,
    what: 'the image of the debug container cannot be pulled',
    remedy: 'name one in image: that the node can pull and that has a shell',
  },
  {
    sign: /Forbidden|forbidden/,
    what: 'you may not do that there',
    remedy: 'ask for the right to create pods/exec (with debug: also to patch pods/ephemeralcontainers)',
  },
  ...NO_CLUSTER,
];
