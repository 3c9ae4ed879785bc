import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqlValue } from '@octavo/crsqlite/database.ts';
import type { CloseReason } from '@octavo/protocol/close-codes.ts';
import { transfer } from '@octavo/rpc/transfer.ts';
import type { WireCommand } from '@octavo/shop/server-commands/wire.ts';
import type { CopyMark } from '@octavo/sync/copy/copy-mark.ts';
import type { CloudReport } from '@octavo/sync/server/cloud-news.ts';
import type { SnapshotAccount } from '@octavo/sync/snapshot/snapshot-account.ts';
import type { CopyOwner, MergedFrom } from '../cloud/copy-source.ts';
import { beginCopyAnew, copyKnowledge, mergeFile, mergePart, type Merging } from '../cloud/merge-copies.ts';
import { copyPart } from '../cloud/replica-copies.ts';
import { backUpBeforeMigration } from '../data-folder/migration-backup.ts';
import type { CheckDepth } from './checks.ts';
import { FileChangedError } from './file-guard.ts';
import { isFatal, NotOpenError } from './host-errors.ts';
import type { ConnectionEffect } from './host-interface.ts';
import { OpenedDatabase } from './opened-database.ts';
import type { PutAsideDecision } from './put-aside.ts';
import { type CommandOrder, runCommand, standingOf } from './server-commands.ts';

export interface HostSurroundings {
  owner: string;
  perform: (effects: readonly ConnectionEffect[]) => void;
  /** Something was written to a database. */
  reportWrite: (database: string) => void;
  /** A database was lost. It is closed already. */
  reportFailure: (database: string, error: unknown) => void;
}

export type HostMethods = ReturnType<typeof createDatabaseHost>;

/**
 * The open databases of one worker thread, by name, as the functions that the main thread calls. A database whose
 * instance is lost is closed at once, its connections are told, and the others go on.
 */
