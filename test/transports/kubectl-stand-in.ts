import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';

// Stands in for kubectl: what it was asked for goes to a file, `exec` runs its command on the spot with streams of
// its own, as a kubelet does, the rest answers as STAND_IN_ANSWERS (JSON: a word of the arguments → answer) says.

interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly status?: number;
}

/** A runtime that leaves streams open when the client has gone: others hold both ends of them for half a minute. */
const LEAKING = `cd "$0"; n=$$; mkfifo in.$n out.$n
sleep 30 <>in.$n >/dev/null 2>&1 &
sleep 30 <>out.$n >/dev/null 2>&1 &
"$@" <in.$n >out.$n &
cat out.$n & cat >in.$n
wait`;

const args = process.argv.slice(2);
const { STAND_IN_LOG = '', STAND_IN_ANSWERS = '', STAND_IN_TMP = '', STAND_IN_LEAKS } = process.env;
appendFileSync(STAND_IN_LOG, `${JSON.stringify(args)}\n`);
const answers = JSON.parse(readFileSync(STAND_IN_ANSWERS, 'utf8')) as Record<string, Answer>;
const answer = answers[args.find((arg) => arg in answers) ?? ''];
const far = args.indexOf('--');

if (answer) {
  process.stdout.write(answer.stdout ?? '');
  process.stderr.write(answer.stderr ?? '');
  process.exitCode = answer.status ?? 0;
} else {
  const command = args.slice(far + 1);
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', TMPDIR: STAND_IN_TMP };
  const [program = '', ...rest] = STAND_IN_LEAKS ? ['sh', '-c', LEAKING, STAND_IN_TMP, ...command] : command;
  const child = spawn(program, rest, {
    env,
    stdio: ['pipe', 'pipe', STAND_IN_LEAKS ? 'ignore' : 'inherit'],
    detached: true,
  });
  process.stdin.pipe(child.stdin);
  child.stdin.on('error', () => {});
  child.stdout.pipe(process.stdout);
  child.once('close', (code) => {
    if (code !== 0) process.stderr.write(`command terminated with exit code ${code}\n`);
    process.exitCode = code ?? 137;
    process.stdin.destroy();
  });
}
