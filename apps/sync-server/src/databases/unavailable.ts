/** There is no database of this name, and the caller may not make one. */
export class NoSuchDatabaseError extends Error {
  override readonly name = 'NoSuchDatabaseError';
}

/** As many databases are open as may be, and all of them are in use; or none is opened any more. It passes. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
}