export function createDatabaseHost({ owner, perform, reportWrite, reportFailure }: HostSurroundings) {
  const opened = new Map<string, OpenedDatabase>();

  function abandon(name: string, lost: OpenedDatabase, error: unknown): void {
    if (opened.get(name) === lost) opened.delete(name);
    try {
      // Whoever opens it again finds the other file.
      const reason =
        error instanceof FileChangedError && error.change === 'replaced' ? 'restarting' : 'database-failed';
      lost.abandon(reason, error instanceof Error ? error.message : String(error));
    } catch (closing) {
      reportFailure(name, closing);
    }
    reportFailure(name, error);
  }

  function use<Result>(name: string, run: (database: OpenedDatabase) => Result): Result {
    const database = opened.get(name) ?? notOpen(name);
    try {
      return database.guarded(() => run(database));
    } catch (error) {
      if (isFatal(error)) abandon(name, database, error);
      throw error;
    }
  }

  /** Does something step by step, so that whoever else uses the databases of this thread waits for one turn of it at most. */
  async function inSteps<Result>(name: string, begin: (database: OpenedDatabase) => Generator<void, Result>) {
    const begun = opened.get(name) ?? notOpen(name);
    const steps = use(name, begin);
    while (true) {
      // What was begun with a database that is lost by now says nothing about the one that has taken its place.
      if (opened.get(name) !== begun) return notOpen(name);
      const step = use(name, () => takeTurn(steps));
      if (step.done === true) return step.value;
      await nextTurn();
    }
  }

  /** Merges in steps; whoever is connected is told after each. */
  async function merge(name: string, begin: (database: OpenedDatabase) => Promise<Merging>) {
    using merging = await begin(opened.get(name) ?? notOpen(name));
    return await inSteps(name, (database) => telling(database, merging.steps));
  }

  return {
    /** Answers when the thread has come to it: a sign of life. */
    ping: () => opened.size,

    /** Says where a copy of the file lies, if it had to be migrated. */
    async open(name: string, path: string): Promise<{ backup: string | undefined }> {
      if (opened.has(name)) return { backup: undefined };
      let backup: string | undefined;
      const database = await OpenedDatabase.open(path, {
        owner,
        beforeMigration: async (beforeSchema) => {
          const order = { dataDir: dirname(path), database: name, path, beforeSchema, now: new Date() };
          backup = await backUpBeforeMigration(order);
        },
        perform,
        onWrite: () => reportWrite(name),
        onFailure: (error) => abandon(name, database, error),
      });
      opened.set(name, database);
      return { backup };
    },

    attach: (name: string, connection: number, mayWrite: boolean) =>
      use(name, (database) => database.handle({ type: 'opened', connection, mayWrite })),

    receive: (name: string, connection: number, bytes: Uint8Array) =>
      use(name, (database) => database.receive(connection, bytes)),

    detach: (name: string, connection: number) =>
      use(name, (database) => database.handle({ type: 'closed', connection })),

    meta: (name: string) => use(name, (database) => database.meta()),

    lineages: (name: string) => use(name, (database) => database.lineages()),

    exec: (name: string, sql: string, bind: readonly SqlValue[]) => {
      const json = use(name, (database) => database.exec(sql, bind));
      return transfer(json, [json.buffer]);
    },

    check: (name: string, depth: CheckDepth) => use(name, (database) => database.check(depth)),

    countQuarantined: (name: string) => use(name, (database) => database.countQuarantined()),

    quarantine: (name: string) => {
      const json = use(name, (database) => database.quarantine());
      return transfer(json, [json.buffer]);
    },

    decidePutAside: (name: string, id: number, decision: PutAsideDecision) =>
      use(name, (database) => database.decidePutAside(id, decision)),

    copyFile: (name: string, path: string) => use(name, (database) => database.copyFile(path)),

    copyStanding: (name: string) => use(name, (database) => database.copyStanding()),

    async copyPart(name: string, after: bigint, mostBytes: number) {
      const part = await inSteps(name, ({ replica }) => copyPart(replica, after, mostBytes));
      return part && transfer(part, [part.bytes.buffer]);
    },

    copyWhole: (name: string, path: string) => use(name, (database) => database.copyWhole(path)),

    markCopy: (name: string, owner: CopyOwner, mark: CopyMark) =>
      use(name, (database) => database.markCopy(owner, mark)),

    tellCloud: (name: string, report: Omit<CloudReport, 'site'>) =>
      use(name, (database) => database.tellCloud(report)),

    copyKnowledge: (name: string) => use(name, ({ replica }) => copyKnowledge(replica)),

    /** The shop under this name begins anew on purpose: no copy of another one is to take its place. */
    beginCopyAnew: (name: string) => use(name, ({ replica }) => beginCopyAnew(replica)),

    /** Merges what another site has written, and keeps that it is here. Returns up to where that site's log is here now. */
    mergeCopyPart: (name: string, from: MergedFrom, bytes: Uint8Array) =>
      merge(name, (database) => Promise.resolve(mergePart(database.replica, from, bytes))),

    /** As that, with a copy of the other site's whole file, which lies at a path. */
    mergeCopyFile: (name: string, from: Omit<MergedFrom, 'through'>, path: string) =>
      merge(name, (database) => mergeFile(database.replica, from, { path, owner })),

    judgeSnapshot: (name: string, snapshot: SnapshotAccount & { cells: number }) =>
      use(name, (database) => database.judgeSnapshot(snapshot)),

    disconnectAll: (name: string, reason: CloseReason) =>
      use(name, (database) => database.disconnectAll(reason)),

    /** What can be said of a command before it runs; undefined when it can run. */
    commandStanding: (name: string, command: WireCommand) =>
      use(name, ({ replica }) => standingOf(replica, command)),

    runCommand: (name: string, command: CommandOrder) =>
      use(name, (database) => {
        const outcome = runCommand(database, command);
        database.told();
        return outcome;
      }),

    importBooks: (name: string, input: unknown) => use(name, (database) => database.importBooks(input)),

    /** Tells the connections why, and lets go of the file. */
    close: (name: string, reason: CloseReason) =>
      use(name, (database) => {
        database.disconnectAll(reason);
        opened.delete(name);
        database.close();
      }),
  };
}

/** Steps are taken for so long before others have their turn: whoever reads gets ahead of somebody who writes all the time. */
const TURN_MS = 20;

function takeTurn<Result>(steps: Generator<void, Result>): IteratorResult<void, Result> {
  const began = performance.now();
  let step = steps.next();
  while (step.done !== true && performance.now() - began < TURN_MS) step = steps.next();
  return step;
}

function* telling<Result>(database: OpenedDatabase, steps: Generator<void, Result>): Generator<void, Result> {
  while (true) {
    const step = steps.next();
    database.told();
    if (step.done === true) return step.value;
    yield;
  }
}

function notOpen(name: string): never {
  throw new NotOpenError(`"${name}" is not open.`);
}
