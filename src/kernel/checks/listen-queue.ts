import { type Check, type Judgement, unknown } from './check.js';
import { TCP_READS, tcpGrowth } from './tcp-growth.js';

/** Connections that were dropped because a server did not accept, or SYNs came faster than they could be kept. */
export const listenQueue: Check = {
  name: 'listen-queue',
  about: 'full accept and SYN queues of listening ports (TcpExt of /proc/net/netstat)',
  threshold: 'wrong: any ListenOverflows or TCPReqQFullDrop in the interval; notice: SYN cookies sent',
  source: 'tcp_conn_request() in net/ipv4/tcp_input.c: each is a connection that waits a second and more',
  reads: () => TCP_READS,
  rereads: () => TCP_READS,
  judge: (node) => {
    const growth = tcpGrowth(node);
    if (typeof growth === 'string') return [unknown(growth)];
    const measured = {
      overflows: growth.of('ListenOverflows'),
      drops: growth.of('ListenDrops'),
      synQueueDrops: growth.of('TCPReqQFullDrop'),
      cookies: growth.of('TCPReqQFullDoCookies'),
    };
    const { overflows, synQueueDrops, cookies } = measured;
    const seconds = growth.seconds.toFixed(1);
    const detail = `${overflows} connections found an accept queue full, ${synQueueDrops} a SYN queue, ${cookies} got SYN cookies in ${seconds} s`;
    const judgement = (state: Judgement['state'], remedy: string): Judgement[] => [{ state, detail, measured, remedy }];
    if (overflows > 0)
      return judgement(
        'wrong',
        'ss -ltn shows the port whose Recv-Q is above Send-Q: let its server accept faster, raise its backlog and net.core.somaxconn',
      );
    if (synQueueDrops > 0 || cookies > 0)
      return judgement(
        synQueueDrops > 0 ? 'wrong' : 'notice',
        'raise net.ipv4.tcp_max_syn_backlog and the backlog of the server; see who sends so many SYNs',
      );
    const ever = growth.sinceStart.get('ListenOverflows') ?? 0;
    return [{ state: 'ok', detail: `${detail}${ever > 0 ? `; ${ever} overflows since the start` : ''}`, measured }];
  },
};
