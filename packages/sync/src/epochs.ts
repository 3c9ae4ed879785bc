import { type DbVersion, type Epoch, sameId } from '@octavo/protocol/identity.ts';

/** What one side knows of a log: the epochs it was told, and the position up to which it has heard of it. */
export interface LogKnowledge {
  epochs: readonly Epoch[];
  position: DbVersion;
}

/**
 * How far two accounts of one log agree [EP-3]: the version up to which what `known` says is still what `actual` holds.
 * Below `known.position` it means that the log was replaced by an older copy, whatever was written to it since.
 *
 * The last epoch in common ends, on either side, where the next one begins, or else where that side stands. This is
 * Kafka's leader-epoch rule (KIP-101) for databases.
 */
export function agreement(known: LogKnowledge, actual: LogKnowledge): DbVersion {
  for (let index = known.epochs.length - 1; index >= 0; index -= 1) {
    const epoch = known.epochs[index];
    if (epoch === undefined) continue;
    const actualIndex = actual.epochs.findLastIndex((candidate) => sameId(candidate.id, epoch.id));
    if (actualIndex < 0) continue;
    return least(known.position, end(known, index), end(actual, actualIndex));
  }
  return 0n;
}

/** The last version of an epoch, as far as this side knows. */
function end(log: LogKnowledge, index: number): DbVersion {
  const next = log.epochs[index + 1];
  return next === undefined ? log.position : next.firstVersion - 1n;
}

/** The epochs that had begun at a version. */
export function epochsUpTo(epochs: readonly Epoch[], version: DbVersion): Epoch[] {
  return epochs.filter((epoch) => epoch.firstVersion <= version);
}

function least(...versions: DbVersion[]): DbVersion {
  return versions.reduce((left, right) => (right < left ? right : left));
}
