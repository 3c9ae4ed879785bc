import type { RemoteError } from '@octavo/rpc/remote-error.ts';
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { DatabaseClient } from './client.ts';
import { host } from './host.svelte.ts';
import { PageRange } from './page-range.ts';

const PAGE_ROWS = 100;

type Stop = () => void;
type OnError = (error: RemoteError) => void;

export interface WindowedOptions<Row> {
  /** Tells lists apart: while it is the same, so is the list. May read reactive state. */
  key: () => string;
  count: (client: DatabaseClient, receive: (count: number) => void, onError: OnError) => Stop;
  rows: (
    client: DatabaseClient,
    window: { offset: number; limit: number },
    receive: (rows: Row[]) => void,
    onError: OnError,
  ) => Stop;
}

/**
 * A long list of which only the pages in sight are asked for, each of them live. When the list becomes another one, what
 * is in sight stays until its first page is there, so that nothing flickers. Make it while a component is set up.
 */
export class WindowedQuery<Row> {
  /** Undefined until the first answer. */
  count = $state<number>();
  error = $state.raw<RemoteError>();
  /** Grows each time that another list is on the screen. */
  generation = $state(0);
  /** Whether what is on the screen belongs to an earlier list, as long as the first page of this one is on its way. */
  outdated = $state(true);
  readonly #options: WindowedOptions<Row>;
  /** Tells this list from others. */
  readonly key = $derived.by(() => this.#options.key());
  readonly #pages = new SvelteMap<number, Row[]>();
  readonly #live = new PageRange();
  #first = $state(0);
  #last = $state(0);

  constructor(options: WindowedOptions<Row>) {
    this.#options = options;
    const onError = (error: RemoteError) => (this.error = error);
    const firstPage = $derived(Math.floor(this.#first / PAGE_ROWS));
    const lastPage = $derived(Math.floor(this.#last / PAGE_ROWS));

    $effect(() => {
      const client = host.client;
      // Reading it is what makes the effect run again.
      if (client === undefined || this.key === '') return undefined;
      this.outdated = true;
      const stop = untrack(() =>
        options.count(
          client,
          (count) => {
            this.count = count;
            this.error = undefined;
          },
          onError,
        ),
      );
      return () => {
        stop();
        this.#live.clear();
      };
    });

    $effect(() => {
      const client = host.client;
      if (client === undefined || this.key === '') return;
      this.#live.set(firstPage, lastPage, (page) => untrack(() => this.#begin(client, page, onError)));
    });
  }

  /** The row at an index; undefined while its page is on its way. */
  row(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  /** Says which rows are in sight. */
  show(first: number, last: number): void {
    this.#first = Math.max(0, first);
    this.#last = Math.max(this.#first, last);
  }

  #begin(client: DatabaseClient, page: number, onError: OnError): Stop {
    const receive = (rows: Row[]) => {
      if (this.outdated) {
        this.#pages.clear();
        this.generation += 1;
      }
      this.outdated = false;
      this.#pages.set(page, rows);
    };
    const window = { offset: page * PAGE_ROWS, limit: PAGE_ROWS };
    return this.#options.rows(client, window, receive, onError);
  }
}
