import type { CommandRecord } from '../commands/command-record.ts';
import type { CopyKind } from '../cloud/copy-keys.ts';
import type { CopyState } from '../cloud/copy-state.ts';
import type { SizeLevel } from '../cloud/size-watch.ts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Which limit somebody came up against. */
export type LimitName =
  | 'body'
  | 'connections-per-address'
  | 'connections-per-database'
  | 'changes-per-second'
  | 'failed-attempts'
  | 'frame'
  | 'handshake-time'
  | 'hello-size'
  | 'open-databases'
  | 'request-time';

/** What is looked up when somebody collects the metrics. */
export interface Sources {
  connections: () => number;
  openDatabases: () => number;
  /** Connections to `/sync` by what they are at. */
  sessions: () => ReadonlyMap<string, number>;
  databaseBytes: () => Promise<ReadonlyMap<string, number>>;
  /** Of the databases that are open. */
  quarantined: () => Promise<ReadonlyMap<string, number>>;
  /** Databases that are there and are not served. */
  outOfService: () => Iterable<string>;
  /** Databases that are served and cannot take changes. */
  notWritable: () => Iterable<string>;
  /** How the copies are, of the databases that were used since the start. */
  copies: () => ReadonlyMap<string, CopyState>;
  /** Databases of which the copy fails. */
  copiesFailing: () => Iterable<string>;
  /** How large databases are found to be. */
  sizeLevels: () => ReadonlyMap<string, SizeLevel>;
}

/** As numbers, for whoever wants to be told from a level on. */
const levelNumbers: Record<SizeLevel, number> = { small: 0, noted: 1, large: 2 };

