import type { Logger } from 'pino';
import type { Metrics } from '../metrics/metrics.ts';
import type { CommandTraces } from '../telemetry/command-traces.ts';
import { type CommandRecord, isFailure } from './command-record.ts';

/** Tells of every command: a line in the log, a count, and a span where spans are collected. */
export class CommandWatch {
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #traces: CommandTraces | undefined;

  constructor({
    logger,
    metrics,
    traces,
  }: {
    logger: Logger;
    metrics: Metrics;
    traces?: CommandTraces | undefined;
  }) {
    this.#logger = logger;
    this.#metrics = metrics;
    this.#traces = traces;
  }

  tell(record: CommandRecord): void {
    const { database, id, type, outcome, error, attempt, milliseconds } = record;
    const line = { database, command: { id, type, outcome, error, attempt, milliseconds } };
    if (isFailure(record)) this.#logger.warn(line, 'command not done');
    else this.#logger.info(line, 'command answered');
    this.#metrics.commandAnswered(record);
    this.#traces?.record(record);
  }
}
