import type { Connection } from '@octavo/rpc/connect.ts';
import { connect } from '@octavo/rpc/connect.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { Mapping } from '@octavo/shop/import/columns.ts';
import type { Recognised, RefusedRow } from '@octavo/shop/import/recognise.ts';
import type { StockListOptions } from '@octavo/shop/import/stock-list.ts';
import { spawnImportWorker } from '../workers.ts';
import { host } from '../database/host.svelte.ts';
import type { ImportWorkerEvents, ImportWorkerMethods, ListFacts, Progress, Summary } from './contract.ts';

export type ImportStage =
  | { stage: 'idle' }
  | { stage: 'reading'; name: string }
  | { stage: 'preview'; list: ListFacts; mapping: Mapping; rows: Recognised[] }
  | { stage: 'running'; list: ListFacts; progress: Progress; cancelling: boolean }
  | { stage: 'done'; list: ListFacts; summary: Summary; refused: RefusedRow[] }
  | { stage: 'failed'; name: string; code: string; message: string };

const DEADLINE_MS = 60_000;
/** A million rows take minutes; somebody who does not want to wait can cancel. */
const RUN_DEADLINE_MS = 24 * 3_600_000;
/** More refused rows than anybody reads on a screen; all of them are in the file to download. */
export const REFUSED_SHOWN = 100;

/**
 * The import of one file after the other. Everything that costs time happens in its own worker, which saves straight
 * to the worker that has the database: this page only shows how far it is.
 */
export class ImportSession {
  current = $state.raw<ImportStage>({ stage: 'idle' });
  #worker: Worker | undefined;
  #connection: Connection<ImportWorkerMethods, object, ImportWorkerEvents> | undefined;
  #file: File | undefined;
  #options: StockListOptions = {};

  /** Opens a file and shows what is in it. */
  async open(file: File, options: StockListOptions = {}): Promise<void> {
    this.#file = file;
    this.#options = options;
    this.current = { stage: 'reading', name: file.name };
    await this.#try(file.name, async () => {
      const list = await this.#remote().remote.open(file, options);
      await this.#show(list, list.mapping);
    });
  }

  /** Opens the same file again, with another encoding or delimiter. */
  async reopen(change: StockListOptions): Promise<void> {
    if (this.#file !== undefined) await this.open(this.#file, { ...this.#options, ...change });
  }

  async setMapping(mapping: Mapping): Promise<void> {
    const { current } = this;
    if (current.stage === 'preview')
      await this.#try(current.list.name, () => this.#show(current.list, mapping));
  }

  async run(): Promise<void> {
    const { current } = this;
    if (current.stage !== 'preview') return;
    const { list, mapping } = current;
    const progress = { bytes: list.bytes, bytesRead: 0, added: 0, updated: 0, unchanged: 0, refused: 0 };
    this.current = { stage: 'running', list, progress, cancelling: false };
    await this.#try(list.name, async () => {
      const connection = this.#remote();
      const stop = connection.on('progress', (now) => {
        if (this.current.stage === 'running') this.current = { ...this.current, progress: now };
      });
      try {
        const args: [Mapping, string] = [mapping, host.scope];
        const summary = await connection.call('run', args, { deadlineMs: RUN_DEADLINE_MS });
        const refused = await connection.remote.refused(0, REFUSED_SHOWN);
        this.current = { stage: 'done', list, summary, refused };
      } finally {
        stop();
      }
    });
  }

  async cancel(): Promise<void> {
    if (this.current.stage !== 'running') return;
    this.current = { ...this.current, cancelling: true };
    await this.#connection?.remote.cancel();
  }

  async refusedFile(): Promise<Blob> {
    return this.#remote().remote.refusedFile();
  }

  /** Back to the beginning. */
  reset(): void {
    this.#end();
    this.current = { stage: 'idle' };
  }

  /** A run under way ends after its slice; the worker goes with the page. */
  close(): void {
    this.#end();
  }

  async #show(list: ListFacts, mapping: Mapping): Promise<void> {
    const rows = await this.#remote().remote.preview(mapping);
    this.current = { stage: 'preview', list, mapping, rows };
  }

  async #try(name: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const { code, message } =
        error instanceof RemoteError ? error : { code: 'internal', message: String(error) };
      this.current = { stage: 'failed', name, code, message };
    }
  }

  #remote(): Connection<ImportWorkerMethods, object, ImportWorkerEvents> {
    if (this.#connection !== undefined) return this.#connection;
    const worker = spawnImportWorker();
    this.#worker = worker;
    const connection = connect<ImportWorkerMethods, object, ImportWorkerEvents>(worker, {
      deadlineMs: DEADLINE_MS,
    });
    worker.addEventListener('error', ({ message }) =>
      connection.close(message || 'the import worker failed.'),
    );
    this.#connection = connection;
    return connection;
  }

  #end(): void {
    this.#connection?.close('the import was left.');
    this.#worker?.terminate();
    this.#connection = undefined;
    this.#worker = undefined;
  }
}