/** What the server counts and measures, for Prometheus. `docs/operating.md` says what each is good for. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #changesReceived: Counter;
  readonly #changesSent: Counter;
  readonly #refused: Counter;
  readonly #closed: Counter;
  readonly #limited: Counter;
  readonly #databasesOpened: Counter;
  readonly #databasesClosed: Counter;
  readonly #requests: Histogram;
  readonly #acks: Histogram;
  readonly #merges: Histogram;
  readonly #commands: Counter;
  readonly #commandSeconds: Histogram;
  readonly #uploads: Histogram;
  readonly #uploadedBytes: Counter;

  constructor() {
    // Of this process: memory, CPU, and the delay of the main event loop.
    collectDefaultMetrics({ register: this.#registry });
    this.#changesReceived = this.#counter('changes_received', 'Changes taken in from clients.', ['database']);
    this.#changesSent = this.#counter('changes_sent', 'Changes sent to clients.', ['database']);
    this.#refused = this.#counter('handshakes_refused', 'Handshakes that were refused.', ['reason']);
    this.#closed = this.#counter('connections_closed', 'Connections that the server ended.', ['reason']);
    this.#limited = this.#counter('limited', 'How often somebody came up against a limit.', ['limit']);
    this.#databasesOpened = this.#counter('databases_opened', 'How often a database was opened.', []);
    this.#databasesClosed = this.#counter('databases_closed', 'How often one was closed, and why.', [
      'cause',
    ]);
    this.#requests = this.#histogram(
      'http_request_seconds',
      'From a request to the end of its answer.',
      [0.005, 0.02, 0.05, 0.1, 0.5, 2, 10, 60],
      ['route', 'status'],
    );
    this.#acks = this.#histogram(
      'ack_seconds',
      'From receiving changes to acknowledging that they are on disk.',
      [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5],
    );
    this.#merges = this.#histogram(
      'merge_seconds',
      'What the database took for one message with changes.',
      [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
    );
    this.#commands = this.#counter('commands', 'Commands, by type and by what came of them.', [
      'type',
      'outcome',
    ]);
    this.#commandSeconds = this.#histogram(
      'command_seconds',
      'From a command to its answer.',
      [0.005, 0.02, 0.05, 0.1, 0.5, 2, 10, 60],
      ['type'],
    );
    this.#uploads = this.#histogram(
      'copy_upload_seconds',
      'From the beginning of an upload to the end of it.',
      [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60],
      ['kind'],
    );
    this.#uploadedBytes = this.#counter('copy_uploaded_bytes', 'Bytes uploaded for copies.', [
      'database',
      'kind',
    ]);
  }

  /** A command was answered, whatever came of it. */
  commandAnswered({ type, outcome, milliseconds }: CommandRecord): void {
    this.#commands.inc({ type, outcome });
    this.#commandSeconds.observe({ type }, milliseconds / 1000);
  }

  /** An upload of a copy has ended well. */
  uploaded(database: string, upload: { kind: CopyKind; bytes: number; milliseconds: number }): void {
    const { kind, bytes, milliseconds } = upload;
    this.#uploads.observe({ kind }, milliseconds / 1000);
    this.#uploadedBytes.inc({ database, kind }, bytes);
  }

  /** Names what is looked up. To be called once. */
  watch(sources: Sources): void {
    const { connections, openDatabases, sessions, databaseBytes, quarantined, outOfService, notWritable } =
      sources;
    this.#gauge('connections', 'Open connections to /sync.', [], (gauge) => gauge.set(connections()));
    this.#gauge('databases_open', 'Databases that are open.', [], (gauge) => gauge.set(openDatabases()));
    this.#gauge('sessions', 'Connections to /sync by what they are at.', ['state'], (gauge) => {
      for (const [state, count] of sessions()) gauge.set({ state }, count);
    });
    this.#gauge('database_bytes', 'Sizes of the database files.', ['database'], async (gauge) => {
      const sizes = await databaseBytes();
      gauge.reset();
      for (const [database, bytes] of sizes) gauge.set({ database }, bytes);
    });
    this.#flags('databases_out_of_service', '1 for each database that is not served.', outOfService);
    this.#flags(
      'databases_not_writable',
      '1 for each database that is served and cannot take changes.',
      notWritable,
    );
    this.#flags('copies_failing', '1 for each database whose copy fails.', sources.copiesFailing);
    this.#gauge('copy_version', 'Uploads of each copy.', ['database'], (gauge) => {
      gauge.reset();
      for (const [database, { version }] of sources.copies()) gauge.set({ database }, version);
    });
    this.#gauge('copy_ended_timestamp_seconds', 'When the last upload ended.', ['database'], (gauge) => {
      gauge.reset();
      for (const [database, { at }] of sources.copies())
        if (at !== undefined) gauge.set({ database }, at / 1000);
    });
    this.#gauge('database_size_level', '0 small, 1 noted, 2 large.', ['database'], (gauge) => {
      gauge.reset();
      for (const [database, level] of sources.sizeLevels()) gauge.set({ database }, levelNumbers[level]);
    });
    this.#gauge(
      'quarantined_changes',
      'Changes put aside, of open databases.',
      ['database'],
      async (gauge) => {
        const counts = await quarantined();
        gauge.reset();
        for (const [database, count] of counts) gauge.set({ database }, count);
      },
    );
  }

  /** In the text format of Prometheus. */
  async collect(): Promise<{ type: string; text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  changesReceived(database: string, count: number): void {
    this.#changesReceived.inc({ database }, count);
  }

  changesSent(database: string, count: number): void {
    this.#changesSent.inc({ database }, count);
  }

  databaseOpened(): void {
    this.#databasesOpened.inc();
  }

  databaseClosed(cause: string): void {
    this.#databasesClosed.inc({ cause });
  }

  handshakeRefused(reason: string): void {
    this.#refused.inc({ reason });
  }

  connectionClosed(reason: string): void {
    this.#closed.inc({ reason });
  }

  limited(limit: LimitName): void {
    this.#limited.inc({ limit });
  }

  requestAnswered(route: string, status: number, milliseconds: number): void {
    this.#requests.observe({ route, status }, milliseconds / 1000);
  }

  /** Changes of a client are on disk, and it has been told. */
  acknowledged({ mergeMs, ackMs }: { mergeMs: number; ackMs: number }): void {
    this.#merges.observe(mergeMs / 1000);
    this.#acks.observe(ackMs / 1000);
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `octavo_${name}_total`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram {
    return new Histogram({ name: `octavo_${name}`, help, buckets, labelNames, registers: [this.#registry] });
  }

  /** 1 for each database that something is the matter with. */
  #flags(name: string, help: string, databases: () => Iterable<string>): void {
    this.#gauge(name, help, ['database'], (gauge) => {
      gauge.reset();
      for (const database of databases()) gauge.set({ database }, 1);
    });
  }

  #gauge(
    name: string,
    help: string,
    labelNames: string[],
    look: (gauge: Gauge) => void | Promise<void>,
  ): void {
    const gauge: Gauge = new Gauge({
      ...{ name: `octavo_${name}`, help, labelNames, registers: [this.#registry] },
      collect: () => look(gauge),
    });
  }
}
