import { batch, nativePath } from './command.js';

/** Attaches one of the lab's BPF objects to a device; it goes with the device. Lower preferences run first. */
export function addProgram(
  namespace: string,
  device: string,
  direction: 'ingress' | 'egress',
  preference: number,
  object: 'rehash' | 'rss' | 'flows' | 'encap' | 'decap' | 'trunk' | 'spread' | 'peer',
  section = 'tc',
): void {
  batch('tc', namespace, [
    // Where it is there already, with the programs of it, it stays.
    ['qdisc', 'replace', 'dev', device, 'clsact'],
    // biome-ignore format: one command line
    ['filter', 'add', 'dev', device, direction, 'pref', String(preference), 'handle', '1', 'protocol', 'all', 'bpf',
      'direct-action', 'object-file', nativePath(`${object}.bpf.o`), 'section', section],
  ]);
}
