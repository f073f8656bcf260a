// The Debian package: installed, reconfigured and removed.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { packagesFolder, version } from '../places.mjs';
import { ownPlatform } from '../platforms.mjs';
import { ANSWERED, BY_HELPER } from './answered.mjs';
import { insideCleanRoot } from './clean-root.mjs';

/** Manual pages and completions, where the programs that they are for look. */
const HELP = [
  ...['man/man1/rxray.1.gz', 'man/man1/rxray-probe.1.gz', 'bash-completion/completions/rxray'],
  ...['zsh/vendor-completions/_rxray', 'fish/vendor_completions.d/rxray.fish'],
];

/** Of a platform: by emulation where it is not that of this machine. */
export function checkDeb(platform = ownPlatform()) {
  return insideCleanRoot(import.meta.url, { name: `rxray_${version}_${platform.debian}.deb` }, platform);
}

export function inside({ root, expect, emulated, ok }, { name }) {
  cpSync(join(packagesFolder, name), join(root, 'tmp', name));
  const files =
    'find / -xdev -not -path "/proc/*" -not -path "/var/cache/*" -not -path "/var/lib/dpkg/*" -not -path "/var/log/*" -not -path "/run/*" -not -path "/tmp/*" | sort';
  expect(`${files} > /tmp/before; useradd -m tester; dpkg -i /tmp/${name}`);
  const tester = { user: 'tester' };
  // An emulated Node.js stands still for seconds as it begins.
  const interval = emulated ? '500ms' : '50ms';
  expect(`rxray probe 127.0.0.1 --engine connect -c 20 -i ${interval}`, { ...tester, matches: ANSWERED });
  if (!emulated) expect('probe 127.0.0.1 -c 20', { matches: BY_HELPER });
  expect('getcap /usr/lib/rxray/rxray-prober | grep -q . && exit 1 || true');
  expect('test ! -e ~/.cache/rxray', tester);
  ok(
    `installed without questions: no capability is given, engine connect works for all${emulated ? '' : ', the helper for root'}; nothing is unpacked`,
  );
  for (const file of HELP) expect(`test -s /usr/share/${file}`);
  expect(
    'echo "rxray rxray/grant-group boolean true" | debconf-set-selections && dpkg-reconfigure -f noninteractive rxray && usermod -aG rxray tester',
  );
  expect('getcap /usr/lib/rxray/rxray-prober', { matches: /cap_net_raw/ });
  expect('test "$(stat -c %a:%G /usr/lib/rxray/rxray-tracer)" = 750:rxray');
  const helps = emulated
    ? () => expect('getcap /usr/lib/rxray/rxray-prober', { matches: /cap_net_raw/ })
    : () => expect('rxray probe 127.0.0.1 -c 20', { ...tester, matches: BY_HELPER });
  helps();
  ok(
    `dpkg-reconfigure grants the capabilities${emulated ? '' : ': the helper probes for a member of the group'}, to that group alone`,
  );
  expect(`dpkg -i /tmp/${name}`);
  helps();
  ok(`and ${emulated ? 'they are there' : 'it still does'} after an upgrade`);
  if (emulated)
    ok('not shown here: probes of the helper; the emulator has no packet rings and drops capabilities of files');
  expect(
    'echo "rxray rxray/grant-group boolean false" | debconf-set-selections && dpkg-reconfigure -f noninteractive rxray',
  );
  expect('getcap /usr/lib/rxray/* | grep -q . && exit 1 || true');
  expect(`dpkg --purge rxray && userdel -r tester && ${files} > /tmp/after`);
  const left = expect(
    'diff /tmp/before /tmp/after | grep -v "\\(passwd\\|group\\|shadow\\|gshadow\\|subuid\\|subgid\\)-\\?$" | grep "^[<>]" || true',
  ).stdout;
  if (left !== '') throw new Error(`after dpkg --purge:\n${left}`);
  ok('taken back, and removed without a trace');
}
