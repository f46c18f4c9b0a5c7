import type { EventDto, LogLineDto } from '#libs/api-contract';
import { describeEnd, type Outcome } from '#libs/events';
import { formatDuration } from '#libs/kernel';
import { LogLines } from './log-lines.ts';
import { fittedList, type Output, outcomeMark } from './output.ts';

/** Shows a run as it goes. */
export interface RunPrinter {
  event(event: EventDto): void;
  log(step: string, line: LogLineDto): void;
  /** Clears the status line. */
  close(): void;
}

/** NDJSON: every event as it comes; logs are left to `millrace logs`. */
export function jsonPrinter(output: Output): RunPrinter {
  return { event: (event) => output.json(event), log() {}, close() {} };
}

type EventData = Readonly<Record<string, unknown>> & {
  readonly step: string;
  readonly attempt: number;
};

/** Lines for people; on a terminal a status line shows what runs now. */
export class TextPrinter implements RunPrinter {
  private readonly output: Output;
  private readonly lines: LogLines;
  private readonly running = new Map<string, number>();
  private readonly startedAt = performance.now();
  private readonly ticker: NodeJS.Timeout | undefined;
  private hasStatus = false;

  constructor(output: Output) {
    this.output = output;
    this.lines = new LogLines(output);
    output.makeRoom = () => {
      this.clearStatus();
      this.lines.endLine();
    };
    if (output.isTerminal) {
      this.ticker = setInterval(() => this.drawStatus(), 200);
      this.ticker.unref();
    }
  }

  event(event: EventDto): void {
    const text = this.textOf(event, event.data as EventData);
    if (text !== undefined) this.print(text);
  }

  log(step: string, line: LogLineDto): void {
    this.clearStatus();
    this.lines.print(step, line, `${this.output.colors.dim(`${step} │`)} `);
    this.drawStatus();
  }

  close(): void {
    clearInterval(this.ticker);
    this.output.makeRoom();
    this.output.makeRoom = () => {};
  }

  private textOf(event: EventDto, data: EventData): string | undefined {
    const { output } = this;
    const { colors } = output;
    switch (event.type) {
      case 'run.step-started':
        this.running.set(data.step, performance.now());
        return `${outcomeMark(output, 'running')} ${colors.bold(data.step)}${data.attempt > 1 ? ` (attempt ${data.attempt})` : ''}`;
      case 'run.step-finished':
        return this.finishedText(data);
      case 'run.step-attempt-lost':
        this.running.delete(data.step);
        return `${outcomeMark(output, 'error')} ${colors.bold(data.step)} attempt ${data.attempt} was lost: ${String(data.why)}`;
      case 'run.step-retry-scheduled':
        return `${outcomeMark(output, 'waiting')} ${colors.bold(data.step)} tries again (attempt ${String(data.nextAttempt)})`;
      case 'run.step-skipped':
        return `${outcomeMark(output, 'skipped')} ${colors.bold(data.step)} skipped: ${String(data.reason)}`;
      case 'run.step-wait-changed':
        return `${outcomeMark(output, 'waiting')} ${colors.bold(data.step)} waits: ${String(data.reason)}`;
      case 'run.cancel-requested':
        return `${outcomeMark(output, 'cancelled')} cancel requested by ${String(data.by)}${data.force ? ' (forced)' : ''}${data.reason === undefined ? '' : `: ${String(data.reason)}`}`;
      default:
        return undefined;
    }
  }

  private finishedText(data: EventData): string {
    const { output } = this;
    this.running.delete(data.step);
    const wallMs = (data.usage as { wallMs?: number } | undefined)?.wallMs;
    const took = wallMs === undefined ? '' : output.colors.dim(formatDuration(wallMs));
    const words = [
      outcomeMark(output, data.outcome as Outcome),
      output.colors.bold(data.step),
      data.outcome === 'success' ? '' : describeEnd(data) || String(data.outcome),
      took,
    ];
    return words.filter((word) => word !== '').join(' ');
  }

  private print(text: string): void {
    this.output.makeRoom();
    this.output.line(text);
    this.drawStatus();
  }

  private drawStatus(): void {
    if (!this.output.isTerminal || this.running.size === 0) return;
    // The last line of the screen is a step's own until its end comes.
    if (this.lines.isOpen) return;
    const now = performance.now();
    const steps = [...this.running].map(
      ([step, since]) => `${step} ${formatDuration(now - since)}`,
    );
    const head = `… ${formatDuration(now - this.startedAt)}  `;
    const width = (process.stdout.columns ?? 80) - 1;
    this.output.restartLine();
    this.output.part(this.output.colors.dim(fittedList(head, steps, width)));
    this.hasStatus = true;
  }

  private clearStatus(): void {
    if (!this.hasStatus) return;
    this.output.restartLine();
    this.hasStatus = false;
  }
}
