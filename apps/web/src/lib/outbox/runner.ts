import type { Trigger } from '@octavo/outbox/choose.ts';
import { type BatchReport, replayAll, type ReplayPorts } from '@octavo/outbox/replay.ts';

/** A run that had nothing to send, although its time had come, is not repeated before this, ms. */
const PAUSE_MS = 1_000;

export interface RunnerOptions {
  ports: ReplayPorts;
  /** Whether the browser knows of a network: without one, only who asks for it has anything sent. */
  online: () => boolean;
  onEnd: (report: BatchReport) => void;
  onFault: (error: unknown) => void;
}

/** Runs the queue for this page: when there is a cause, one run after the other, and when something is due. */
export class OutboxRunner {
  readonly #options: RunnerOptions;
  #runs = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #notBefore = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Resolves when that run has ended. */
  run(trigger: Trigger, lane?: string): Promise<void> {
    const { ports, online } = this.#options;
    const asked = ports.now();
    this.#runs = this.#runs.then(async () => {
      if (trigger !== 'manual' && !online()) return;
      // What was being tried when somebody asked, or when the server had all of it at last, is tried once more.
      const startedAt = trigger === 'manual' || trigger === 'level' ? ports.now() : asked;
      try {
        const report = await replayAll(ports, {
          ...{ trigger, startedAt, sent: 0 },
          ...(lane !== undefined && { lane }),
        });
        this.#notBefore = report.sent === 0 ? ports.now() + PAUSE_MS : 0;
        this.#options.onEnd(report);
      } catch (error) {
        this.#notBefore = ports.now() + PAUSE_MS;
        this.#options.onFault(error);
      }
    });
    return this.#runs;
  }

  /** Has what is due sent at its time. @param dueAt - wall clock, ms; undefined when nothing is. */
  arm(dueAt: number | undefined): void {
    clearTimeout(this.#timer);
    if (dueAt === undefined || !this.#options.online()) return;
    const delay = Math.max(0, Math.max(dueAt, this.#notBefore) - this.#options.ports.now());
    this.#timer = setTimeout(() => void this.run('due'), delay);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
