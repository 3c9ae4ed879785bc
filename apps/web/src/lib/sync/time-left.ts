/** How long something will take, as exactly as it can be known; empty where nothing can be said. */
export function timeLeftWords(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 2) return 'nearly done';
  // Steps grow with the time: nobody can promise a second in ten minutes.
  if (seconds < 20) return `about ${Math.ceil(seconds)} seconds left`;
  if (seconds < 90) return `about ${Math.ceil(seconds / 10) * 10} seconds left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} minutes left` : `about ${Math.round(minutes / 60)} hours left`;
}
