import { setTimeout as sleep } from 'node:timers/promises';
import type { FarSession, SessionEnd } from './far-session.js';

const POLL_MS = 1_000;

/**
 * What a debug container does while others work in it: it ends by itself ten seconds after the last keeper's folder
 * has gone, or after a minute without one. Nobody has to end it, which would mean to signal its process 1; where a
 * pod shares its processes, that is another container's.
 */
const STAY = `n=0
while [ $n -lt 60 ]; do
  sleep 1
  n=$((n + 1))
  for folder in /tmp/rxray-*; do if [ -d "$folder" ]; then n=50; fi; done
done`;

/**
 * Adds an ephemeral container to a pod, in the pod's network, with the right to send raw packets, and waits until it
 * runs. Kubernetes keeps its description in the pod for good.
 *
 * Helpers are started in it by `exec`, not by attaching to it: an attached container's stdin stays open when the
 * client goes (Kubernetes pull request 15053), and a helper lives as long as its stdin.
 *
 * @param run starts kubectl for the pod's namespace
 * @returns how it failed, or nothing
 */
export async function startDebugContainer(
  run: (args: readonly string[]) => FarSession,
  pod: string,
  name: string,
  image: string,
  limitMs: number,
): Promise<SessionEnd | undefined> {
  const added = await finish(
    run(['debug', pod, `--image=${image}`, `--container=${name}`, '--profile=netadmin', '--', 'sh', '-c', STAY]),
  );
  if (added.code !== 0) return added;
  const path = `{.status.ephemeralContainerStatuses[?(@.name=="${name}")].state}`;
  for (const end = performance.now() + limitMs; ; ) {
    const asked = await finish(run(['get', 'pod', pod, '-o', `jsonpath=${path}`]));
    if (asked.code !== 0) return asked;
    if (asked.output.includes('"running"')) return undefined;
    const stuck = /"terminated"|ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainer\w*Error/;
    if (stuck.test(asked.output)) return { code: 1, signal: null, stderr: `container ${name}: ${asked.output}` };
    if (performance.now() > end) {
      return {
        code: 1,
        signal: null,
        stderr: `container ${name}: no answer in ${limitMs / 1_000} s, last ${asked.output}`,
      };
    }
    await sleep(POLL_MS);
  }
}

async function finish(session: FarSession): Promise<SessionEnd & { output: string }> {
  session.input.end();
  let output = '';
  session.output.setEncoding('utf8');
  session.output.on('data', (text: string) => {
    output += text;
  });
  const end = await session.closed;
  return { ...end, output };
}
