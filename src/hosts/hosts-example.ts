/** A hosts.yaml with every kind of entry, for `rxray hosts example`; a test reads it. */
export const HOSTS_EXAMPLE = `# What rxray probes, and from where. Check it with: rxray hosts check FILE
# See what it can tell apart, without sending anything: rxray bisect --hosts FILE --plan

vantages:                   # where probes start from
  here:                     # this machine
    transport: local
  client:                   # another machine, by your own ssh; nothing is installed there
    transport: ssh
    host: ops@kube-node-client
    overlay: true           # it reaches pods through the overlay, as a cluster node does
  bad:                      # a pod, by your own kubectl; on the host network it sees the node's cards
    transport: kubectl
    namespace: rxray
    pod: rxray-x7k2
    overlay: true
  lab:                      # a network namespace of this machine, as ip netns lists it
    transport: netns
    name: lab-client

targets:                    # what is probed; addresses are numeric
  node:                     # a machine; a port may be closed, as its refusal is an answer too
    kind: node
    address: 172.16.47.27
    port: 9876
    vantage: bad            # the same machine as that vantage: then its own view counts
  node-inside:              # a second address of it: tells a queue chosen by addresses from the network
    kind: node
    address: 10.0.8.27
    node: node              # the same machine as that target; so are targets with one address
  pod:
    kind: pod
    address: 10.125.20.64
    port: 8080
    node: node              # the target that is the machine under it
    overlay: ipip           # how other nodes reach it: ipip, vxlan, geneve or wireguard
  nodeport:
    kind: nodeport
    address: 172.16.47.27
    port: 30927
    node: node
    pod: pod                # what answers behind it, perhaps on another node
    backends: 1             # pods behind the port: with one, flows that part show a receive queue
  service:                  # a ClusterIP: its NAT is on the vantage's own node
    kind: service
    address: 10.96.0.10
    port: 53
    node: node
    pod: pod
  external:                 # a machine outside, to clear the vantages' own way out
    kind: external
    address: 172.16.33.44
    port: 9876
  loopback:                 # a control: clears the prober itself
    kind: control
    address: 127.0.0.1

# By default every pair and protocol that adds information is probed. To say it yourself:
# paths:
#   - { from: here,   to: nodeport, probe: syn }     # icmp, syn, ack or udp
#   - { from: client, to: pod,      probe: icmp }
`;
