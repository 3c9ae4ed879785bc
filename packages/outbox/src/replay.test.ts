import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { testCommand, testShop } from '../test/test-command.ts';
import { BATCH_LIMIT, nextDueAt, type Trigger } from './choose.ts';
import type { Command, Destination } from './command.ts';
import { MemoryStore } from './memory-store.ts';
import { replayAll, replayBatch, type Progress, type ReplayPorts } from './replay.ts';
import type { Delivery } from './settle.ts';

const MINUTE = 60_000;
const done: Delivery = { kind: 'done', result: {} };
const failed: Delivery = { kind: 'later', status: 500, error: 'internal', message: 'Broken.' };
const notYet: Delivery = { kind: 'later', status: 425, error: 'not-yet', message: 'Not yet.' };
const expired: Delivery = { kind: 'later', status: 401, error: 'unauthorized', message: 'Who?' };
const unreachable: Delivery = { kind: 'no-answer', cause: 'unreachable' };
const conflict: Delivery = { kind: 'conflict', message: 'Changed.', current: { lines: 0 } };
const refused: Delivery = { kind: 'refused', error: 'not-found', message: 'No.' };

/** A queue with a server that answers as it is told, and notes what it was sent. */
class Stand {
  readonly store = new MemoryStore();
  readonly sent: Command[] = [];
  readonly progress: Progress[] = [];
  now = 1_000_000;
  here: Destination | undefined = testShop;
  answer: (command: Command) => Delivery = () => done;
  readonly ports: ReplayPorts = {
    store: this.store,
    here: () => Promise.resolve(this.here),
    send: (command) => {
      this.sent.push(command);
      return Promise.resolve(this.answer(command));
    },
    alone: (run) => run(),
    now: () => this.now,
    onProgress: (progress) => this.progress.push(progress),
    onChange: () => undefined,
  };

  run(trigger: Trigger, lane?: string) {
    return replayAll(this.ports, {
      trigger,
      startedAt: this.now,
      sent: 0,
      ...(lane !== undefined && { lane }),
    });
  }

  async add(...indices: number[]): Promise<void> {
    for (const index of indices) await this.store.add(testCommand(index, { lane: `lane ${index}` }));
  }

  /** The numbers of the commands that were sent since this was last asked for. */
  taken(): number[] {
    return this.sent.splice(0).map(indexOf);
  }

  async left(): Promise<number[]> {
    return (await this.store.entries()).map(indexOf);
  }

  async due(): Promise<number | undefined> {
    const at = nextDueAt(await this.store.entries(), testShop, this.now);
    return at === undefined ? undefined : at - this.now;
  }
}

const indexOf = ({ id }: { id: string }): number => Number(id.slice(-12));

let stand: Stand;
beforeEach(() => {
  stand = new Stand();
});

describe('what was queued', () => {
  it('is sent in order as it was made, and leaves the queue with its receipt', async () => {
    await stand.add(1, 2, 3);
    const report = await stand.run('automatic');
    expect(report).toMatchObject({ sent: 3, done: 3, kept: 0, more: false });
    expect(stand.sent[1]).toEqual(testCommand(2, { lane: 'lane 2' }));
    expect(stand.taken()).toEqual([1, 2, 3]);
    expect(await stand.left()).toEqual([]);
    expect(stand.progress).toEqual([1, 2, 3].map((current) => ({ current, total: 3 })));
  });

  it('twice is queued once', async () => {
    await stand.add(1, 1);
    expect(await stand.left()).toEqual([1]);
  });

  it('goes in batches of at most ten', async () => {
    const many = Array.from({ length: 25 }, (_, index) => index + 1);
    await stand.add(...many);
    const first = await replayBatch(stand.ports, { trigger: 'automatic', startedAt: stand.now, sent: 0 });
    expect(first).toMatchObject({ sent: 10, more: true });
    expect(await stand.run('automatic')).toMatchObject({ sent: 15 });
    expect(stand.taken()).toEqual(many);
  });

  it('for another shop, server or lineage is kept and not sent', async () => {
    await stand.add(1);
    for (const other of [
      { server: 'ws://other/sync' },
      { database: 'other.db' },
      { lineage: 'f'.repeat(32) },
    ]) {
      stand.here = { ...testShop, ...other };
      expect(await stand.run('manual')).toMatchObject({ sent: 0 });
    }
    stand.here = undefined;
    await stand.run('manual');
    expect(stand.taken()).toEqual([]);
    stand.here = testShop;
    await stand.run('automatic');
    expect(stand.taken()).toEqual([1]);
  });

  it('and was being sent when its sender was killed is sent again as it was', async () => {
    await stand.add(1, 2);
    stand.answer = () => {
      throw new Error('Killed.');
    };
    await expect(stand.run('automatic')).rejects.toThrow('Killed');
    expect(await stand.left()).toEqual([1, 2]);
    stand.answer = () => done;
    await stand.run('due');
    expect(stand.sent[1]).toEqual(stand.sent[0]);
    expect(stand.taken()).toEqual([1, 1, 2]);
  });

  it('was taken out while it was sent, and put back, is sent again', async () => {
    await stand.add(1);
    const { id } = testCommand(1);
    const taken = await stand.store.takeOut(id);
    expect(await stand.run('manual')).toMatchObject({ sent: 0 });
    if (taken !== undefined) await stand.store.putBack(taken);
    await stand.run('manual');
    expect(stand.taken()).toEqual([1]);
  });
});

