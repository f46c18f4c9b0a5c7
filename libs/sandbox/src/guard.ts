import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { markerVariable } from './marker.ts';

/**
 * Kills what the journal lists: the group of each first process whose start time still matches, then whoever carries
 * the marker. It removes nothing from the disk; that is for `reap`.
 */
const killing = `
kill_all() {
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
}
`;

/**
 * Reads its end of the executor's pipe. The executor writes there how many seconds the sandboxes may go on without another
 * word: when they have passed it kills, and again each second, as the spawner may still be starting something, until the
 * executor speaks or nothing is listed. When the pipe closes, which the kernel sees to however the executor dies, it kills
 * and ends. Of several words that were waiting the last one counts. If there is no `timeout` it waits for the end alone.
 */
const script = `
trap '' INT TERM HUP
cd "$1" || exit 1
${killing}
term=$2
limit=$(command -v timeout)
while :; do
  # Not by TERM, to which all of this is deaf, and not by USR1, on which dd only counts.
  word=$(\${term:+\${limit:+timeout -s ALRM "$term"}} dd bs=4096 count=1)
  heard=$?
  if [ -n "$word" ]; then
    term=\${word##*
}
  elif [ "$heard" = 124 ]; then
    kill_all
    set -- */
    if [ -d "$1" ]; then term=1; else term=; fi
  elif [ "$heard" = 0 ]; then break
  else sleep 1; fi
done
kill_all
`;

/**
 * The executor's own clock ends the sandboxes first, and what it sees ended before that was not the guard's doing: its
 * last word may be on its way while the term runs out. In milliseconds.
 */
const marginMs = 250;

/**
 * One small shell per executor, a watchdog that outlives it by a moment: the sandboxes of an executor that was killed die
 * with its pipe, those of one that is frozen when their term is over, without a supervisor per step (`setpriv --pdeathsig`
 * costs each start 1.2 ms and reaches only the first process). If the guard was killed too, `reap` does the same at the
 * next start.
 */
export class Guard {
  readonly #journalDir: string;
  #child: ChildProcess | undefined;
  /** Until when the sandboxes may run, by the monotonic clock. */
  #untilMs: number | undefined;

  constructor(journalDir: string) {
    this.#journalDir = journalDir;
  }

  /** Starts the guard if it does not run. Called before each sandbox is made, and with each new term while there are sandboxes. */
  ensure(): void {
    if (this.#child !== undefined) return;
    // In a session of its own: neither Ctrl-C nor a kill of the executor's group reaches it.
    const args = ['-c', script, 'millrace-guard', this.#journalDir, this.#term];
    const child = spawn('/bin/sh', args, {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const forget = () => {
      if (this.#child === child) this.#child = undefined;
      // The process that it started to listen ends with the pipe.
      child.stdin.destroy();
    };
    child.once('error', forget).once('exit', forget);
    child.stdin.on('error', forget);
    child.unref();
    // A pipe to a child is a socket; it must not keep the event loop alive.
    (child.stdin as unknown as { unref(): void }).unref();
    this.#child = child;
  }

  /** Lets the sandboxes run this long without another call, in milliseconds. Before the first call they may run for ever. */
  extend(termMs: number): void {
    this.#untilMs = performance.now() + termMs + marginMs;
    if (this.#child !== undefined) this.#child.stdin?.write(`${this.#term}\n`);
    // The guard was killed, and the sandboxes still run.
    else if (readdirSync(this.#journalDir).length > 0) this.ensure();
  }

  /** The rest of the term in seconds, as `timeout` reads it; never 0, which would mean no limit. */
  get #term(): string {
    if (this.#untilMs === undefined) return '';
    return (Math.max(1, Math.ceil(this.#untilMs - performance.now())) / 1_000).toFixed(3);
  }

  /** The guard's pid while it runs; for tests. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }
}
