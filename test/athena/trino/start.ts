import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mavenJars } from '../../aws/stand-ins/install.ts';
import { ServerNotStarted } from '../../aws/stand-ins/servers.ts';
import type { StandInServer } from '../../aws/stand-ins/servers.ts';
import { CATALOG, createTrinoClient } from './client.ts';

/** Of the age of Athena's engine 3; for Java 17. */
const VERSION = '411';
const STARTS_WITHIN_MS = 120_000;

/** Commands without which there is no Trino. */
export const NEEDED_COMMANDS = ['java', 'mvn'] as const;

/** A Trino server started here. */
export interface TrinoServer extends StandInServer {
  /** Where its metastore keeps a file for each table: a folder for each schema, of such for each table. */
  readonly metastore: string;
}

/**
 * Trino on a free port of the loopback, with the Hive connector and an empty metastore of files.
 * Installed by Maven the first time.
 *
 * @throws InstallFailed
 * @throws ServerNotStarted
 */
export async function startTrino(): Promise<TrinoServer> {
  const jars = (part: string) => mavenJars(join(import.meta.dirname, part, 'pom.xml'));
  const [server, hive] = [jars('server'), jars('hive')];
  const home = mkdtempSync(join(tmpdir(), 'tollbook-trino-'));
  let child: ChildProcess | undefined;
  const stop = async () => {
    await stopped(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const port = await freePort();
    installPlugin(join(home, 'plugin', 'hive'), hive);
    writeSettings(home, port);
    child = launch(home, server);
    const url = `http://127.0.0.1:${port}`;
    await answers(child, url);
    return { url, metastore: metastoreOf(home), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function metastoreOf(home: string): string {
  return join(home, 'metastore');
}

function launch(home: string, jars: string): ChildProcess {
  return spawn(
    'java',
    [
      ...['-Xmx640m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Duser.timezone=UTC'],
      ...['-Djdk.attach.allowAttachSelf=true', '--add-opens=java.base/java.nio=ALL-UNNAMED'],
      ...[`-Dconfig=${join(home, 'etc', 'config.properties')}`, '-cp', join(jars, '*')],
      ...[join(import.meta.dirname, 'TrinoServer.java'), VERSION],
    ],
    { cwd: home, stdio: ['pipe', 'pipe', 'pipe'] },
  );
}

/** A folder of jars, and in a folder of its own our class that names the connector. */
function installPlugin(folder: string, installed: string): void {
  const classes = join(folder, 'tollbook');
  const services = join(classes, 'META-INF', 'services');
  mkdirSync(services, { recursive: true });
  writeFileSync(join(services, 'io.trino.spi.Plugin'), 'HivePlugin\n');
  const jars = readdirSync(installed).filter((name) => name.endsWith('.jar'));
  for (const jar of jars) symlinkSync(join(installed, jar), join(folder, jar));
  // The compiler that `java` brings: there may be no `javac` beside it.
  const compiler = ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '-d', classes];
  const classPath = jars.map((jar) => join(installed, jar)).join(delimiter);
  const source = join(import.meta.dirname, 'HivePlugin.java');
  execFileSync('java', [...compiler, '-cp', classPath, source], { stdio: 'pipe' });
}

function writeSettings(home: string, port: number): void {
  const catalogs = join(home, 'etc', 'catalog');
  mkdirSync(catalogs, { recursive: true });
  writeProperties(join(home, 'etc', 'config.properties'), {
    ...{ coordinator: true, 'node-scheduler.include-coordinator': true },
    ...{ 'http-server.http.port': port, 'discovery.uri': `http://127.0.0.1:${port}` },
    ...{ 'node.environment': 'test', 'node.id': 'judge' },
    ...{ 'node.bind-ip': '127.0.0.1', 'node.internal-address': '127.0.0.1' },
    ...{ 'plugin.dir': join(home, 'plugin'), 'catalog.config-dir': catalogs },
    ...{ 'query.max-memory': '200MB', 'query.max-memory-per-node': '200MB' },
    'memory.heap-headroom-per-node': '100MB',
  });
  writeProperties(join(catalogs, `${CATALOG}.properties`), {
    ...{ 'connector.name': 'hive', 'hive.metastore': 'file', 'hive.metastore.user': 'test' },
    'hive.metastore.catalog.dir': `file://${metastoreOf(home)}`,
    ...{ 'hive.security': 'allow-all', 'hive.allow-register-partition-procedure': true },
  });
}

function writeProperties(file: string, settings: Readonly<Record<string, unknown>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${String(value)}\n`);
  writeFileSync(file, lines.join(''));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves once a question over a Hive table is answered: the server itself answers long before. */
async function answers(child: ChildProcess, url: string): Promise<void> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    // Read to the end: a full pipe would stop the server.
    stream?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4000);
    });
  }
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new ServerNotStarted(`trino: ended with ${String(code)} before it answered: ${said}`));
    });
  });
  await Promise.race([gone, firstAnswer(url, () => said)]);
}

async function firstAnswer(url: string, said: () => string): Promise<void> {
  const client = createTrinoClient(url);
  const giveUpMs = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    try {
      await client.ask('CREATE SCHEMA IF NOT EXISTS awake');
      await client.ask('CREATE TABLE IF NOT EXISTS awake.one (n bigint)');
      await client.ask('SELECT n FROM awake.one');
      return;
    } catch (error) {
      if (Date.now() > giveUpMs) {
        const { message } = error as Error;
        throw new ServerNotStarted(`trino: no answer, last ${message}: ${said()}`);
      }
      await sleep(250);
    }
  }
}

async function stopped(child?: ChildProcess): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // It holds nothing that anybody needs, and takes seconds to end in peace.
  child.kill('SIGKILL');
  await gone;
}
