import type { RunsAs } from '../transport.js';
import type { ChecksumTool, HelperCopy } from './helper-copy.js';

/** Lines of the scripts below begin with this; whatever else a login shell prints is passed over. */
export const FAR_MARK = 'rxray-far ';
const BLOCK = 4096;

/**
 * What is run over there: a shell that reads its script from stdin, and leaves the rest of stdin to the script.
 *
 * `dd bs=1` takes exactly the script; a shell, or a larger block, would swallow part of what follows. The line has
 * no quotes, newlines or exclamation marks that a login shell of another kind (fish, csh) reads differently.
 */
export const FAR_COMMAND = ['sh', '-c', `eval "$(dd bs=1 count=${BLOCK} 2>/dev/null)"`, 'rxray'] as const;

/** Fills a script up to the size that FAR_COMMAND reads. */
export function farScript(text: string): string {
  const length = Buffer.byteLength(text);
  if (length > BLOCK) throw new RangeError(`a script of ${length} bytes, more than ${BLOCK}`);
  return text + '\n'.repeat(BLOCK - length);
}

/** A word for a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Holds a private folder as long as the connection lives, and sees to it that nothing stays behind.
 *
 * It makes the folder in the first place that lets files be executed, says what kind of machine this is, and then
 * reads a line every `beatSeconds`: empty, or `time`. When its stdin ends, it waits for the helpers, whose stdin
 * ended too, then ends what still runs, and removes the folder. A helper is known by its number and the instant it was
 * started: the number alone may be somebody else's by then.
 *
 * A second process, there before the folder is, does the same when the first is killed or has missed four beats. A
 * connection that is cut without a word (a laptop put to sleep) would otherwise go unnoticed for a quarter of an
 * hour, in which the helper would go on probing; and not every container runtime closes the stdin of an `exec` whose
 * client is gone (Kubernetes issue 89031).
 *
 * @param token makes the folder's name unguessable, so that making it is safe in a folder open to all
 */
export function keeperScript(token: string, beatSeconds: number): string {
  return farScript(`umask 077
trap '' HUP PIPE
name=rxray-${token}
set -- "\${TMPDIR:-/tmp}" /tmp /var/tmp "\${HOME:-/}" /dev/shm /run
nap() { sleep 0.1 2>/dev/null || sleep 1; }
remove() { for place do rm -rf "$place/$name"; done; }
heard() { heard=1; for place do rm "$place/$name/alive" && heard=0; done; return $heard; }
running() {
  alive=
  for one in $pids; do
    pid=\${one%:*}
    born=$(sed 's/.*) //' /proc/$pid/stat 2>/dev/null | cut -d' ' -f20)
    if [ -n "$born" ] && [ "$born" = "\${one#*:}" ]; then alive="$alive $pid"; fi
  done
  [ -n "$alive" ]
}
clean() {
  trap '' TERM
  left=$1
  shift
  pids=$(for place do cat "$place/$name"/*/pid; done 2>/dev/null)
  remove "$@"
  for signal in TERM KILL KILL; do
    while running && [ $left -gt 0 ]; do left=$((left - 1)); nap; done
    running || break
    for pid in $alive; do $as kill -$signal $pid 2>/dev/null; done
    left=30
  done
  remove "$@"
}
who=user as=
if [ "$(id -u)" = 0 ]; then who=root
elif command -v sudo >/dev/null && sudo -n sh -c : </dev/null >/dev/null 2>&1; then who=sudo as='sudo -n'; fi
(
  trap 'kill $rest; exit 0' TERM
  missed=0
  while [ -d /proc/$$ ] && [ $missed -lt 4 ]; do
    sleep ${beatSeconds} & rest=$!
    wait $rest
    if heard "$@"; then missed=0; else missed=$((missed + 1)); fi
  done
  [ $missed -lt 4 ] || kill $$
  clean 0 "$@"
) </dev/null >/dev/null 2>&1 &
guard=$!
trap 'kill $guard 2>/dev/null; clean 50 "$@"' EXIT
trap 'exit 143' INT TERM
dir= refused=
for place do
  dir=$place/$name
  mkdir -m 700 "$dir" 2>/dev/null || { dir= refused="$refused $place"; continue; }
  if { printf '#!/bin/sh\\n' > "$dir/try" && chmod 700 "$dir/try" && "$dir/try"; } 2>/dev/null; then break; fi
  rm -rf "$dir"
  dir= refused="$refused $place"
done
if [ -z "$dir" ]; then echo "${FAR_MARK}nowhere$refused"; exit 1; fi
rm -f "$dir/try"
sum=cksum
if command -v sha256sum >/dev/null; then sum=sha256sum; fi
echo "${FAR_MARK}ready $who $sum $(uname -s) $(uname -m) $dir"
while read -r word; do
  : > "$dir/alive"
  if [ "$word" = time ]; then date '+${FAR_MARK}time %s%N'; fi
done
exit 0
`);
}

/** What the keeper said of the far side. */
export interface FarPlace {
  readonly runsAs: RunsAs;
  readonly checksumTool: ChecksumTool;
  readonly system: string;
  readonly machine: string;
  readonly folder: string;
}

/**
 * Takes the helper from stdin, checks it and becomes it; what follows on stdin is the helper's.
 *
 * `dd` with a block as large as the file takes just the file in one go, if it can be told to wait for a whole
 * block; if it cannot, byte by byte, which is slow but right.
 */
export function launchScript(place: FarPlace, copy: HelperCopy, number: number, args: readonly string[]): string {
  const folder = quoted(`${place.folder}/${number}`);
  const size = copy.bytes.length;
  const command = [`${place.folder}/${number}/${copy.name}`, ...args].map(quoted).join(' ');
  return farScript(`umask 077
mkdir ${folder} && cd ${folder} || { echo '${FAR_MARK}gone'; exit 1; }
if dd if=/dev/null of=/dev/null iflag=fullblock 2>/dev/null; then how='bs=${size} count=1 iflag=fullblock'
else how='bs=1 count=${size}'; fi
said=$(dd $how of=${copy.name} 2>&1)
case "$(${place.checksumTool} < ${copy.name})" in
  (${quoted(copy.checksum(place.checksumTool))}*) ;;
  (*) echo "${FAR_MARK}damaged $(wc -c < ${copy.name}) $(echo "$said" | head -n 1)"; exit 1;;
esac
chmod 700 ${copy.name}
said=$(./${copy.name} --version 2>&1 </dev/null)
case $? in (126|127) echo "${FAR_MARK}broken $said"; exit 1;; esac
echo '${FAR_MARK}run'
exec ${place.runsAs === 'sudo' ? 'sudo -n ' : ''}sh -c '(umask 022; echo "$$:$(sed "s/.*) //" /proc/$$/stat | cut -d" " -f20)" > "$0/pid"); cd /; exec "$@"' ${folder} ${command}
`);
}
