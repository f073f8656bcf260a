import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { packageFolder } from '../../src/installation/package-folder.js';
import { sha256 } from '../../src/installation/sha256.js';

const read = (name: string): Buffer => readFileSync(join(packageFolder(), name));
const manifest = JSON.parse(read('package.json').toString()) as { version: string; bin: Record<string, string> };

describe('the package', () => {
  test('has the commands rxray, probe and bisect, each a program of its own name', () => {
    assert.deepEqual(Object.keys(manifest.bin).sort(), ['bisect', 'kubectl-rxray', 'probe', 'rxray']);
    for (const [name, file] of Object.entries(manifest.bin)) {
      assert.match(read(file).toString(), /^#!\/usr\/bin\/env node\n/);
      assert.ok((statSync(join(packageFolder(), file)).mode & 0o111) === 0o111, `${file} is not executable`);
      // As launchers of package managers do: by the path of the file, not by the name of the command.
      const help = execFileSync(process.execPath, [join(packageFolder(), file), '--help'], { encoding: 'utf8' });
      assert.match(
        help,
        name === 'kubectl-rxray'
          ? /^kubectl rxray <command>/
          : name === 'rxray'
            ? /^rxray <command>/
            : new RegExp(`^rxray ${name} `),
      );
    }
  });

  test('is published with helpers as optional packages of their own, and native modules as optional peers', async () => {
    const packing = join(packageFolder(), 'scripts/package/npm-packages.mjs');
    const { publishedManifest } = (await import(packing)) as {
      publishedManifest(platforms: readonly { name: string }[]): Record<string, Record<string, unknown>>;
    };
    const published = publishedManifest([{ name: 'linux-x64' }, { name: 'linux-arm64' }]);
    const { version } = manifest;
    assert.deepEqual(published.optionalDependencies, { '@rxray/linux-x64': version, '@rxray/linux-arm64': version });
    assert.deepEqual(Object.keys(published.peerDependencies ?? {}).sort(), ['cap', 'raw-socket']);
    assert.deepEqual(published.peerDependenciesMeta, { cap: { optional: true }, 'raw-socket': { optional: true } });
    assert.deepEqual(published.bin, manifest.bin);
    for (const left of ['scripts', 'devDependencies', 'allowScripts']) assert.equal(published[left], undefined, left);
  });

  test('has the manual pages and completions that its command line declares', () => {
    execFileSync(process.execPath, [join(packageFolder(), 'scripts/generate-manual.mjs'), '--check']);
  });

  test('tells with --version --json which build and which helpers run', () => {
    const main = join(packageFolder(), 'dist/bin/rxray.js');
    const told = JSON.parse(execFileSync(process.execPath, [main, '--version', '--json'], { encoding: 'utf8' })) as {
      version: string;
      commit?: string;
      build: string;
      helpers: Record<string, { path: string; sha256: string; belongs: string }>;
    };
    assert.equal(told.version, manifest.version);
    assert.equal(told.build, 'checkout');
    assert.match(told.commit ?? '', /^[0-9a-f]{40}(-dirty)?$/);
    assert.deepEqual(Object.keys(told.helpers), ['rxray-prober', 'rxray-tracer', 'rxray-icmp']);
    for (const helper of Object.values(told.helpers)) {
      assert.equal(helper.sha256, sha256(readFileSync(helper.path)));
      assert.equal(helper.belongs, helper.sha256);
    }
  });
});

describe('continuous integration', () => {
  const { scripts } = JSON.parse(read('package.json').toString()) as { scripts: Record<string, string> };
  for (const file of ['.ci/run', '.github/workflows/ci.yml', '.github/workflows/release.yml']) {
    test(`${file} runs the same scripts as a person`, () => {
      const text = read(file).toString();
      const run = [...text.matchAll(/\bnpm (?:run )?(test|\w+)/g)].map(([, name = '']) => name);
      assert.deepEqual(
        run.filter((name) => scripts[name] === undefined),
        [],
      );
      const files = [...text.matchAll(/\b(?:node|bash) ((?:scripts|\.ci)\/\S+)/g)].map(([, name = '']) => name);
      assert.ok(run.length + files.length > 0, text);
      for (const name of files) assert.ok(statSync(join(packageFolder(), name)).isFile(), name);
    });
  }

  test('a release is built and verified whole', () => {
    const release = read('.github/workflows/release.yml').toString();
    assert.match(release, /run: npm run package\n.*run: npm run package -- --verify\n/s);
  });
});

describe('the plugin for krew', () => {
  test('has a manifest with a platform, a place and a hash for each archive', async () => {
    const making = join(packageFolder(), 'scripts/package/krew.mjs');
    const { krewManifest } = (await import(making)) as { krewManifest(archives: readonly object[]): unknown };
    const archive = { platform: { oci: 'arm64' }, name: 'a.tar.gz', sha256: 'f'.repeat(64) };
    const made = krewManifest([archive]) as {
      metadata: { name: string };
      spec: { version: string; platforms: readonly Record<string, unknown>[] };
    };
    assert.match(made.metadata.name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.equal(made.spec.version, `v${manifest.version}`);
    const [platform = {}] = made.spec.platforms;
    assert.deepEqual(platform.selector, { matchLabels: { os: 'linux', arch: 'arm64' } });
    assert.equal(platform.sha256, archive.sha256);
    assert.match(String(platform.uri), /^https:\/\/.*\/a\.tar\.gz$/);
    assert.equal(platform.bin, 'kubectl-rxray');
  });
});
