import process from 'node:process';

/** A repeatable source of numbers in [0, 1) (mulberry32), so that a run at random moments can be run again. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The seed in OCTAVO_SEED, to repeat a run, else a new one. */
export function chooseSeed(): number {
  const given = process.env['OCTAVO_SEED'];
  return given === undefined || given === '' ? Math.floor(Math.random() * 2 ** 32) : Number(given);
}
