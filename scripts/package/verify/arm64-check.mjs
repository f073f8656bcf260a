// The programs for the other architecture, by emulation: what they are made of, and a probe over loopback.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianFiles } from '../../debian/files.mjs';
import { root } from '../../step.mjs';
import { packagesFolder, version, workFolder } from '../places.mjs';
import { PLATFORMS, runnerOf } from '../platforms.mjs';

export async function checkArm64(ok) {
  const platform = PLATFORMS.find(({ cpu }) => cpu === 'arm64');
  const runner = runnerOf(platform);
  const helpers = join(workFolder, 'helpers', platform.name);
  for (const name of ['rxray-prober', 'rxray-tracer']) {
    const told = JSON.parse(run([...runner, join(helpers, name), '--capabilities']).stdout);
    if (told.helper !== name) throw new Error(`${name} says that it is ${told.helper}`);
  }
  ok('rxray-prober and rxray-tracer say what they can do');
  const folder = mkdtempSync(join(tmpdir(), 'rxray-arm64-'));
  try {
    const libraries = debianFiles(platform.debian, platform.libraries);
    const emulated = runner.length === 0 ? [] : [...runner, '-L', libraries];
    const env = { ...process.env, HOME: folder, XDG_CACHE_HOME: folder };
    const program = join(packagesFolder, `rxray-${platform.name}`);
    const printed = run([...emulated, program, '--version'], { env }).stdout.trim();
    if (printed !== version) throw new Error(`the single executable says ${printed}`);
    ok('the single executable starts');
    const { sent, received } = await probeLoopback([...emulated, program]);
    if (sent < 5 || received !== sent) throw new Error(`${received} of ${sent} probes over loopback were answered`);
    ok(`${received} of ${sent} probes over loopback are answered by engine connect of the single executable`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * The emulator has no packet rings and no transmit stamps, so what the helper does with them takes a machine; and what
 * an emulated program starts the kernel cannot run. Hence the engine that needs neither, started by itself.
 */
async function probeLoopback(executable) {
  const { createConnectEngine } = await import(join(root, 'dist/src/engines/connect-engine.js'));
  const { nodeTransport } = await import(join(root, 'dist/src/transports/local/node-transport.js'));
  const { ENGINE_WORD } = await import(join(root, 'dist/src/installation/node-program.js'));
  const path = { name: 'loopback', protocol: 'syn', address: '127.0.0.1', port: 9, flows: 4, freshPerSecond: 0 };
  const plan = {
    paths: [{ ...path, intervalNs: 5e8 }],
    count: 40,
    durationNs: 0,
    waitNs: 1e9,
    matchNs: 3e10,
    timestamps: 'auto',
    cpu: 'none',
    scheduling: 'other',
    maxPacketsPerSecondToTarget: 100,
  };
  let counters = { sent: 0, received: 0 };
  const engine = createConnectEngine(nodeTransport([...executable, ENGINE_WORD, 'connect']));
  for await (const event of engine.start(plan).events) if (event.kind === 'counters') counters = event.counters;
  return counters;
}

function run([command, ...args], options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000, ...options });
  if (done.error) throw done.error;
  return done;
}
