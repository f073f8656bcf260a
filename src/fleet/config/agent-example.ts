/** An agent.yaml with every entry, for `rxray agent example`; a test reads it. */
export const AGENT_EXAMPLE = `# What rxray agent watches on one node, always. Check it with: rxray agent check FILE
# Lengths have units (40ms, 3m), sizes too (64MiB). What is left out has the value shown here.

# node: node-7                    # default: NODE_NAME of the environment, else the name of the host
# zone: eu-1a                     # where the list of members does not say it

members:                          # who belongs to the fleet: exactly one of file, dns, kubernetes
  file: members.yaml              # see below; looked at every two seconds
# dns:
#   names: [node-1.example, node-2.example]   # each a node; a single name lists the addresses of all
#   port: 9876                    # for SYN probes; a closed one is fine
#   every: 30s
# kubernetes:                     # the pods of the agents themselves: a Role for list and watch of pods
#   namespace: rxray              # default: that of this pod
#   selector: app.kubernetes.io/name=rxray
#   port: 9876
#   nodePort: 30927
#   api: https://10.96.0.1:443    # default: as every pod is told; tokenFile and caFile likewise

tier: probe                       # restricted (no privilege: connects), probe, or trace

ring:
  neighbours: 10                  # that each node probes, and is probed by, whatever the size of the fleet
  sameZone: 6                     # of them in the own zone, where zones are known

probe:
  interval: 40ms                  # from one probe of a neighbour to the next, its kinds in turn
  kinds: [node, pod, nodeport]
  flows: 8                        # fixed source ports of a SYN path, so that many receive queues are crossed
  sourcePorts: [18432, 22527]     # the same on all nodes: by them SYNs of the fleet are known on arrival
# interface: eth0                 # default: as routes say
  maxPerTarget: 1000              # packets a second to one node, of all its probers

keys:                             # so that a node knows the probes of others on their arrival
  secretFile: /etc/rxray/fleet.key       # 32 bytes, the same on all nodes: head -c 32 /dev/urandom | base64
# privateKeyFile: /etc/rxray/node.key    # or one of its own, and the public keys of the others with the members:
                                         # then no node can forge the probes of another. rxray agent key FILE makes one

inbound: {}
# interfaces: [eth0]              # default: those with the node's addresses

escalation:                       # a closer look at a neighbour that stalled twice within five minutes
  interval: 10ms
  length: 3m
  cooldown: 15m

recorder:                         # frames of the last minutes in memory, recordings around incidents
  minutes: 3
  memory: 8MiB
# folder: /var/lib/rxray          # default: the state directory of systemd, else a folder of its own in /tmp
  keep: 20
  bytes: 64MiB

listen:
  address: 127.0.0.1:9469         # /metrics /healthz /readyz /findings /recordings/
# webConfig: web.yaml             # needed elsewhere than on loopback: TLS, client certificates, passwords,
                                  # as for every Prometheus exporter
`;

/** A file of members with every entry; a test reads it. */
export const MEMBERS_EXAMPLE = `members:
  node-1: { node: 10.0.0.1 }                                   # ICMP alone
  node-2: { node: { address: 10.0.0.2, port: 9876 }, zone: eu-1a }
  node-3:
    zone: eu-1b
    node: { address: 10.0.0.3, port: 9876 }                    # SYN as well; a closed port is fine
    pod: { address: 10.244.3.7, port: 8080 }
    nodeport: { address: 10.0.0.3, port: 30927 }
    ready: false                                               # known, not probed
`;
