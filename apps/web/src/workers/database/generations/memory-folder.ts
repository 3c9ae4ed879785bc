import type { Folder, FolderFile } from './folder.ts';

/** Thrown in the moment at which the power of a {@link MemoryFolder} goes. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/** A folder in memory for tests, whose power can be cut at any byte that is written and at any file that is deleted. */
export class MemoryFolder implements Folder {
  readonly content: Map<string, Uint8Array>;
  /** Bytes and deletions that still happen before the power is cut. */
  power = Infinity;

  constructor(content: Iterable<readonly [string, Uint8Array]> = []) {
    this.content = new Map(content);
  }

  /** The same files, with power. */
  restarted(): MemoryFolder {
    return new MemoryFolder(this.content);
  }

  files(): Promise<FolderFile[]> {
    return Promise.resolve([...this.content].map(([name, bytes]) => ({ name, size: bytes.length })));
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.content.get(name));
  }

  file(name: string): Promise<Blob | undefined> {
    const bytes = this.content.get(name);
    return Promise.resolve(bytes && new Blob([bytes.slice()]));
  }

  write(name: string, at: number, bytes: Uint8Array): Promise<void> {
    const survives = bytes.subarray(0, Math.min(bytes.length, this.power));
    const before = this.content.get(name) ?? new Uint8Array();
    const after = new Uint8Array(Math.max(before.length, at + survives.length));
    after.set(before);
    after.set(survives, at);
    this.content.set(name, after);
    return this.#spend(bytes.length);
  }

  async remove(name: string): Promise<void> {
    for (const file of [name, `${name}-journal`]) {
      if (!this.content.has(file)) continue;
      await this.#spend(1);
      this.content.delete(file);
    }
  }

  #spend(cost: number): Promise<void> {
    const over = this.power < cost;
    this.power -= cost;
    return over ? Promise.reject(new PowerCut('The power is gone.')) : Promise.resolve();
  }
}
