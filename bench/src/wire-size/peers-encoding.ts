import { encode, tags } from '@vlcn.io/ws-common';
import type { Change } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';

export interface VersionedChange extends Change {
  version: DbVersion;
}

/** The size of the one message in which `@vlcn.io/ws-client` sends these changes, in bytes. */
export function bytesOfPeer(changes: readonly VersionedChange[]): number {
  const message = encode({
    _tag: tags.Changes,
    sender: changes[0]?.siteId ?? new Uint8Array(16),
    since: [0n, 0],
    changes: changes.map((change) => [
      change.table,
      change.key,
      change.column,
      asRead(change.value),
      change.columnVersion,
      change.version,
      // A client leaves its own id out, as the sender is named once.
      null,
      change.causalLength,
      change.sequence,
    ]),
  });
  return message.length;
}

/** Its binding reads INTEGER as a number. */
function asRead(value: CellValue): CellValue {
  return typeof value === 'bigint' ? Number(value) : value;
}
