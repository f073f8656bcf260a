#!/usr/bin/env node
// Writes manual pages, completions and the page of metrics from what the built program declares; `--check` says whether they are current.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bashCompletion, fishCompletion, zshCompletion } from './manual/completions.mjs';
import { declaredCommand, withInner } from './manual/declared.mjs';
import { kubectlCompletion } from './manual/kubectl-completion.mjs';
import { commandPage, mainPage, pluginPage, samePage } from './manual/man-page.mjs';
import { metricsPage } from './manual/metrics-page.mjs';
import { fail, root } from './step.mjs';

const built = join(root, 'dist/src/cli/command-line.js');
if (!existsSync(built)) fail('The command line is not built: run npm run build first.');
const { commandModules, KUBECTL_RXRAY } = await import(built);
const metrics = await import(join(root, 'dist/src/model/fleet/metrics-table.js'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const commands = (await commandModules()).map((module) => declaredCommand(module));
const plugin = (await commandModules(undefined, undefined, KUBECTL_RXRAY)).map((module) => declaredCommand(module));

const files = new Map([
  ['man/rxray.1', mainPage(commands, version)],
  ...commands
    .flatMap(withInner)
    .map((command) => [`man/${['rxray', ...command.path].join('-')}.1`, commandPage(command, version)]),
  ...['probe', 'bisect'].map((name) => [`man/${name}.1`, samePage(`rxray-${name}`)]),
  ['man/kubectl-rxray.1', pluginPage(plugin, version)],
  ['completions/kubectl_complete-rxray', kubectlCompletion(plugin)],
  ['completions/rxray.bash', bashCompletion(commands)],
  ['completions/_rxray', zshCompletion(commands)],
  ['completions/rxray.fish', fishCompletion(commands)],
  ['docs/reference/metrics.md', metricsPage(metrics)],
]);
const there = ['man', 'completions'].flatMap((folder) =>
  existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : [],
);

if (process.argv.includes('--check')) {
  const stale = [...files].filter(
    ([name, text]) => !existsSync(join(root, name)) || readFileSync(join(root, name), 'utf8') !== text,
  );
  const old = there.filter((name) => !files.has(name));
  const wrong = [...stale.map(([name]) => name), ...old];
  if (wrong.length > 0)
    fail(`not what the command line declares: ${wrong.join(', ')}\n  → npm run build && npm run generate`);
} else {
  for (const name of there) if (!files.has(name)) rmSync(join(root, name));
  for (const [name, text] of files) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    // kubectl runs this one.
    writeFileSync(join(root, name), text, { mode: name.includes('kubectl_complete') ? 0o755 : 0o644 });
  }
}
