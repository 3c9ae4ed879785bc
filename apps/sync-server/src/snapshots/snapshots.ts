import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Databases } from '../databases/databases.ts';
import type { SnapshotVerdict } from '../databases/host-interface.ts';
import { SnapshotBuilder, SnapshotFailedError } from './snapshot-builder.ts';
import { type KeptSnapshot, SnapshotShelf } from './snapshot-shelf.ts';

interface JudgedSnapshot {
  snapshot: KeptSnapshot;
  verdict: Exclude<SnapshotVerdict, 'void'>;
}

export interface Access {
  /** Whether the database may be made where there is none. */
  create: boolean;
}

/**
 * The snapshots of all databases. One is made when somebody asks and there is none that is new enough; whoever asks
 * meanwhile waits for the same one.
 */
export class Snapshots {
  readonly #databases: Databases;
  readonly #logger: Logger;
  readonly #builder = new SnapshotBuilder();
  readonly #shelves = new Map<string, SnapshotShelf>();
  readonly #underWay = new Map<string, Promise<KeptSnapshot>>();

  constructor({ databases, logger }: { databases: Databases; logger: Logger }) {
    this.#databases = databases;
    this.#logger = logger;
  }

  /**
   * One of which less than 5 % of the log is newer.
   * @throws SnapshotFailedError, and what `Databases.use` throws.
   */
  current(name: string, access: Access): Promise<KeptSnapshot> {
    let current = this.#underWay.get(name);
    if (current === undefined) {
      current = this.#current(name, access).finally(() => this.#underWay.delete(name));
      this.#underWay.set(name, current);
    }
    return current;
  }

  /** The one that a download has begun with, where it is still kept and still of the log. */
  async kept(name: string, sha256: string, access: Access): Promise<KeptSnapshot | undefined> {
    const kept = await this.#shelf(name).list();
    const snapshot = kept.find(({ facts }) => facts.sha256 === sha256);
    return snapshot === undefined ? undefined : (await this.#judge(name, snapshot, access))?.snapshot;
  }

  /** The database is another one now. */
  async discard(name: string): Promise<void> {
    await this.#shelf(name).clear();
  }

  close(): Promise<void> {
    return this.#builder.close();
  }

  async #current(name: string, access: Access): Promise<KeptSnapshot> {
    const newest = await this.#newest(name, access);
    if (newest?.verdict === 'current') return newest.snapshot;
    await this.#build(name, access);
    const built = await this.#newest(name, access);
    if (built === undefined)
      throw new SnapshotFailedError(`"${name}" was replaced while its snapshot was made. Try again.`);
    return built.snapshot;
  }

  async #newest(name: string, access: Access): Promise<JudgedSnapshot | undefined> {
    for (const snapshot of await this.#shelf(name).list()) {
      const judged = await this.#judge(name, snapshot, access);
      if (judged !== undefined) return judged;
    }
    return undefined;
  }

  /** Undefined for one that is void, which is removed. */
  async #judge(name: string, snapshot: KeptSnapshot, access: Access): Promise<JudgedSnapshot | undefined> {
    const verdict = await this.#databases.use(name, access, (remote) =>
      remote.judgeSnapshot(name, snapshot.facts),
    );
    if (verdict !== 'void') return { snapshot, verdict };
    await this.#shelf(name).remove(snapshot);
    return undefined;
  }

  async #build(name: string, access: Access): Promise<void> {
    const { folder } = this.#databases;
    const copy = folder.temporaryPath(name);
    const target = folder.temporaryPath(name);
    try {
      const facts = await this.#builder.build({ copy, target }, () =>
        this.#databases.use(name, access, (remote) => remote.copyFile(name, copy)),
      );
      await this.#shelf(name).add(target, facts);
      const { version, bytes } = facts;
      this.#logger.info({ database: name, version: String(version), bytes }, 'snapshot made');
    } finally {
      for (const left of [copy, target]) await rm(left, { force: true });
    }
  }

  #shelf(name: string): SnapshotShelf {
    let shelf = this.#shelves.get(name);
    if (shelf === undefined) {
      shelf = new SnapshotShelf(this.#databases.folder.snapshotsPath(name));
      this.#shelves.set(name, shelf);
    }
    return shelf;
  }
}
