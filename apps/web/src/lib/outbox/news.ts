import type { BatchReport, Progress } from '@octavo/outbox/replay.ts';

/** What whoever runs the queue tells all pages. */
export type OutboxNews =
  /** The `current`-th of `total` is being sent. */
  | ({ type: 'SYNC_PROGRESS' } & Progress)
  /** A run has ended. */
  | ({ type: 'SYNC_ENDED' } & Pick<BatchReport, 'done' | 'kept'>)
  /** What is stored has changed. */
  | { type: 'QUEUE_CHANGED' };

/** Of the BroadcastChannel that pages and the service worker share. */
export const NEWS_CHANNEL = 'octavo/outbox';

/** Undefined for what other versions of the app may say. */
export function newsFrom(data: unknown): OutboxNews | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const number = (name: string): number | undefined => {
    const value: unknown = Reflect.get(data, name);
    return typeof value === 'number' ? value : undefined;
  };
  switch (Reflect.get(data, 'type')) {
    case 'SYNC_PROGRESS': {
      const [current, total] = [number('current'), number('total')];
      if (current === undefined || total === undefined) return undefined;
      return { type: 'SYNC_PROGRESS', current, total };
    }
    case 'SYNC_ENDED':
      return { type: 'SYNC_ENDED', done: number('done') ?? 0, kept: number('kept') ?? 0 };
    case 'QUEUE_CHANGED':
      return { type: 'QUEUE_CHANGED' };
    default:
      return undefined;
  }
}
