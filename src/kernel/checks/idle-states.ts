import { type Check, type Judgement, unknown } from './check.js';

const STATES = '/sys/devices/system/cpu/cpu0/cpuidle/state*';
const NOTICE_US = 150;

/** Deep sleep of CPUs: leaving it takes as long as the table says, and an interrupt may come late or not at all. */
export const idleStates: Check = {
  name: 'idle-states',
  about: 'the deepest idle state that CPUs may enter (cpuidle)',
  threshold: `notice: leaving it takes ${NOTICE_US} µs or more`,
  source:
    'Documentation/admin-guide/pm/cpuidle.rst; such a node shows no wait for a CPU, and packets wait all the same',
  reads: (known) => [
    `list ${STATES}`,
    ...known
      .paths(/^\/sys\/devices\/system\/cpu\/cpu0\/cpuidle\/state\d+$/)
      .flatMap((state) => ['name', 'latency', 'disable'].map((file) => `read ${state}/${file}`)),
  ],
  judge: ({ before }) => {
    const states = before.paths(/^\/sys\/devices\/system\/cpu\/cpu0\/cpuidle\/state\d+$/).map((state) => {
      const text = (file: string): string => {
        const reading = before.text(`${state}/${file}`);
        return reading.kind === 'text' ? reading.text.trim() : '';
      };
      return { name: text('name'), latencyUs: Number(text('latency') || 0), isOff: text('disable') === '1' };
    });
    if (states.length === 0) return [unknown('no idle states are told of here: a virtual machine, or cpuidle is off')];
    const allowed = states.filter(({ isOff }) => !isOff);
    const deepest = allowed.reduce((a, b) => (b.latencyUs >= a.latencyUs ? b : a), {
      name: 'none',
      latencyUs: 0,
      isOff: false,
    });
    const detail = `${deepest.name}: ${deepest.latencyUs} µs to leave, the deepest of ${allowed.length} allowed`;
    const measured = { latencyUs: deepest.latencyUs, states: allowed.length };
    if (deepest.latencyUs < NOTICE_US) return [{ state: 'ok', detail, measured }];
    const judgement: Judgement = {
      state: 'notice',
      detail,
      measured,
      remedy:
        'try with cpupower idle-set -D 50 (or processor.max_cstate=1): if the waits go, keep it, or pin the latency (PM QoS, tuned network-latency)',
    };
    return [judgement];
  },
};
