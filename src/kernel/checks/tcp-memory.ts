import { type Check, type Judgement, unknown } from './check.js';
import { TCP_READS, tcpGrowth } from './tcp-growth.js';

const SOCKSTAT = '/proc/net/sockstat';
const LIMITS = '/proc/sys/net/ipv4/tcp_mem';
const NOTICE = 0.8;

/** Memory of all sockets together: above the pressure TCP shrinks windows, at the limit it drops. */
export const tcpMemory: Check = {
  name: 'tcp-memory',
  about: 'memory of TCP against tcp_mem, and what was dropped for want of it',
  threshold: `wrong: any TCPAbortOnMemory, or above the pressure mark; notice: above ${NOTICE * 100} % of it, or packets pruned`,
  source: 'Documentation/networking/ip-sysctl.rst, tcp_mem; kubernetes#62334',
  reads: () => [`read ${SOCKSTAT}`, `read ${LIMITS}`, ...TCP_READS],
  rereads: () => TCP_READS,
  judge: (node) => {
    const [stat, limits] = [node.before.text(SOCKSTAT), node.before.text(LIMITS)];
    if (stat.kind === 'none') return [unknown(stat.why)];
    // Limits are the machine's: other network namespaces do not show them.
    const pressure = limits.kind === 'none' ? undefined : Number(limits.text.trim().split(/\s+/)[1]);
    const pages = Number(/^TCP: .*\bmem (\d+)/m.exec(stat.text)?.[1] ?? Number.NaN);
    if (Number.isNaN(pages)) return [unknown(`${SOCKSTAT} says nothing of the memory of TCP`)];
    const growth = tcpGrowth(node);
    const of = (name: string): number => (typeof growth === 'string' ? 0 : growth.of(name));
    const measured = {
      pages,
      pressure: pressure ?? 0,
      aborted: of('TCPAbortOnMemory'),
      pruned: of('PruneCalled'),
      pressures: of('TCPMemoryPressures'),
    };
    const { aborted, pruned, pressures } = measured;
    const share = pressure === undefined || !(pressure > 0) ? 0 : pages / pressure;
    const detail = `${pages} pages${pressure === undefined ? '' : ` of ${pressure} where pressure begins`}; ${aborted} connections given up, ${pruned} times packets were pruned`;
    const state: Judgement['state'] =
      aborted > 0 || share > 1 || pressures > 0 ? 'wrong' : share > NOTICE || pruned > 0 ? 'notice' : 'ok';
    if (state === 'ok') return [{ state, detail, measured }];
    return [
      {
        state,
        detail,
        measured,
        remedy:
          'ss -tm shows whose receive queues are full: a process that does not read; raise net.ipv4.tcp_mem only if all of them do',
      },
    ];
  },
};
