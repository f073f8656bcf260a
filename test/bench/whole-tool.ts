import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RXRAY } from '../e2e/rxray.js';
import type { ProbingTool } from './probing-tool.js';

/** The tool as a user starts it, from its start to its summary, nobody looking on: the prober and who reads it. */
export const wholeTool: ProbingTool = {
  name: 'rxray probe -q',
  command: () => 'rxray probe TARGET --icmp -i 10ms -q',
  protocols: ['icmp'],
  start: (netns, target, protocol, seconds) => {
    const args = ['probe', target, `--${protocol}`, '-i', '10ms', '-d', `${seconds}s`, '-q', '--format', 'json'];
    const child = spawn('ip', ['netns', 'exec', netns, process.execPath, RXRAY, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.resume();
    const ended = once(child, 'close').then(([code]) => {
      if (code !== 0) throw new Error(`rxray probe ended with ${code}`);
      return { probes: [], numbered: () => new Map() };
    });
    ended.catch(() => {});
    return { pid: child.pid ?? 0, ended, stop: () => void child.kill('SIGINT') };
  },
};
