const PREFIX = 'octavo:';

/** The app's own marks of its start, in the order in which they were reached; milliseconds from the navigation. */
export function bootSteps(
  marks: readonly { name: string; startTime: number }[],
): { name: string; at: number }[] {
  return marks
    .filter(({ name }) => name.startsWith(PREFIX))
    .map(({ name, startTime }) => ({ name: name.slice(PREFIX.length), at: startTime }))
    .sort((left, right) => left.at - right.at);
}
