import { tcpCheck } from './tcp-growth.js';

const NOTICE = 0.01;
const LEAST_SEGMENTS = 500;
const LEAST_TIMEOUTS = 5;

/** Segments that TCP sent again: the network loses, or a receiver does. */
export const tcpRetransmissions = tcpCheck(
  {
    name: 'tcp-retransmissions',
    about: 'segments and SYNs that were sent again, and time-outs (/proc/net/snmp, netstat)',
    threshold: `notice: more than ${NOTICE * 100} % of at least ${LEAST_SEGMENTS} segments, or ${LEAST_TIMEOUTS} time-outs, in the interval`,
    source: 'netdata alert 1m_tcp_retransmits; RFC 6298: a time-out is 200 ms at least on Linux',
  },
  (growth) => {
    const measured = {
      sent: growth.of('OutSegs'),
      again: growth.of('RetransSegs'),
      syns: growth.of('TCPSynRetrans'),
      timeouts: growth.of('TCPTimeouts'),
    };
    const { sent, again, syns, timeouts } = measured;
    const detail = `${again} of ${sent} segments sent again, ${syns} of them SYNs; ${timeouts} time-outs`;
    const isMuch = (sent >= LEAST_SEGMENTS && again > NOTICE * sent) || timeouts >= LEAST_TIMEOUTS;
    if (!isMuch) return { state: 'ok', detail, measured };
    const remedy =
      'ss -ti shows the connections (retrans, rto); ring-overruns, softnet-drops and conntrack-insert are the losses of this node; many SYNs: offload of checksums in tunnels, or a full queue at the other side';
    return { state: 'notice', detail, measured, remedy };
  },
);
