import { type ChildProcess, spawn } from 'node:child_process';
import { markerVariable } from './marker.ts';

/**
 * Reads its end of the executor's pipe until it closes, which the kernel does however the executor dies, and then
 * kills what the journal lists: the group of each first process whose start time still matches, then whoever
 * carries the marker. It removes nothing from the disk; that is for `reap`.
 */
const script = `
trap '' INT TERM HUP
cd "$1" || exit 1
while read -r _; do :; done
for record in */first-process; do
  read -r pid start _ < "$record" || continue
  [ -n "$start" ] || continue
  stat=$(cat "/proc/$pid/stat") || continue
  set -- \${stat##*) }
  if [ "\${20}" = "$start" ]; then kill -KILL "-$pid"; kill -KILL "$pid"; fi
done
for pass in 1 2 3 4 5; do
  found=
  for dir in */; do
    [ -d "$dir" ] || continue
    name=\${dir%/}
    for environ in $(grep -lsz "^${markerVariable}=\\(.*/\\)\\{0,1\\}$name\\(/.*\\)\\{0,1\\}\\$" /proc/[0-9]*/environ); do
      pid=\${environ#/proc/}
      kill -KILL "\${pid%/environ}" && found=yes
    done
  done
  [ -n "$found" ] || break
done
`;

/**
 * One small shell per executor that outlives it by a moment: the sandboxes of an executor that was killed die with
 * its pipe, without a supervisor per step (`setpriv --pdeathsig` costs each start 1.2 ms and reaches only the first
 * process). Where the guard was killed too, `reap` does the same at the next start.
 */
export class Guard {
  readonly #journalDir: string;
  #child: ChildProcess | undefined;

  constructor(journalDir: string) {
    this.#journalDir = journalDir;
  }

  /** Starts it where it does not run. Called before a sandbox is. */
  ensure(): void {
    if (this.#child !== undefined) return;
    // In a session of its own: neither Ctrl-C nor a kill of the executor's group reaches it.
    const child = spawn('/bin/sh', ['-c', script, 'millrace-guard', this.#journalDir], {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const forget = () => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once('error', forget).once('exit', forget);
    child.stdin.on('error', forget);
    child.unref();
    // A pipe to a child is a socket; it must not keep the event loop alive.
    (child.stdin as unknown as { unref(): void }).unref();
    this.#child = child;
  }

  /** The guard's pid while it runs; for tests. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }
}
