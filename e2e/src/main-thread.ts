import type { Page } from '@playwright/test';

/** A stretch in which the main thread did nothing else: nothing was painted and no key was heard. */
export interface MainThreadTask {
  /** Milliseconds from its begin to its end, also those in which the machine was busy with something else. */
  elapsed: number;
  /** Milliseconds of work: what the page itself is to answer for, however much the machine has to do. */
  worked: number;
}

/** What is used of Chromium's trace events. Times are in microseconds; `tdur` counts the thread's own. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args: Record<string, unknown>;
}

const TASK = 'ThreadControllerImpl::RunTask';
/** The test itself looks into the page through this; its tasks are none of the app's. */
const INSTRUMENT = 'blink.mojom.DevToolsSession';

/** Runs something and returns what the main threads of the browser's pages did meanwhile, the longest task first. */
export async function mainThreadTasksDuring(page: Page, run: () => Promise<void>): Promise<MainThreadTask[]> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('This page has no browser that can be traced.');
  await browser.startTracing(page, { categories: ['toplevel'] });
  let trace: Buffer | undefined;
  try {
    await run();
  } finally {
    trace = await browser.stopTracing();
  }
  // Chromium's own format; what is missing of it shows as an empty list, which callers refuse.
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: TraceEvent[] };
  return tasksOf(traceEvents);
}

function tasksOf(events: readonly TraceEvent[]): MainThreadTask[] {
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const mainThreads = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args['name'] === 'CrRendererMain')
      .map(threadOf),
  );
  const onMain = events.filter((event) => mainThreads.has(threadOf(event)));
  const instrument = onMain.filter(({ args }) => JSON.stringify(args).includes(INSTRUMENT));
  return onMain
    .filter(({ name }) => name === TASK)
    .filter(
      (task) => !instrument.some((event) => threadOf(event) === threadOf(task) && contains(task, event)),
    )
    .map(({ dur = 0, tdur = 0 }) => ({ elapsed: dur / 1000, worked: tdur / 1000 }))
    .sort((one, other) => other.elapsed - one.elapsed);
}

function contains(task: TraceEvent, event: TraceEvent): boolean {
  return event.ts >= task.ts && event.ts <= task.ts + (task.dur ?? 0);
}
