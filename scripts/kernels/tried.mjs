// src/kernel/tried-kernels.gen.ts: the kernels of the table, for what rxray says of the one that it runs on.

const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' };

/** @param results of the kernels, as docs/kernels/*.json hold them */
export function triedKernels(results) {
  const lines = results.map(({ release, architecture, tracer }) => {
    const [, major, minor] = /^(\d+)\.(\d+)/.exec(release);
    const traces = Object.entries(tracer?.questions ?? {}).flatMap(([question, { because }]) =>
      because === undefined ? [`'${question}'`] : [],
    );
    return (
      `  { major: ${major}, minor: ${minor}, machine: '${MACHINES[architecture]}', ` +
      `realTime: ${/-rt-/.test(release)}, traces: [${traces.join(', ')}] },`
    );
  });
  return `// Generated from docs/kernels/*.json by npm run kernels: do not edit.

/** Kernels that rxray's helpers were run on, and the questions of the tracer that each answered. */
export const TRIED_KERNELS: readonly {
  readonly major: number;
  readonly minor: number;
  readonly machine: string;
  readonly realTime: boolean;
  readonly traces: readonly string[];
}[] = [
${lines.join('\n')}
];
`;
}
