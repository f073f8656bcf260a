import { tcpCheck } from './tcp-growth.js';

/** Connections that were dropped because a server did not accept, or SYNs came faster than they could be kept. */
export const listenQueue = tcpCheck(
  {
    name: 'listen-queue',
    about: 'full accept and SYN queues of listening ports (TcpExt of /proc/net/netstat)',
    threshold: 'wrong: any ListenOverflows or TCPReqQFullDrop in the interval; notice: SYN cookies sent',
    source: 'tcp_conn_request() in net/ipv4/tcp_input.c: each is a connection that waits a second and more',
  },
  (growth) => {
    const measured = {
      overflows: growth.of('ListenOverflows'),
      drops: growth.of('ListenDrops'),
      synQueueDrops: growth.of('TCPReqQFullDrop'),
      cookies: growth.of('TCPReqQFullDoCookies'),
    };
    const { overflows, synQueueDrops, cookies } = measured;
    const seconds = growth.seconds.toFixed(1);
    const detail = `${overflows} connections found an accept queue full, ${synQueueDrops} a SYN queue, ${cookies} got SYN cookies in ${seconds} s`;
    if (overflows > 0) {
      const remedy =
        'ss -ltn shows the port whose Recv-Q is above Send-Q: let its server accept faster, raise its backlog and net.core.somaxconn';
      return { state: 'wrong', detail, measured, remedy };
    }
    if (synQueueDrops > 0 || cookies > 0) {
      const remedy = 'raise net.ipv4.tcp_max_syn_backlog and the backlog of the server; see who sends so many SYNs';
      return { state: synQueueDrops > 0 ? 'wrong' : 'notice', detail, measured, remedy };
    }
    const ever = growth.sinceStart.get('ListenOverflows') ?? 0;
    return { state: 'ok', detail: `${detail}${ever > 0 ? `; ${ever} overflows since the start` : ''}`, measured };
  },
);
