import { closeReasonByCode } from '@octavo/protocol/close-codes.ts';
import type { ClientEffect, ClientEvent } from '@octavo/sync/client/events.ts';
import type { ConnectionEnd, ConnectionRecord } from '#lib/database/contract.ts';

const KEPT = 10;

/**
 * What the last connections came to, newest first, seen from what goes into the engine and what it asks for. Times are
 * of the wall clock, in milliseconds.
 */
export class ConnectionLog {
  readonly #wallNow: () => number;
  #records: ConnectionRecord[] = [];
  #lastProof: number | undefined;

  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  get records(): readonly ConnectionRecord[] {
    return this.#records;
  }

  /** When the newest proof dates from, also when it is too old to be one. */
  get lastProof(): number | undefined {
    return this.#lastProof;
  }

  heard(event: ClientEvent): void {
    switch (event.type) {
      case 'opened':
        this.#change(event.connection, () => ({ openedAt: this.#wallNow() }));
        return;
      case 'frame':
        this.#change(event.connection, ({ received }) => ({ received: received + event.bytes.length }));
        return;
      case 'closed': {
        const reason = closeReasonByCode(event.code) ?? 'lost';
        this.#end(event.connection, { by: 'server', reason, words: event.reason });
        return;
      }
      case 'start':
      case 'stop':
      case 'committed':
      case 'tick':
      case 'network':
      case 'visibility':
      case 'retry':
      case 'inflow':
        return;
    }
  }

  asked(effect: ClientEffect): void {
    switch (effect.type) {
      case 'connect':
        this.#begin(effect.connection);
        return;
      case 'send':
        this.#change(effect.connection, ({ sent }) => ({ sent: sent + effect.frame.length }));
        return;
      case 'close':
        this.#end(effect.connection, { by: 'device', reason: effect.reason, words: '' });
        return;
      case 'state':
        if (effect.state.status === 'synced') this.#proven(effect.state.asOf);
        // A refusal is closed from here, but the words are the server's.
        else if (effect.state.status === 'incompatible') this.#refused(effect.state.message);
        return;
      case 'wake':
      case 'reopen':
      case 'welcomed':
      case 'notice':
        return;
    }
  }

  #begin(connection: number): void {
    const record = { connection, begunAt: this.#wallNow(), received: 0, sent: 0, proven: false };
    this.#records = [record, ...this.#records].slice(0, KEPT);
  }

  #proven(asOf: number): void {
    this.#lastProof = asOf;
    const [newest] = this.#records;
    if (newest !== undefined) this.#change(newest.connection, () => ({ proven: true }));
  }

  #refused(words: string): void {
    const [newest] = this.#records;
    if (newest?.end?.reason === 'refused')
      this.#change(newest.connection, ({ end }) => (end === undefined ? {} : { end: { ...end, words } }));
  }

  /** The first end counts: what a transport says after it was closed from here is no news. */
  #end(connection: number, end: ConnectionEnd): void {
    this.#change(connection, (record) => (record.end === undefined ? { end, endedAt: this.#wallNow() } : {}));
  }

  #change(connection: number, change: (record: ConnectionRecord) => Partial<ConnectionRecord>): void {
    this.#records = this.#records.map((record) =>
      record.connection === connection ? { ...record, ...change(record) } : record,
    );
  }
}
