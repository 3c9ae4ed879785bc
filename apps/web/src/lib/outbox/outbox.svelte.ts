import { nextDueAt, type Trigger } from '@octavo/outbox/choose.ts';
import {
  type Command,
  type Destination,
  type Entry,
  isFor,
  type Rejected,
  type Task,
} from '@octavo/outbox/command.ts';
import { IdbStore } from '@octavo/outbox/idb-store.ts';
import { MemoryStore } from '@octavo/outbox/memory-store.ts';
import type { BatchReport, Progress } from '@octavo/outbox/replay.ts';
import type { OutboxStore, TakenOut } from '@octavo/outbox/store.ts';
import type { DatabaseFacts } from '../database/contract.ts';
import { host } from '../database/host.svelte.ts';
import { serverHttp } from '../http/server-http.ts';
import { settings } from '../settings/store.svelte.ts';
import { onWorkerMessage, ownRegistration, registerSync, whenInstalled } from './background-sync.ts';
import { NEWS_CHANNEL, newsFrom, type OutboxNews } from './news.ts';
import { browserPorts, destinationOf, noteLineage, whenNobodyRuns } from './ports.ts';
import { OutboxRunner } from './runner.ts';
import { toasts } from './toasts.svelte.ts';

const TOLD_OF_MISSING_SYNC = 'told that background sync is missing';

/** The queue as this page shows and runs it. */
class Outbox {
  /** All that this browser has, for whatever shop, in order. */
  entries = $state.raw<readonly Entry[]>([]);
  rejected = $state.raw<readonly Rejected[]>([]);
  tasks = $state.raw<readonly Task[]>([]);
  /** The shop in use; undefined until this device has met it. */
  here = $state.raw<Destination>();
  /** Of the run that is under way, here or elsewhere. */
  progress = $state.raw<Progress>();
  readonly queued = $derived(this.entries.filter((entry) => this.isHere(entry)));
  #runner: OutboxRunner | undefined;
  #connected = $state(false);
  #stale = false;
  #reading: Promise<void> | undefined;
  /** Undefined where nobody shares the queue. */
  #others: BroadcastChannel | undefined;
  readonly #ready = Promise.withResolvers<OutboxStore>();

