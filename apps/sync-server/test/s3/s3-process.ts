// A process that is an S3 server: `s3-process.ts <folder> <port> <bucket>`. Says on which port it listens.
import process from 'node:process';
import S3rver from '@20minutes/s3rver';

const [directory = '', port = '0', bucket = ''] = process.argv.slice(2);
const server = new S3rver({
  address: '127.0.0.1',
  port: Number(port),
  silent: true,
  directory,
  // It computes the signature of a listing in another way than Amazon and everybody else do.
  allowMismatchedSignatures: true,
  configureBuckets: [{ name: bucket, configs: [] }],
});
const address = await server.run();
process.stdout.write(`${address.port}\n`);
