#!/usr/bin/env node
// Writes rules, dashboards and the runbooks of the alerts from src/deploy/watch; `--check` says whether they are current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { fail, root } from './step.mjs';

const built = join(root, 'dist/src/deploy/watch');
if (!existsSync(built)) fail('The program is not built: run npm run build first.');
const { ALERTS } = await import(join(built, 'alerts.js'));
const { DASHBOARDS, dashboardJson } = await import(join(built, 'dashboards.js'));
const { RECORDING_RULES } = await import(join(built, 'expressions.js'));

const HEAD = '# Generated from src/deploy/watch: npm run generate\n';
const RUNBOOKS = 'docs/reference/alerts.md';

const yaml = (value) => HEAD + stringify(value, { lineWidth: 0 });
const files = new Map([
  [
    'deploy/prometheus/rules.yaml',
    yaml({
      groups: [
        { name: 'rxray.rules', interval: '30s', rules: RECORDING_RULES.map((rule) => ({ ...rule })) },
        { name: 'rxray.alerts', rules: ALERTS.map(alertRule) },
      ],
    }),
  ],
  ...DASHBOARDS.map((dashboard) => [
    `deploy/grafana/${dashboard.uid}.json`,
    `${JSON.stringify(dashboardJson(dashboard), null, 2)}\n`,
  ]),
  [RUNBOOKS, runbooks()],
]);

if (process.argv.includes('--check')) {
  const stale = [...files].filter(
    ([name, text]) => !existsSync(join(root, name)) || readFileSync(join(root, name), 'utf8') !== text,
  );
  if (stale.length > 0) {
    fail(
      `not what src/deploy/watch says: ${stale.map(([name]) => name).join(', ')}\n  → npm run build && npm run generate`,
    );
  }
} else {
  for (const [name, text] of files) {
    mkdirSync(join(root, dirname(name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

function alertRule({ alert, expr, for: pending, severity, summary, description }) {
  return {
    alert,
    expr,
    for: pending,
    labels: { severity },
    annotations: { summary, description, runbook_url: `${RUNBOOKS}#${alert.toLowerCase()}` },
  };
}

function runbooks() {
  const sections = ALERTS.map(
    ({ alert, severity, summary, for: pending, runbook }) =>
      `## ${alert}\n\n${summary} Severity ${severity}; fires after ${pending}.\n\n${runbook.join('\n\n')}\n`,
  );
  return `# Alerts

What the alerts of \`deploy/prometheus/rules.yaml\` mean, and what to do. Generated from \`src/deploy/watch\`.

A bad node has one alert, \`RxrayNodeBad\`, with the node and the probable cause as its labels; its neighbours have none.
Alerts on the watch itself say where it sees nothing. Put the address of this page before \`runbook_url\` where your
alerts are shown.

${sections.join('\n')}`;
}