describe('after a failure', () => {
  it('it is tried again after 1, 5 and 15 minutes, and then only when there is a cause', async () => {
    await stand.add(1);
    stand.answer = () => failed;
    await stand.run('due');
    for (const minutes of [1, 5, 15]) {
      expect(await stand.due()).toBe(minutes * MINUTE);
      stand.now += minutes * MINUTE - 1;
      await stand.run('due');
      await stand.run('automatic');
      expect(stand.taken()).toEqual([1]);
      stand.now += 1;
      await stand.run('due');
    }
    expect(stand.taken()).toEqual([1]);
    expect(await stand.due()).toBeUndefined();
    const [entry] = await stand.store.entries();
    expect(entry?.state).toMatchObject({
      name: 'exhausted',
      attempts: 4,
      reason: { kind: 'failed', status: 500 },
    });
    stand.now += 1;
    await stand.run('due');
    expect(stand.taken()).toEqual([]);
    await stand.run('automatic');
    expect(stand.taken()).toEqual([1]);
    stand.now += 1;
    stand.answer = () => done;
    expect(await stand.run('manual')).toMatchObject({ done: 1 });
  });

  it('its lane waits, and no other', async () => {
    await stand.add(1, 2);
    await stand.store.add(testCommand(3, { lane: 'lane 1' }));
    stand.answer = ({ lane }) => (lane === 'lane 1' ? failed : done);
    expect(await stand.run('automatic')).toMatchObject({ sent: 2, done: 1, kept: 1 });
    expect(stand.taken()).toEqual([1, 2]);
    stand.now += 1;
    stand.answer = () => done;
    await stand.run('automatic');
    expect(stand.taken()).toEqual([]);
    await stand.run('manual', 'lane 1');
    expect(stand.taken()).toEqual([1, 3]);
  });

  it('of the connection, the rest is not tried, and all of it is as soon as there is a sign of the server', async () => {
    await stand.add(1, 2, 3);
    stand.answer = () => unreachable;
    expect(await stand.run('automatic')).toMatchObject({ sent: 2, kept: 2, more: false });
    await stand.run('due');
    expect(await stand.due()).toBe(MINUTE);
    expect(stand.taken()).toEqual([1, 2]);
    stand.now += 1;
    stand.answer = () => done;
    await stand.run('automatic');
    expect(stand.taken()).toEqual([1, 2, 3]);
  });

  it('of the connection, causes that come again and again use up no planned attempt', async () => {
    await stand.add(1);
    stand.answer = () => unreachable;
    for (let loaded = 0; loaded < 10; loaded += 1) {
      await stand.run('automatic');
      stand.now += 1;
    }
    expect(stand.taken()).toHaveLength(10);
    expect(await stand.due()).toBe(MINUTE - 10);
    stand.now += MINUTE;
    await stand.run('due');
    expect(await stand.due()).toBe(5 * MINUTE);
  });

  it('of a command that no proxy lets through, the others go on', async () => {
    await stand.add(1, 2, 3);
    const stopped: Delivery = { kind: 'later', status: 502, error: '', message: '' };
    stand.answer = ({ lane }) => (lane === 'lane 1' ? stopped : done);
    expect(await stand.run('automatic')).toMatchObject({ sent: 3, done: 2, kept: 1 });
    await stand.add(4);
    expect(await stand.run('due')).toMatchObject({ sent: 1, done: 1 });
  });

  it('for want of its rows, it is tried again when the server has them', async () => {
    await stand.add(1);
    stand.answer = () => notYet;
    await stand.run('automatic');
    stand.now += 1;
    await stand.run('automatic');
    expect(stand.taken()).toEqual([1]);
    stand.answer = () => done;
    expect(await stand.run('level')).toMatchObject({ done: 1 });
  });

  it('for want of a valid token, it is tried again with the next cause', async () => {
    await stand.add(1, 2);
    stand.answer = () => expired;
    await stand.run('automatic');
    expect(stand.taken()).toEqual([1, 2]);
    stand.now += 1;
    stand.answer = () => done;
    await stand.run('automatic');
    expect(stand.taken()).toEqual([1, 2]);
  });

  it('because the server has another shop, it waits for a person', async () => {
    await stand.add(1);
    stand.answer = () => ({ kind: 'other-lineage', message: 'Another shop.' });
    await stand.run('automatic');
    const [entry] = await stand.store.entries();
    expect(entry?.state).toMatchObject({ name: 'exhausted', attempts: 1, reason: { kind: 'other-shop' } });
  });

  it('by a clock that was set back, it does not wait for ever', async () => {
    await stand.add(1);
    stand.answer = () => failed;
    await stand.run('due');
    stand.now -= 365 * 24 * 60 * MINUTE;
    expect(await stand.due()).toBe(0);
    await stand.run('due');
    expect(stand.taken()).toEqual([1, 1]);
    expect(await stand.due()).toBe(MINUTE);
  });
});

