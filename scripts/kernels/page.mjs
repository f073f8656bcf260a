// docs/kernels.md, from the results of all kernels: a column a kernel, and a reason for whatever is not there.

/** Drivers of cards that a guest has where the emulator can give them. */
const WANTED = ['virtio_net', 'e1000e', 'igb', 'vmxnet3'];

/** @param results of the kernels, as docs/kernels/*.json hold them */
export function kernelsPage(results) {
  const reasons = new Reasons();
  const table = (rows) => rowsTable(results, rows, reasons);
  const drivers = [...new Set([...WANTED, ...results.flatMap(({ cards = {} }) => Object.keys(cards))])];
  return `# Kernels

What runs on which kernel, by what ran: \`npm run kernels\` boots Debian's kernels in emulated machines with the static
helpers and writes this page from what was seen (\`docs/kernels/*.json\`). Emulated processors are slow, so times here say
whether something works, never how fast. A dash has its reason below.

${table([
  ['release', ({ release }) => release],
  ['Debian, processor', ({ suite, architecture }) => `${suite}, ${architecture}`],
  ['booted', ({ date, emulator }) => `${date}, ${emulator.replace(', software emulation', '')}`],
])}

## What the tracer can do

${table([
  ['BTF', ({ tracer }) => yes(tracer, ({ btf }) => btf)],
  ...['stall', 'rx', 'syscalls'].map((question) => [
    `trace ${question}`,
    ({ tracer }) => questionCell(tracer, question),
  ]),
  ['syscalls without a hook on every call', ({ tracer }) => sparingCell(tracer)],
  ['flight recorder of syscalls', ({ tracer }) => recorderCell(tracer)],
  ['all three with 64 KiB of locked memory', ({ limits }) => cell(limits, () => 'yes')],
])}

## What was seen

A process held CPU 1 five times for 300 ms, in ways of its own, while received packets were steered there. The cell says
how many of these \`trace stall\` reported with that process, by which class and in which system call. Each hold is judged
by itself, against the guest's own log: one in which the emulated processor paused for a quarter of it is left out, and
counted as such. User code is in no call, but where it reads a clock that is the kernel's alone. Nothing is sampled there,
as an emulated processor does not keep its pace: where another call is not shown it was not known.

${table([
  ['interrupts off in write(), by a module', ({ stalls }) => stallCell(stalls, 'hold-irq')],
  ['softirqs off in write()', ({ stalls }) => stallCell(stalls, 'hold-bh')],
  ['a long write(), the receiving thread woken', ({ stalls }) => stallCell(stalls, 'hold-busy')],
  ['SCHED_FIFO user code, the receiving thread woken', ({ stalls }) => stallCell(stalls, 'hog-fifo')],
])}

Five system calls of 300 ms each: how many \`trace syscalls\` told, each for three quarters of its time at least, and the
longest. With stacks: how many came with both, where in the kernel the first one slept, and who had called.

${table([
  ['on the CPU, with a hook on every call', ({ syscalls }) => syscallsCell(syscalls)],
  ['on the CPU, without such a hook', ({ sparing }) => syscallsCell(sparing?.runs)],
  ['asleep, without such a hook, with stacks', ({ sparing }) => syscallsCell(sparing?.waits)],
])}

## Cards

Probes of each card to the one with several queues, or from that to the first: ICMP echo and SYN, 20 ms apart. "kernel"
are software stamps of the kernel for both ends of an RTT.

${table(
  drivers.flatMap((driver) => [
    [`\`${driver}\`: stamps`, (result) => stampsCell(cardOf(result, driver))],
    [`\`${driver}\`: receive queues`, (result) => cell(cardOf(result, driver), ({ rxQueues }) => rxQueues)],
    [`\`${driver}\`: RSS`, (result) => rssCell(cardOf(result, driver))],
  ]),
)}

Of 32 flows to the virtio card with several queues, which queue each took by the kernel's own account (\`trace rx\`), and
what the card's key and table predict:

${table([['flows on the queue predicted', ({ queues }) => queuesCell(queues)]])}

## Tunnels and translation

Probes through the kernel's own devices and tables, between two cards of the guest: replies of those sent (ICMP + SYN).

${table(
  ['ipip', 'vxlan', 'geneve', 'wireguard', 'nftables NAT', 'IPVS'].map((kind) => [
    kind,
    ({ tunnels }) => tunnelCell(tunnels, kind),
  ]),
)}

## What netem does, as probes see it

To replies on their way out of the server; and to probes in the sender's own queue, where the RTT, which counts from the
driver's stamp, stays short and the wait stands beside it.

${table([
  ['replies 200 ms later: median RTT', ({ netem }) => cell(netem?.delay, ({ medianMs }) => `${medianMs} ms`)],
  [
    "the sender's own qdisc, 200 ms: median RTT; own way out",
    ({ netem }) => cell(netem?.own, ({ medianMs, ownWayOutMs }) => `${medianMs} ms; ${ownWayOutMs} ms`),
  ],
  ['200 ± 80 ms: 10 % to 90 %', ({ netem }) => cell(netem?.jitter, ({ p10Ms, p90Ms }) => `${p10Ms} to ${p90Ms} ms`)],
  [
    '200 ms, 25 % sent at once: replies out of order',
    ({ netem }) => cell(netem?.reorder, ({ overtaken, replies }) => `${overtaken} of ${replies}`),
  ],
  ['20 % lost: replies', ({ netem }) => cell(netem?.loss, ({ replies, sent }) => `${replies} of ${sent}`)],
])}

## Reasons

