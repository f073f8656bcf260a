/**
 * Debian and Ubuntu packages, by what they are needed for. `what` is a file whose presence means that the
 * package, or something that serves as well, is there.
 */
export const PACKAGES = [
  { name: 'gcc', what: '/usr/bin/gcc', why: 'compiles the prober', use: 'build' },
  { name: 'libc6-dev', what: '/usr/include/stdio.h', why: 'C library headers, and its static form', use: 'build' },
  { name: 'make', what: '/usr/bin/make', why: 'builds what is native', use: 'build' },
  {
    name: 'linux-libc-dev',
    what: '/usr/include/linux/if_packet.h',
    why: 'kernel headers for user space',
    use: 'build',
  },
  { name: 'g++', what: '/usr/bin/g++', why: 'compiles raw-socket and cap (portable engine)', use: 'build' },
  { name: 'python3', what: '/usr/bin/python3', why: 'node-gyp runs on it', use: 'build' },
  { name: 'libpcap-dev', what: '/usr/include/pcap/pcap.h', why: 'cap (portable engine) links it', use: 'build' },
  { name: 'clang', what: '/usr/bin/clang', why: "compiles the lab's BPF programs", use: 'lab' },
  { name: 'libbpf-dev', what: '/usr/include/bpf/libbpf.h', why: 'loads them', use: 'lab' },
  { name: 'libelf-dev', what: '/usr/include/libelf.h', why: 'libbpf needs it', use: 'lab' },
  { name: 'zlib1g-dev', what: '/usr/include/zlib.h', why: 'libbpf needs it', use: 'lab' },
  {
    name: 'libnetfilter-queue-dev',
    what: '/usr/include/libnetfilter_queue/libnetfilter_queue.h',
    why: 'holds packets at a stage of the lab',
    use: 'lab',
  },
  { name: 'libmnl-dev', what: '/usr/include/libmnl/libmnl.h', why: 'asks the kernel for NAPI threads', use: 'lab' },
  { name: 'bpftool', what: '/usr/sbin/bpftool', why: "loads and lists the lab's BPF programs", use: 'lab' },
  { name: 'iproute2', what: '/sbin/ip', why: 'network namespaces', use: 'lab' },
  { name: 'ethtool', what: '/usr/sbin/ethtool', why: 'queues and offloads of the lab', use: 'lab' },
  { name: 'iptables', what: '/usr/sbin/iptables', why: 'NodePorts of the lab', use: 'lab' },
  { name: 'procps', what: '/usr/bin/ps', why: 'finds processes; sysctl', use: 'lab' },
  { name: 'util-linux', what: '/usr/bin/taskset', why: 'binds processes to CPUs', use: 'lab' },
  { name: 'tcpdump', what: '/usr/bin/tcpdump', why: 'captures that RTTs are checked against', use: 'test' },
  { name: 'iputils-ping', what: '/bin/ping', why: 'a second opinion in tests and benches', use: 'test' },
  { name: 'hping3', what: '/usr/sbin/hping3', why: 'a second opinion in tests and benches', use: 'test' },
  { name: 'fping', what: '/usr/bin/fping', why: 'a second opinion in benches', use: 'test' },
  { name: 'curl', what: '/usr/bin/curl', why: "asks the lab's pods", use: 'test' },
  { name: 'clang-format', what: '/usr/bin/clang-format', why: 'checks how C is laid out', use: 'test' },
  {
    name: 'libclang-rt-14-dev',
    what: '/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a',
    why: 'fuzzing and sanitizers',
    use: 'test',
  },
];
