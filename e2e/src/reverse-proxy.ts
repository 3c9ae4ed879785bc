import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from './paths.ts';
import { type ReverseProxyName, reverseProxyPrograms } from './reverse-proxy-programs.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

const START_LIMIT_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/**
 * A real nginx or Caddy that ends TLS in front of a server, set up by the example in `deploy/` with nothing changed but
 * the name, the ports and where the certificate lies.
 */
export class ReverseProxy implements AsyncDisposable {
  /** What the server has to know as its public origin. */
  readonly url: string;
  readonly #name: ReverseProxyName;
  readonly #folder: string;
  readonly #ports: Ports;
  #running: ChildProcess | undefined;
  #said = '';

  private constructor(name: ReverseProxyName, folder: string, ports: Ports) {
    this.#name = name;
    this.#folder = folder;
    this.#ports = ports;
    this.url = `https://localhost:${ports.secure}`;
  }

  /** Chooses where it will listen. {@link leadTo} begins to. */
  static async prepare(name: ReverseProxyName): Promise<ReverseProxy> {
    return new ReverseProxy(name, await makeTemporaryFolder(name), await freePorts());
  }

  /** Passes everything on to the server on this port, until it is stopped. */
  async leadTo(serverPort: number): Promise<void> {
    const program = reverseProxyPrograms[this.#name];
    const configure = this.#name === 'nginx' ? configureNginx : configureCaddy;
    const child = spawn(program, await configure(this.#folder, this.#ports, serverPort), {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Where Caddy keeps the authority that it makes for itself.
      env: { HOME: this.#folder, XDG_DATA_HOME: this.#folder, XDG_CONFIG_HOME: this.#folder },
    });
    this.#running = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await listens(this.#ports.secure))) {
      if (child.exitCode !== null || performance.now() > deadline)
        throw new Error(`${program} did not start.\n${this.#said}`);
      await delay(LOOK_AGAIN_MS);
    }
  }

  /** Ends it as a restart does, with every connection that goes through it. */
  async stop(): Promise<void> {
    const child = this.#running;
    this.#running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeFolder(this.#folder);
  }
}

interface Ports {
  secure: number;
  plain: number;
}

/** Writes the settings. Returns what the program is started with. */
async function configureNginx(
  folder: string,
  { secure, plain }: Ports,
  serverPort: number,
): Promise<string[]> {
  const certificate = await makeCertificate(folder);
  const site = replaceAll(await example('nginx.conf'), {
    'shop.example.com': 'localhost',
    '127.0.0.1:8080': `127.0.0.1:${serverPort}`,
    'listen 443': `listen 127.0.0.1:${secure}`,
    'listen 80': `listen 127.0.0.1:${plain}`,
    '/etc/ssl/octavo/certificate.pem': certificate.certificate,
    '/etc/ssl/octavo/key.pem': certificate.key,
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  for (const kind of temporary) await mkdir(join(folder, kind), { recursive: true });
  const main = `
    daemon off;
    pid ${join(folder, 'nginx.pid')};
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${temporary.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join('\n      ')}
      ${site}
    }`;
  const path = join(folder, 'nginx.conf');
  await writeFile(path, main);
  return ['-c', path, '-p', folder, '-e', 'stderr'];
}

/** Writes the settings. Returns what the program is started with. */
async function configureCaddy(folder: string, { secure }: Ports, serverPort: number): Promise<string[]> {
  const site = replaceAll(await example('Caddyfile'), {
    // For this name it signs the certificate itself.
    'shop.example.com {': `https://localhost:${secure} {\n\tbind 127.0.0.1`,
    '127.0.0.1:8080': `127.0.0.1:${serverPort}`,
  });
  const path = join(folder, 'Caddyfile');
  await writeFile(path, `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n${site}`);
  return ['run', '--config', path, '--adapter', 'caddyfile'];
}

function example(name: string): Promise<string> {
  return readFile(join(root, 'deploy', name), 'utf8');
}

/** @throws when the example does not say any more what is to be replaced. */
function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`The example says nothing of "${from}".`);
    return before.replaceAll(from, to);
  }, text);
}

async function makeCertificate(folder: string): Promise<{ certificate: string; key: string }> {
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-keyout', key, '-out', certificate],
  ]);
  return { certificate, key };
}

/** Ports that nobody listens on at this moment. */
async function freePorts(): Promise<Ports> {
  const [secure, plain] = await Promise.all([freePort(), freePort()]);
  return { secure, plain };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('It did not listen on a port.');
  return address.port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Refused: not yet.
    return false;
  } finally {
    socket.destroy();
  }
}
