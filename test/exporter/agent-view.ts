import type { AgentView } from '../../src/exporter/agent-series.js';
import { STALL_CLASSES } from '../../src/model/culprit.js';
import { EDGE_KINDS, EDGE_PROTOCOLS } from '../../src/model/fleet/member.js';
import { AGENT_PROCESSES, MOST_CULPRITS } from '../../src/model/fleet/metrics-table.js';

/** The view of an agent with everything it may have, among so many members. */
export function fullView(members: number, changes: Partial<AgentView> = {}): AgentView {
  const stalls = { count: 3, lastRelease: 1_795_861_470.5 };
  return {
    node: 'node-1',
    zone: 'eu-1a',
    overlay: 'vxlan',
    version: '0.1.0',
    tier: 'probe',
    engine: 'helper',
    timestamps: 'kernel',
    started: 1_795_861_448,
    ready: true,
    throttled: false,
    mostEdgesStall: false,
    paths: Array.from({ length: Math.min(10, members - 1) }, (_, index) => `node-${index + 2}`).flatMap((to) =>
      EDGE_KINDS.flatMap((kind) =>
        EDGE_PROTOCOLS.filter((protocol) => kind !== 'nodeport' || protocol === 'syn').map((protocol) => ({
          to,
          kind,
          protocol,
          probes: 1000,
          lost: 2,
          stalls: 1,
          heldSeconds: 0.14,
          lastRelease: 1_795_861_470.5,
        })),
      ),
    ),
    spikes: Array.from({ length: Math.min(10, members - 1) }, (_, index) => ({ to: `node-${index + 2}`, last: index })),
    kernel: {
      waitSeconds: Object.fromEntries(STALL_CLASSES.map((kind) => [kind, 0.5])),
      culprits: Array.from({ length: 2 * MOST_CULPRITS }, (_, index) => ({
        class: 'bh-off-in-syscall',
        process: `memstat-reader-${index}`,
        syscall: 'read',
        release: 1_795_861_470.5,
        waitSeconds: 0.14,
      })),
    },
    otherFindings: { 'slow-drain': 0, congestion: 1, 'rtt-spike': 2, 'loss-episode': 0 },
    inbound: {
      arrivals: 1000,
      senders: 10,
      refused: { forged: 1, replayed: 2, unannounced: 3, clock: 0 },
      stalls: { receive: stalls, all: stalls, sender: stalls, unclear: stalls },
      flowsHeld: 4,
      flowsExposed: 30,
      ofSender: new Map(Array.from({ length: 40 }, (_, index) => [`node-${index}`, index])),
      backlogSeconds: 0.02,
    },
    selfInflicted: 1,
    pauses: 2,
    pauseSeconds: 0.5,
    missedSlots: 3,
    sendError: { p50: 0.00005, p99: 0.0002 },
    clockSteps: 0,
    throttledSeconds: 0,
    droppedRecords: 0,
    processes: AGENT_PROCESSES.map((process) => ({ process, cpuSeconds: 1.5, residentBytes: 1e7, restarts: 0 })),
    members: { ready: members, notReady: 1 },
    membersRefreshed: 1_795_861_470,
    membersFailures: 0,
    neighbours: { out: 10, in: 11 },
    escalations: { begun: 1, active: 0 },
    recordings: { count: 2, bytes: 1e6, failed: 0 },
    config: { accepted: true, takenUp: 1_795_861_448 },
    nodeFigures: {
      node_softnet_dropped_total: 1,
      node_softnet_squeezed_total: 2,
      node_steal_seconds_total: 3,
      node_memory_stat_read_seconds: 0.001,
      node_dying_cgroups: 4,
      node_conntrack_entries: 5,
      node_conntrack_limit: 6,
    },
    ...changes,
  };
}
