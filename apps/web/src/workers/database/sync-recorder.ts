import { closeReasonByCode } from '@octavo/protocol/close-codes.ts';
import { definitions } from '@octavo/protocol/messages.ts';
import type { ClientEffect, ClientEvent } from '@octavo/sync/client/events.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import type { ProtocolEntry, StatusEntry, SyncRecord } from '#lib/doctor/contract.ts';

const EVENTS_KEPT = 200;
const STATES_KEPT = 200;

/** The number that opens a frame which holds a compressed one. */
const COMPRESSED = 10;

const kinds = new Map([
  ...definitions.map(({ code, name }) => [code, name] as const),
  [COMPRESSED, 'compressed batch'] as const,
]);

/**
 * Remembers what happened between this device and the server lately, for whoever has to find out what is wrong: kinds,
 * sizes and times, never content.
 */
export class SyncRecorder {
  readonly #wallNow: () => number;
  #events: ProtocolEntry[] = [];
  #timeline: StatusEntry[] = [];

  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  get record(): SyncRecord {
    return { timeline: this.#timeline, events: this.#events };
  }

  heard(event: ClientEvent): void {
    switch (event.type) {
      case 'opened':
        this.#add(event.connection, 'opened', '', 0);
        return;
      case 'frame':
        this.#add(event.connection, 'received', kindOf(event.bytes), event.bytes.length);
        return;
      case 'closed':
        this.#add(event.connection, 'closed-there', closeReasonByCode(event.code) ?? String(event.code), 0);
        return;
      default:
        return;
    }
  }

  asked(effect: ClientEffect): void {
    switch (effect.type) {
      case 'connect':
        this.#add(effect.connection, 'connect', '', 0);
        return;
      case 'send':
        this.#add(effect.connection, 'sent', kindOf(effect.frame), effect.frame.length);
        return;
      case 'close':
        this.#add(effect.connection, 'closed-here', effect.reason, 0);
        return;
      case 'state':
        this.entered(effect.state);
        return;
      default:
        return;
    }
  }

  /** Sync has come into a state. */
  entered(state: SyncState): void {
    const { status, pending } = state;
    const detail = detailOf(state);
    const last = this.#timeline.at(-1);
    if (last?.status === status && last.detail === detail) return;
    this.#timeline = [...this.#timeline, { at: this.#wallNow(), status, detail, pending }].slice(
      -STATES_KEPT,
    );
  }

  #add(connection: number, what: ProtocolEntry['what'], kind: string, bytes: number): void {
    const now = this.#wallNow();
    // A heartbeat is two messages: it is as much a run as one message over and over.
    const same = this.#events
      .slice(-2)
      .findLast((entry) => entry.connection === connection && entry.what === what && entry.kind === kind);
    if (same !== undefined) {
      same.until = now;
      same.times += 1;
      same.bytes += bytes;
      return;
    }
    this.#events.push({ at: now, until: now, times: 1, connection, what, kind, bytes });
    if (this.#events.length > EVENTS_KEPT) this.#events.shift();
  }
}

function kindOf([code]: Uint8Array): string {
  if (code === undefined) return 'nothing';
  return kinds.get(code) ?? `number ${code}`;
}

function detailOf(state: SyncState): string {
  switch (state.status) {
    case 'disconnected':
      return state.cause;
    case 'stuck':
      return state.diagnostics.code;
    case 'incompatible':
      return state.reason;
    case 'connecting':
    case 'synced':
    case 'syncing':
      return '';
  }
}
