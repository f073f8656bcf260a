// The Debian package: the single executable, its helpers, manual pages and completions.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root, step } from '../step.mjs';
import { HELPERS } from './helpers.mjs';
import { manualPages } from './npm-packages.mjs';
import { manifest, packagesFolder, sourceEpoch, version, workFolder } from './places.mjs';
import { gzip } from './tar.mjs';

const LIBRARY = 'usr/lib/rxray';

/**
 * @param helpers `{ folder }` of the platform
 * @param notices text of NOTICE
 * @param rights by helper, what setcap gives it
 * @returns its file name
 */
export function makeDeb(platform, helpers, notices, rights) {
  const tree = join(workFolder, 'deb', platform.name);
  rmSync(tree, { recursive: true, force: true });
  const put = (path, bytes, mode = 0o644) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), bytes);
    chmodSync(join(tree, path), mode);
  };
  const link = (path, to) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    symlinkSync(to, join(tree, path));
  };
  const program = join(packagesFolder, `rxray-${platform.name}`);
  mkdirSync(join(tree, LIBRARY), { recursive: true });
  copyFileSync(program, join(tree, LIBRARY, 'rxray'));
  chmodSync(join(tree, LIBRARY, 'rxray'), 0o755);
  for (const name of Object.keys(manifest.bin)) link(`usr/bin/${name}`, '../lib/rxray/rxray');
  for (const name of HELPERS) put(`${LIBRARY}/${name}`, readFileSync(join(helpers.folder, name)), 0o755);
  for (const page of manualPages()) {
    put(`usr/share/man/man${page.at(-1)}/${page}.gz`, gzip(readFileSync(join(root, 'man', page))));
  }
  const completion = (file) => readFileSync(join(root, 'completions', file));
  put('usr/share/bash-completion/completions/rxray', completion('rxray.bash'));
  for (const name of ['probe', 'bisect']) link(`usr/share/bash-completion/completions/${name}`, 'rxray');
  put('usr/share/zsh/vendor-completions/_rxray', completion('_rxray'));
  put('usr/share/fish/vendor_completions.d/rxray.fish', completion('rxray.fish'));
  put('usr/share/doc/rxray/copyright', `${readFileSync(join(root, 'LICENSE'), 'utf8')}\n${notices}`);
  put('usr/share/doc/rxray/changelog.gz', gzip(readFileSync(join(root, 'CHANGELOG.md'))));
  for (const [name, text] of Object.entries(controlFiles(platform, rights, kibibytes(tree)))) {
    put(`DEBIAN/${name}`, text, name === 'control' || name === 'templates' || name === 'md5sums' ? 0o644 : 0o755);
  }
  put('DEBIAN/md5sums', checksums(tree));
  for (const folder of folders(tree)) chmodSync(folder, 0o755);
  const name = `rxray_${version}_${platform.debian}.deb`;
  const env = { SOURCE_DATE_EPOCH: String(sourceEpoch()) };
  step(
    'dpkg-deb',
    ['--root-owner-group', '-Zxz', '-z1', '--threads-max=1', '--build', tree, join(packagesFolder, name)],
    {
      env,
      quiet: true,
    },
  );
  return name;
}

function controlFiles(platform, rights, installedSize) {
  const grant = Object.entries(rights)
    .map(([helper, capabilities]) => `  grant ${helper} ${capabilities}`)
    .join('\n');
  const back = Object.keys(rights)
    .map((helper) => `  withdraw ${helper}`)
    .join('\n');
  return {
    control: `Package: rxray
Version: ${version}
Architecture: ${platform.debian}
Maintainer: the rxray project <rxray@localhost>
Installed-Size: ${installedSize}
Depends: ${platform.libraries.join(', ').replace('libc6', 'libc6 (>= 2.28)')}, debconf (>= 0.5) | debconf-2.0, libcap2-bin, passwd
Recommends: iproute2
Section: net
Priority: optional
Description: ${manifest.description.split(':')[0]}
 ${manifest.description}.
 .
 This package carries its own Node.js. Probing and tracing need capabilities;
 dpkg-reconfigure rxray grants them to the members of the group rxray.
`,
    templates: `Template: rxray/grant-group
Type: boolean
Default: false
Description: Should members of the group rxray be able to probe and trace?
 The small programs that send probes and trace the kernel can be given the
 capabilities they need, for the members of the group "rxray" alone. Those can
 then send any packet, and see what the processes of all users do. Without it
 root can use all of rxray, and everybody its engine "connect".
`,
    config: `#!/bin/sh
set -e
. /usr/share/debconf/confmodule
db_input medium rxray/grant-group || true
db_go || true
`,
    postinst: `#!/bin/sh
set -e
. /usr/share/debconf/confmodule

grant() {
  chown root:rxray "/${LIBRARY}/$1"
  chmod 750 "/${LIBRARY}/$1"
  setcap "$2" "/${LIBRARY}/$1"
}

withdraw() {
  setcap -r "/${LIBRARY}/$1" 2>/dev/null || true
  chown root:root "/${LIBRARY}/$1"
  chmod 755 "/${LIBRARY}/$1"
}

if [ "$1" = configure ]; then
  db_get rxray/grant-group
  if [ "$RET" = true ]; then
  groupadd --force --system rxray
${grant}
  else
${back}
  fi
fi
`,
    postrm: `#!/bin/sh
set -e
if [ "$1" = purge ]; then
  if [ -e /usr/share/debconf/confmodule ]; then
    . /usr/share/debconf/confmodule
    db_purge
  fi
  groupdel rxray 2>/dev/null || true
fi
`,
  };
}

function checksums(tree) {
  return files(tree)
    .map((path) => [relative(tree, path), path])
    .filter(([name]) => !name.startsWith('DEBIAN/'))
    .map(([name, path]) => `${createHash('md5').update(readFileSync(path)).digest('hex')}  ${name}\n`)
    .sort()
    .join('');
}

function kibibytes(tree) {
  return files(tree).reduce((sum, path) => sum + Math.ceil(statSync(path).size / 1024), 0);
}

function entries(tree) {
  return readdirSync(tree, { recursive: true, withFileTypes: true });
}

function files(tree) {
  return entries(tree)
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function folders(tree) {
  return [
    tree,
    ...entries(tree)
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  ];
}