  /** To be called once the database is open. */
  async start(): Promise<void> {
    const unshared = host.keeping === 'memory';
    const store: OutboxStore = unshared ? new MemoryStore() : new IdbStore();
    const ports = browserPorts({
      store,
      unshared,
      access: () => Promise.resolve(settings.access),
      fetch: (address, init) => serverHttp.fetch(address, init),
      tell: (news) => {
        this.#hear(news);
        this.#tellOthers(news);
      },
    });
    this.#runner = new OutboxRunner({
      ports,
      online: () => navigator.onLine,
      onEnd: (report) => this.#ended(report),
      onFault: (error) => (host.trouble = String(error)),
    });
    if (!unshared) {
      this.#others = new BroadcastChannel(NEWS_CHANNEL);
      this.#others.addEventListener('message', ({ data }) => this.#hearFrom(data));
      onWorkerMessage((data) => this.#hearFrom(data));
    }
    this.#ready.resolve(store);
    await this.#learnShop();
    await this.#refresh();
    await this.run('automatic');
  }

  isHere({ destination }: { destination: Destination }): boolean {
    return this.here !== undefined && isFor(destination, this.here);
  }

  /** What waits to be decided about a thing, in order. */
  pending(lane: string): readonly Entry[] {
    return this.queued.filter((entry) => entry.lane === lane);
  }

  /** What the light says of the connection. Each time that it is there again is a cause to run the queue. */
  lightIs(status: string): void {
    const connected = status === 'synced' || status === 'syncing';
    const restored = connected && !this.#connected;
    this.#connected = connected;
    // Every edit makes the light go out and on again; mostly there is nothing to send.
    if (this.entries.length === 0 && this.here !== undefined) return;
    if (restored || status === 'synced')
      this.#behind(this.#runWhenKnown(status === 'synced' ? 'level' : 'automatic'));
  }

  /** Whether there is a connection as far as this page knows. */
  get connected(): boolean {
    return this.#connected && navigator.onLine;
  }

  /** Queues a command. It is on the disk when this resolves. */
  async add(command: Command): Promise<void> {
    const store = await this.#ready.promise;
    await store.add(command);
    if (!this.isHere(command)) await this.#learnShop();
    if (!this.connected) toasts.show('saved');
    await this.#changedHere();
    await this.#askToBeWoken();
    void this.run(this.connected ? 'automatic' : 'due');
  }

  async addTask(task: Task): Promise<void> {
    await (await this.#ready.promise).addTask(task);
    await this.#changedHere();
  }

  async removeTask({ id }: Task): Promise<void> {
    await (await this.#ready.promise).removeTask(id);
    await this.#changedHere();
  }

  async takeOut({ id }: Entry): Promise<TakenOut | undefined> {
    const taken = await (await this.#ready.promise).takeOut(id);
    await this.#changedHere();
    return taken;
  }

  async putBack(taken: TakenOut): Promise<void> {
    await (await this.#ready.promise).putBack(taken);
    await this.#changedHere();
  }

  async payload({ id }: Entry): Promise<unknown> {
    return (await this.#ready.promise).payload(id);
  }

  async forgetRejected({ id }: Rejected): Promise<void> {
    await (await this.#ready.promise).forgetRejected(id);
    await this.#changedHere();
  }

  async keepRejected(rejected: Rejected): Promise<void> {
    await (await this.#ready.promise).keepRejected(rejected);
    await this.#changedHere();
  }

  /** Runs the queue; resolves when that is over. */
  async run(trigger: Trigger, lane?: string): Promise<void> {
    await this.#runner?.run(trigger, lane);
  }

  /** Tries a command that waits again, and whatever is before it in its lane. */
  retry({ lane }: Entry): Promise<void> {
    return this.run('manual', lane);
  }

  /** Where the database has become another shop, commands are for that one from now on. */
  async #runWhenKnown(trigger: Trigger): Promise<void> {
    await this.#ready.promise;
    const facts = await this.#learnShop();
    if (trigger === 'level') await this.#meetNewIdentity(facts);
    await this.run(trigger);
  }

  /**
   * A database that was replaced goes on as another site, and the server never hears of the rows that the old one has not
   * sent: they come from the new one, and by now they have come.
   */
  async #meetNewIdentity({ siteId, writtenThrough }: DatabaseFacts): Promise<void> {
    const store = await this.#ready.promise;
    const after = { siteId, dbVersion: writtenThrough };
    for (const entry of this.queued)
      if (entry.after !== undefined && entry.after.siteId !== siteId) await store.change(entry.id, { after });
  }

  async #learnShop(): Promise<DatabaseFacts> {
    const store = await this.#ready.promise;
    const { access } = settings;
    const client = await host.opened;
    const facts = await client.facts();
    const { lineage } = facts;
    if (lineage !== undefined && lineage !== this.here?.lineage) await noteLineage(store, access, lineage);
    this.here = await destinationOf(store, access);
    return facts;
  }

  async #askToBeWoken(): Promise<void> {
    const store = await this.#ready.promise;
    const asked = await registerSync(await ownRegistration());
    // The first visit: the page sends meanwhile.
    if (asked === 'too-early') whenInstalled((registration) => this.#behind(registerSync(registration)));
    if (asked !== 'missing') return;
    if ((await store.noted(TOLD_OF_MISSING_SYNC)) === true) return;
    await store.note(TOLD_OF_MISSING_SYNC, true);
    toasts.withoutSync = true;
  }

  /** Nobody waits for it; where it fails, that is said. */
  #behind(work: Promise<unknown>): void {
    work.catch((error: unknown) => (host.trouble = String(error)));
  }

  async #changedHere(): Promise<void> {
    this.#tellOthers({ type: 'QUEUE_CHANGED' });
    await this.#refresh();
  }

  #tellOthers(news: OutboxNews): void {
    this.#others?.postMessage(news);
  }

  #hearFrom(data: unknown): void {
    const news = newsFrom(data);
    if (news === undefined) return;
    this.#hear(news);
    // Whoever sends may be killed, and then nobody says that it is over.
    if (news.type === 'SYNC_PROGRESS') this.#behind(whenNobodyRuns().then(() => (this.progress = undefined)));
  }

  #hear(news: OutboxNews): void {
    switch (news.type) {
      case 'SYNC_PROGRESS':
        this.progress = { current: news.current, total: news.total };
        return;
      case 'SYNC_ENDED':
        this.#behind(this.#afterRun(news.done));
        return;
      case 'QUEUE_CHANGED':
        this.#behind(this.#refresh());
    }
  }

  #ended({ done, kept }: BatchReport): void {
    const news: OutboxNews = { type: 'SYNC_ENDED', done, kept };
    this.#tellOthers(news);
    this.#hear(news);
  }

  async #afterRun(done: number): Promise<void> {
    this.progress = undefined;
    await this.#refresh();
    if (done > 0 && this.queued.length === 0) toasts.show('synced');
  }

  /** What is read while something changes is read again. */
  async #refresh(): Promise<void> {
    this.#stale = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    await this.#reading;
  }

  async #read(): Promise<void> {
    const store = await this.#ready.promise;
    while (this.#stale) {
      this.#stale = false;
      const read = await Promise.all([store.entries(), store.rejected(), store.tasks()]);
      [this.entries, this.rejected, this.tasks] = read;
    }
    this.#runner?.arm(this.here && nextDueAt(this.entries, this.here, Date.now()));
    await this.tellRejected();
  }

  /** Each of them is told once, where somebody looks. */
  async tellRejected(): Promise<void> {
    if (document.visibilityState !== 'visible') return;
    const store = await this.#ready.promise;
    for (const { id, shown } of this.rejected)
      if (!shown && !toasts.told.includes(id) && (await store.markShown(id))) toasts.tell(id);
  }
}

export const outbox = new Outbox();
