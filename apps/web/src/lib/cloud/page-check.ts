import type { CheckBegun, CheckStatus } from './cloud-api.ts';

const POLL_MS = 1_000;
/** What has not ended by then goes on at the server without being watched. */
const MOST_POLLS = 120;

/** What is shown of the server's looking for news in the store. */
export type CheckView =
  | { state: 'none' }
  /** `progress` from 0 to 1, of what there is to fetch; undefined while that is not known. */
  | { state: 'running'; progress: number | undefined; message: string }
  | { state: 'ended'; failed: boolean; message: string };

export interface PageCheckOptions {
  begin: () => Promise<CheckBegun | undefined>;
  status: () => Promise<CheckStatus | undefined>;
  show: (view: CheckView) => void;
  /** Rejects when the page is left. */
  pause: (milliseconds: number) => Promise<void>;
}

/**
 * Has the server look for news in the store and follows it to its end. Returns whether the page has to be loaded anew,
 * because the database is another shop's now; undefined where nobody has said.
 */
export async function checkAndFollow(options: PageCheckOptions): Promise<boolean | undefined> {
  const { begin, status: ask, show, pause } = options;
  const begun = await begin();
  if (begun === undefined) return undefined;
  const underWay = begun.initiated || begun.status === 'checking' || begun.status === 'downloading';
  if (!underWay) {
    show({ state: 'ended', failed: begun.status === 'error', message: begun.message });
    return undefined;
  }
  show({ state: 'running', progress: undefined, message: begun.message });
  for (let polls = 0; polls < MOST_POLLS; polls += 1) {
    await pause(POLL_MS);
    const status = await ask();
    // A server that is being restarted answers again later.
    if (status === undefined) continue;
    show(viewOf(status));
    if (!status.isSyncing) return status.needsReload;
  }
  show({
    state: 'ended',
    failed: true,
    message: 'Looking for news in the cloud takes very long; the server goes on with it.',
  });
  return undefined;
}

function viewOf({ status, message, progress, isSyncing }: CheckStatus): CheckView {
  if (!isSyncing) return { state: 'ended', failed: status === 'error', message };
  return { state: 'running', progress: status === 'downloading' ? progress : undefined, message };
}