${reasons.lines().join('\n')}
`;
}

/** Each reason once, by the number that stands in the cells. */
class Reasons {
  #known = new Map();

  mark(because) {
    const text = because ?? 'not tried';
    if (!this.#known.has(text)) this.#known.set(text, this.#known.size + 1);
    return `– [${this.#known.get(text)}]`;
  }

  lines() {
    if (this.#known.size === 0) return ['None: everything was there.'];
    return [...this.#known].map(([text, number]) => `${number}. ${text.replaceAll('|', '\\|')}`);
  }
}

function rowsTable(results, rows, reasons) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const shown = (result, of) => {
    const value = result.because === undefined ? of(result) : { because: result.because };
    return typeof value === 'object' ? [value.text, reasons.mark(value.because)].filter(Boolean).join(' ') : `${value}`;
  };
  return [
    line(['', ...results.map(({ kernel }) => kernel)]),
    line(['---', ...results.map(() => '---')]),
    ...rows.map(([title, of]) => line([title, ...results.map((result) => shown(result, of))])),
  ].join('\n');
}

/** What was seen of a card, or why the guest has none. */
function cardOf({ cards, emulator, architecture }, driver) {
  const told = cards?.[driver];
  if (told !== undefined || cards === undefined) return told;
  if (driver === 'igb' && Number(/QEMU (\d+)/.exec(emulator)?.[1]) < 8)
    return { because: `${emulator.split(',')[0]} has no igb card: it came with QEMU 8` };
  if (driver === 'vmxnet3' && architecture === 'arm64')
    return { because: 'a card of hypervisors for x86-64: not given to guests of arm64' };
  return undefined;
}

/** A value, or the reason why there is none. */
function cell(told, of) {
  if (told === undefined) return { because: 'not tried in this guest' };
  return told.because === undefined ? of(told) : { because: told.because };
}

const yes = (told, of) => cell(told, (value) => (of(value) ? 'yes' : 'no'));

function questionCell(tracer, question) {
  const told = tracer?.questions?.[question] ?? tracer;
  return cell(told, ({ by, hooks = [], without }) => {
    if (without.length === 0) return `yes: ${hooks.length} hooks, by ${by}`;
    return {
      text: `in part: ${hooks.length} hooks, by ${by}`,
      because: `the kernel has no ${without.join(', ')}: what those tell is left out`,
    };
  });
}

function recorderCell(tracer) {
  return cell(tracer?.questions?.syscalls ?? tracer, ({ flightRecorder }) =>
    flightRecorder
      ? 'yes'
      : { because: 'the kernel lacks the BPF instructions that it takes (they are of Linux 5.12)' },
  );
}

function sparingCell(tracer) {
  return cell(tracer?.questions?.syscalls ?? tracer, ({ sparing }) =>
    sparing ? 'yes' : { because: 'the kernel refuses the programs that it takes: with `--exact` it works' },
  );
}

function stallCell(stalls, name) {
  return cell(stalls?.because === undefined ? stalls?.[name] : stalls, (told) => {
    const call = told.syscall === null ? '' : ` in ${told.syscall}()`;
    const thread = told.waiting === undefined ? '' : `, ${told.waiting}`;
    const paused = told.paused ? ` (paused in ${told.paused} more)` : '';
    const text = `${told.found} of ${told.held}${paused}: ${told.class}${thread}, ${name}${call}, ${told.longestMs} ms`;
    return told.missed === undefined ? text : { text, because: told.missed };
  });
}

function syscallsCell(syscalls) {
  return cell(syscalls, ({ found, held, call, longestMs, withStacks, kernelStack, userStack }) => {
    const text = `${found} of ${held}: ${call}(), ${longestMs} ms`;
    if (withStacks === undefined) return text;
    return `${text}; ${withStacks} with stacks: ${sleptIn(kernelStack)} for ${userStack[0] ?? 'nobody'}`;
  });
}

/** The function of the file that the call was about: the innermost that is none of the scheduler's. */
function sleptIn(stack) {
  return stack.find((name) => !/schedule|switch|trace|bpf|sleep|wait/.test(name)) ?? 'nowhere';
}

function stampsCell(card) {
  return cell(card, ({ paths }) => {
    const all = new Map();
    for (const { stamps } of paths) {
      for (const [kind, count] of Object.entries(stamps)) all.set(kind, (all.get(kind) ?? 0) + count);
    }
    const sent = paths.reduce((sum, path) => sum + path.sent, 0);
    const words = [...all].map(([kind, count]) => `${kind} (${count} of ${sent})`);
    return words.length === 0 ? { because: 'no probe was answered' } : words.join(', ');
  });
}

function rssCell(card) {
  return cell(card, ({ rss }) =>
    cell(
      rss,
      ({ function: hash, keyBytes, table }) =>
        `${hash ?? 'hash not told'}, key of ${keyBytes} bytes, table of ${table}`,
    ),
  );
}

function queuesCell(queues) {
  if (queues?.predictedRight === undefined) {
    const text = queues?.flows === undefined ? undefined : `${queues.flows} flows on ${queues.queuesUsed} queues`;
    return { text, because: queues?.because };
  }
  const { predictedRight, flows, queuesUsed, queuesTold } = queues;
  const text = `${predictedRight} of ${flows}, on ${queuesUsed} queues`;
  if (predictedRight === flows) return text;
  const because = `the driver tells a table of ${queuesTold} queues, and packets came on ${queuesUsed}`;
  return { text, because: queuesTold > queuesUsed ? because : 'not what the driver tells' };
}

function tunnelCell(tunnels, kind) {
  return cell(tunnels?.because === undefined ? tunnels?.[kind] : tunnels, ({ icmp, syn }) => {
    const parts = [icmp, syn].filter(Boolean).map(({ replies, sent }) => `${replies}/${sent}`);
    return parts.join(' + ');
  });
}
