#!/usr/bin/env node
// The whole hunt in the lab, from a slow request down: once a receive queue is to blame, and once the server is.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './step.mjs';

const LAB = 'demorequest';
const WEB = 'http://172.16.47.27:8088/';
/** Lengths of the probes, of the bisections and of the trace. */
const USUAL = ['8s', '20s', '5s'];

/**
 * @param rxray the command that runs it
 * @param lengths of the probes, of the bisections and of the trace; then options of the faults
 */
export async function requestsDemo(rxray, [probing, bisecting, tracing, ...more] = USUAL) {
  /** What is typed, and what comes of it; faults make some of these end with 1. */
  const runBy = (through, args) => {
    process.stdout.write(`\n$ ${[...through, 'rxray', ...args].join(' ')}\n`);
    const [command, ...words] = [...through, ...rxray, ...args];
    const { stdout, stderr, error } = spawnSync(command, words, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error) throw error;
    process.stdout.write(stdout);
    process.stderr.write(stderr);
  };
  const run = (...args) => runBy([], args);
  /** Faults that hold a CPU take the second: what measures keeps to the first. */
  const measure = (...args) => runBy(['taskset', '-c', '0'], args);
  const quiet = (...args) => spawnSync(rxray[0], [...rxray.slice(1), ...args], { encoding: 'utf8' }).stdout;
  const machines = join(tmpdir(), `rxray-demo-${process.pid}.yaml`);
  try {
    run('lab', 'up', '--name', LAB, '--queues', '4');
    const lab = JSON.parse(quiet('lab', 'status', '--json', '--name', LAB));
    // Only who can be reached: the URL is on the command line, and the resolver is another story.
    const written = readFileSync(lab.requestsHostsFile, 'utf8');
    writeFileSync(machines, written.replace(/, url: '[^']*'/, '').replace(/^.*(names|probe: http).*\n/gm, ''));
    const seen = ['probe', '--http', WEB, '--netns', `${LAB}-shell`, '--threshold', '50', '-q'];
    const judged = ['bisect', WEB, '-d', bisecting, '--threshold', '50', '-q'];
    /** As on the machine that the requests come from. */
    const fromShell = (...args) => runBy(['ip', 'netns', 'exec', `${LAB}-shell`, 'taskset', '-c', '0'], args);
    /** Requests go on meanwhile: nobody waits where nobody asks. */
    const traced = (...args) => {
      const [command, ...words] = ['taskset', '-c', '0', ...rxray, ...seen, '-d', tracing];
      const beside = spawn(command, words, { stdio: 'ignore' });
      run('trace', ...args, '-d', tracing);
      beside.kill('SIGINT');
    };
    console.log('\n=== requests are slow now and then');
    run('lab', 'fault', 'softirq', 'on', '--queue', '1', '--name', LAB, ...more);
    measure(...seen, '-d', probing);
    fromShell(...judged);
    console.log('\n=== the same, with a vantage on the node and a second one beside');
    measure(...judged, '--hosts', machines);
    traced('stall', '--hosts', machines, '--vantage', 'bad');
    run('lab', 'fault', 'softirq', 'off', '--name', LAB);
    console.log('\n=== its twin: as slow, and the network is innocent');
    run('lab', 'fault', 'server', 'on', '--name', LAB, ...more);
    measure(...seen, '-d', probing);
    fromShell(...judged);
    console.log('\n=== the same, with a vantage on the node: the system call that the server sits in');
    measure(...judged, '--hosts', machines);
  } finally {
    run('lab', 'down', '--name', LAB);
    rmSync(machines, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await requestsDemo([process.execPath, `${root}/dist/bin/rxray.js`], process.argv.slice(2));
}
