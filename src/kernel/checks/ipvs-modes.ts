import { parseRelease } from '../kernel-issue.js';
import { type Check, type Judgement, unknown } from './check.js';

const RELEASE = '/proc/sys/kernel/osrelease';
const REUSE = '/proc/sys/net/ipv4/vs/conn_reuse_mode';
const ESTIMATION = '/proc/sys/net/ipv4/vs/run_estimation';
const SERVICES = '/proc/net/ip_vs';
/** Services and destinations from which on summing up their rates takes a while. */
const MANY = 5_000;

/** Two settings of IPVS that make packets wait: one a second for new connections, one all of a CPU. */
export const ipvsModes: Check = {
  name: 'ipvs-modes',
  about: 'conn_reuse_mode, and estimators of very many services (net.ipv4.vs)',
  threshold: `wrong: conn_reuse_mode 1 before Linux 5.9; notice: run_estimation with ${MANY} services and destinations or more before 6.2`,
  source: 'kubernetes#81775, commit f0a5e4d7a594 (5.9); commit f0be83d54217 (6.2) moved estimation out of the softirq',
  reads: () => [`read ${RELEASE}`, `read ${REUSE}`, `read ${ESTIMATION}`, `read ${SERVICES}`],
  judge: ({ before }) => {
    const [release, reuse, estimation, services] = [RELEASE, REUSE, ESTIMATION, SERVICES].map((path) =>
      before.text(path),
    );
    if (reuse?.kind !== 'text' && services?.kind !== 'text') return [unknown('IPVS is not loaded here')];
    const version = release?.kind === 'text' ? parseRelease(release.text.trim()) : undefined;
    const before59 = version !== undefined && (version[0] < 5 || (version[0] === 5 && version[1] < 9));
    const before62 = version !== undefined && (version[0] < 6 || (version[0] === 6 && version[1] < 2));
    const mode = reuse?.kind === 'text' ? reuse.text.trim() : '?';
    const entries =
      services?.kind === 'text'
        ? services.text.split('\n').filter((line) => /^(?:TCP|UDP|SCTP|FWM| {2}->)/.test(line)).length
        : 0;
    // Kernels without the switch always estimate.
    const estimates = estimation?.kind !== 'text' || estimation.text.trim() !== '0';
    const judged: Judgement[] = [];
    if (before59 && mode === '1')
      judged.push({
        state: 'wrong',
        subject: 'conn_reuse_mode',
        detail: 'a client port that comes again within a minute loses its first SYN: it waits for a second',
        remedy: 'sysctl net.ipv4.vs.conn_reuse_mode=0, or Linux 5.9 and newer',
      });
    if (before62 && estimates && entries >= MANY)
      judged.push({
        state: 'notice',
        subject: 'run_estimation',
        detail: `${entries} services and destinations are summed up in a timer softirq every 2 s (estimation_timer), which may hold a CPU for 100 ms and more`,
        measured: { entries },
        remedy: 'sysctl net.ipv4.vs.run_estimation=0 where the kernel has it, or Linux 6.2 and newer',
      });
    return judged.length > 0
      ? judged
      : [{ state: 'ok', detail: `conn_reuse_mode ${mode}, ${entries} services and destinations` }];
  },
};
