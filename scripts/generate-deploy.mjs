#!/usr/bin/env node
// Writes the Helm chart and the kustomize folders from src/deploy; `--check` says whether they are current.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { fail, root } from './step.mjs';

const built = join(root, 'dist/src/deploy');
if (!existsSync(built)) fail('The program is not built: run npm run build first.');
const { manifests, installation } = await import(join(built, 'manifests.js'));
const { helmText } = await import(join(built, 'helm-text.js'));
const { VALUES, valuesSchema, valuesWith } = await import(join(built, 'values.js'));
const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const profile = readFileSync(join(root, 'deploy/seccomp-trace.json'), 'utf8');

const HEAD = '# Generated from src/deploy: npm run generate\n';
const files = new Map([...chartFiles(), ...kustomizeFiles(), ['docs/reference/kubernetes-values.md', valuesPage()]]);
const there = ['deploy/helm', 'deploy/kustomize'].flatMap((folder) => filesIn(folder));

if (process.argv.includes('--check')) {
  const stale = [...files].filter(
    ([name, text]) => !existsSync(join(root, name)) || readFileSync(join(root, name), 'utf8') !== text,
  );
  const wrong = [...stale.map(([name]) => name), ...there.filter((name) => !files.has(name))];
  if (wrong.length > 0) fail(`not what src/deploy says: ${wrong.join(', ')}\n  → npm run build && npm run generate`);
} else {
  for (const name of there) if (!files.has(name)) rmSync(join(root, name));
  for (const [name, text] of files) {
    mkdirSync(join(root, dirname(name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

function chartFiles() {
  const templates = manifests(profile);
  const names = [...new Set(templates.map(({ file }) => file))];
  const chart = {
    apiVersion: 'v2',
    name: 'rxray',
    description,
    type: 'application',
    version,
    appVersion: version,
    kubeVersion: '>=1.20.0-0',
    keywords: ['latency', 'network', 'ebpf'],
  };
  return [
    ['deploy/helm/rxray/Chart.yaml', HEAD + stringify(chart)],
    ['deploy/helm/rxray/values.yaml', valuesYaml()],
    ['deploy/helm/rxray/values.schema.json', `${JSON.stringify(valuesSchema(), null, 2)}\n`],
    ...names.map((name) => [
      `deploy/helm/rxray/templates/${name}.yaml`,
      HEAD + helmText(templates.filter(({ file }) => file === name)),
    ]),
  ];
}

function kustomizeFiles() {
  const kinds = {
    restricted: { tier: 'restricted' },
    probe: { tier: 'probe' },
    trace: { tier: 'probe', 'trace.enabled': true },
  };
  return Object.entries(kinds).flatMap(([name, given]) => {
    const objects = installation('rxray', valuesWith(given), profile);
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace: 'rxray',
      resources: ['rxray.yaml'],
      images: [{ name: valuesWith().image.repository, newTag: valuesWith().image.tag }],
    };
    const text = objects
      .map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`)
      .join('');
    return [
      [`deploy/kustomize/${name}/kustomization.yaml`, HEAD + stringify(kustomization)],
      [`deploy/kustomize/${name}/rxray.yaml`, HEAD + text],
    ];
  });
}

/** The values with their meaning above each. */
function valuesYaml() {
  const tree = {};
  for (const one of VALUES) {
    const keys = one.path.split('.');
    let inner = tree;
    for (const key of keys.slice(0, -1)) inner = inner[key] ??= {};
    inner[keys.at(-1)] = one;
  }
  const lines = (node, depth) =>
    Object.entries(node).flatMap(([key, inner]) => {
      const pad = ' '.repeat(depth);
      if (inner.path === undefined) return [`${pad}${key}:`, ...lines(inner, depth + 2)];
      const value = stringify({ [key]: inner.byDefault }, { lineWidth: 0 })
        .trimEnd()
        .split('\n');
      return [`${pad}# ${inner.what}`, ...value.map((line) => pad + line)];
    });
  return `${HEAD}${lines(tree, 0).join('\n')}\n`;
}

function valuesPage() {
  const rows = VALUES.map(
    ({ path, byDefault, what }) => `| \`${path}\` | \`${JSON.stringify(byDefault)}\` | ${what} |`,
  );
  return `# Values of the chart

What \`deploy/helm/rxray\` takes. This page is made from \`src/deploy/values.ts\` by \`npm run generate\`; \`values.schema.json\`
refuses what is misspelt or of the wrong kind. There is no limit of CPU on purpose: a prober that is throttled measures its
own waits. How the parts fit together: [Kubernetes](kubernetes.md).

| value | default | |
|---|---|---|
${rows.join('\n')}
`;
}

function filesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => statSync(join(root, name)).isFile());
}
