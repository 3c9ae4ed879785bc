/** What is wrong with a snapshot: a closed list, for whoever decides what to do instead. */
export type SnapshotFault =
  /** The file holds no snapshot, or one that has been adopted already. */
  | 'not-a-snapshot'
  /** It holds another kind of data, or a newer schema than this app knows. */
  | 'other-schema'
  /** It contradicts itself. */
  | 'damaged';

/** A snapshot cannot be used. Nothing of the file has been changed; the replica can be filled by streaming instead. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: SnapshotFault;

  constructor(code: SnapshotFault, message: string) {
    super(message);
    this.code = code;
  }
}