describe('what the server refuses for good', () => {
  it('is removed, kept to be told once, and what comes after it goes on', async () => {
    await stand.add(1, 2, 3);
    stand.answer = (command) => ({ 1: conflict, 2: refused })[indexOf(command)] ?? done;
    const report = await stand.run('automatic');
    expect(report).toMatchObject({ sent: 3, done: 1, rejected: [{ kind: 'conflict' }, { kind: 'refused' }] });
    expect(await stand.left()).toEqual([]);
    expect(await stand.store.rejected()).toMatchObject([
      { kind: 'conflict', current: { lines: 0 }, message: 'Changed.', attempts: 1, shown: false },
      { kind: 'refused', message: 'No.' },
    ]);
    const { id } = testCommand(1);
    expect(await stand.store.markShown(id)).toBe(true);
    expect(await stand.store.markShown(id)).toBe(false);
  });
});

const deliveries = fc.constantFrom(done, conflict, refused, failed, notYet, unreachable, expired);
const step = fc.oneof(
  fc.record({ what: fc.constant('add' as const), lane: fc.nat(3) }),
  fc.record({
    what: fc.constant('run' as const),
    trigger: fc.constantFrom<Trigger>('due', 'automatic', 'level', 'manual'),
    answers: fc.array(deliveries, { maxLength: 30 }),
    /** At which request whoever runs it is killed. */
    killedAt: fc.option(fc.nat(12), { nil: undefined }),
  }),
  fc.record({ what: fc.constant('wait' as const), minutes: fc.constantFrom(0, 1, 2, 5, 15, 60) }),
  fc.record({ what: fc.constant('delete' as const), at: fc.nat(5) }),
);

describe('whatever happens', () => {
  it('nothing is lost, overtaken or sent after its final answer, and a well server gets all of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const run = new Stand();
        /** What has no final answer, in order. */
        const open: { index: number; lane: string }[] = [];
        const close = (index: number) =>
          open.splice(0, open.length, ...open.filter((each) => each.index !== index));
        let last = 0;
        for (const each of steps) {
          if (each.what === 'add') {
            last += 1;
            const lane = `lane ${each.lane}`;
            await run.store.add(testCommand(last, { lane }));
            open.push({ index: last, lane });
          } else if (each.what === 'wait') {
            run.now += each.minutes * MINUTE + 1;
          } else if (each.what === 'delete') {
            const victim = open[each.at];
            if (victim === undefined) continue;
            await run.store.takeOut(testCommand(victim.index).id);
            close(victim.index);
          } else {
            const answers = [...each.answers];
            let requests = 0;
            const tried = new Set<number>();
            run.answer = (command) => {
              const index = indexOf(command);
              // Within its lane, only the first without a final answer is ever sent, once in a run, as it was made.
              expect(open.find(({ lane }) => lane === command.lane)?.index).toBe(index);
              expect(tried.has(index)).toBe(false);
              expect(command).toEqual(testCommand(index, { lane: command.lane }));
              tried.add(index);
              if (requests === each.killedAt) throw new Error('Killed.');
              requests += 1;
              const answer = answers.shift() ?? done;
              if (answer === done || answer === conflict || answer === refused) close(index);
              return answer;
            };
            const { trigger } = each;
            try {
              const report = await replayBatch(run.ports, { trigger, startedAt: run.now, sent: 0 });
              expect(report.sent).toBeLessThanOrEqual(BATCH_LIMIT);
            } catch (error) {
              if (!(error instanceof Error) || error.message !== 'Killed.') throw error;
            }
            run.now += 1;
          }
          expect(await run.left()).toEqual(open.map(({ index }) => index));
        }
        run.answer = () => done;
        await run.run('manual');
        expect(await run.left()).toEqual([]);
      }),
    );
  });
});
