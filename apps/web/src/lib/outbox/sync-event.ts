import type { Run } from '@octavo/outbox/choose.ts';
import { replayBatch, type ReplayPorts } from '@octavo/outbox/replay.ts';
import type { OutboxNews } from './news.ts';

const RUN_NOTE = 'unfinished run';
/** What was begun longer ago is not gone on with, ms: a run of its own may try again what failed then. */
const RUN_LIMIT_MS = 600_000;

/** Thrown for the browser, which then has the event come again by itself. */
export class StillQueuedError extends Error {
  override readonly name = 'StillQueuedError';
}

/**
 * What the service worker does when it is woken: sends one batch. Where there is more, it asks to be woken again; where
 * something is to be tried later, it fails, so that the browser does that.
 */
export async function runOnSyncEvent(
  ports: ReplayPorts,
  { again, tell }: { again: () => Promise<boolean>; tell: (news: OutboxNews) => void },
): Promise<void> {
  const { store, now } = ports;
  const run = unfinishedRun(await store.noted(RUN_NOTE), now()) ?? {
    ...{ trigger: 'automatic' as const, startedAt: now(), sent: 0 },
  };
  const report = await replayBatch(ports, run);
  if (report.more) {
    await store.note(RUN_NOTE, { startedAt: run.startedAt, sent: run.sent + report.sent });
    if (await again()) return;
    throw new StillQueuedError('There is more to send, and the browser does not wake for it.');
  }
  await store.note(RUN_NOTE, undefined);
  tell({ type: 'SYNC_ENDED', done: report.done, kept: report.kept });
  if (report.nextDueAt !== undefined) throw new StillQueuedError('Not everything could be sent.');
}

function unfinishedRun(noted: unknown, now: number): Run | undefined {
  if (typeof noted !== 'object' || noted === null) return undefined;
  const startedAt: unknown = Reflect.get(noted, 'startedAt');
  const sent: unknown = Reflect.get(noted, 'sent');
  if (typeof startedAt !== 'number' || typeof sent !== 'number') return undefined;
  const age = now - startedAt;
  return age >= 0 && age < RUN_LIMIT_MS ? { trigger: 'automatic', startedAt, sent } : undefined;
}
