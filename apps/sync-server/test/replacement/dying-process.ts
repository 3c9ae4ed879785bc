import process from 'node:process';
import { DataFolder } from '../../src/data-folder/data-folder.ts';
import { decideReplacement, finishReplacement } from '../../src/data-folder/replacement.ts';

/**
 * A process that begins to replace a database and dies, as by a power cut, after so many steps: `node dying-process.ts
 * <data folder> <database> <prepared file> <steps>`.
 */
const [dataDir = '', database = '', prepared = '', steps = ''] = process.argv.slice(2);
const paths = new DataFolder(dataDir).replacementPaths(database);

let taken = 0;
for (const part of [() => decideReplacement(paths, prepared, new Date()), () => finishReplacement(paths)]) {
  const walk = part();
  for (let step = await walk.next(); step.done !== true; step = await walk.next()) {
    process.stdout.write(`${step.value}\n`);
    taken += 1;
    if (taken === Number(steps)) process.kill(process.pid, 'SIGKILL');
  }
}
