import process from 'node:process';

/** Enough for every run to meet the common moments; each run chooses others. */
const USUAL = 6;

/** How often the crash specs kill: OCTAVO_KILLS for a thorough search. @throws for a number that is none */
export function chooseKills(): number {
  const given = process.env['OCTAVO_KILLS'];
  if (given === undefined) return USUAL;
  const kills = Number(given);
  if (!Number.isSafeInteger(kills) || kills < 1)
    throw new Error(`OCTAVO_KILLS is not a number of kills: ${given}`);
  return kills;
}
