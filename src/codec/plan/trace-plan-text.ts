import type { TracePlan, TraceQuestion } from '../../model/trace-plan.js';
import { syscallsLine } from './syscalls-plan-text.js';
import { watchLine } from './watch-plan-text.js';

/** A plan as `rxray-tracer` reads it; its grammar stands in native/README.md. */
export function encodeTracePlan(plan: TracePlan): string {
  const lines = ['rxray-plan 1'];
  const set = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) lines.push(`${key} ${value}`);
  };
  set('duration-ns', plan.durationNs);
  set('netns', plan.netns);
  set('cpus', plan.cpus);
  set('ring-bytes', plan.ringBytes);
  set('secret', plan.secret);
  lines.push(...(plan.watches ?? []).map(watchLine), ...plan.questions.map(questionLine), 'run');
  return `${lines.join('\n')}\n`;
}

function questionLine(question: TraceQuestion): string {
  switch (question.question) {
    case 'stall':
      return `trace stall min-ns=${question.minNs}`;
    case 'rx': {
      const ids = question.icmpIds.map((id) => `icmp-id=${id}`);
      return ['trace rx', ...ids, ...question.synPorts.map((port) => `syn-port=${port}`)].join(' ');
    }
    case 'syscalls':
      return syscallsLine(question);
  }
}
