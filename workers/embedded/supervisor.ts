import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { isBucketUrl } from '../../activities/artifacts/stores/s3-bucket.ts';
import { AlpacaError } from '../../activities/errors.ts';
import { withoutSecretVariables } from '../../activities/process/child-environment.ts';
import type { LocalModel } from '../../activities/teacher/profile/local-profile.ts';
import { unlessAborted } from '../../activities/teacher/unless-aborted.ts';
import { readWebConfiguration } from '../web/web-configuration.ts';
import { type Environment, EnvironmentFile } from './environment-file.ts';
import { anyPort, choosePort, despiteTakenPorts } from './ports.ts';
import {
  dataWorker,
  gpuWorker,
  localTeacher,
  offlineTeacher,
  type ServiceSettings,
  webService,
} from './services.ts';
import {
  LONGEST_STOP_MS,
  type ProcessSpec,
  type ProcessSurroundings,
  SupervisedProcess,
} from './supervised-process.ts';
import { prepareLogs, startGuard } from './surroundings.ts';
import {
  answers,
  devServer,
  keepEndedRuns,
  registerSearchAttributes,
  startedItself,
} from './temporal-server.ts';

export interface EnvironmentOptions {
  /** where state, logs and, by default, the store are: `.alpaca` */
  stateFolder: string;
  store: string;
  /** use the server that TEMPORAL_* points at in place of a dev server */
  existing: boolean;
  /** the Temporal CLI that set-up found */
  cli: string;
  /** what the teacher `local` answers with; null: there is none */
  localTeacher: LocalModel | null;
  /** leave Temporal's web pages away */
  headless: boolean;
  verbose: boolean;
  say(line: string): void;
  env: NodeJS.ProcessEnv;
  /** ends the start; what has started by then is ended */
  signal: AbortSignal;
}

export interface StandingEnvironment {
  environment: Environment;
  /** settles only when the environment can no longer stand: rejects with the reason */
  failure: Promise<never>;
  /** ends everything; a second call does not wait for anybody */
  stop(): Promise<void>;
}

/** Used where they are free; the teacher takes any. */
const PORTS = { temporal: 7233, ui: 8233, chat: 8289 };
/** A process that ends is told of at once; one that starts where much else is computed may take minutes. */
const READY_WITHIN_MS = 300_000;

/** Starts the whole environment, or fails and leaves nothing running. */
export async function startEnvironment(options: EnvironmentOptions): Promise<StandingEnvironment> {
  const supervisor = new Supervisor(options);
  const starting = supervisor.start();
  try {
    await unlessAborted(starting, options.signal);
  } catch (error) {
    await supervisor.stop();
    // What is ended under it fails the start too, which may not take the one place after that.
    await starting.catch(() => {});
    await supervisor.leave();
    throw error;
  }
  return supervisor;
}

class Supervisor implements StandingEnvironment {
  readonly #options: EnvironmentOptions;
  readonly #file: EnvironmentFile;
  readonly #processes: SupervisedProcess[] = [];
  readonly #failure = Promise.withResolvers<never>();
  readonly #guard: ReturnType<typeof startGuard>;
  #around: ProcessSurroundings | undefined;
  #claimed = false;
  #webPort: number | undefined;
  #stopping: Promise<void> | undefined;
  environment: Environment;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
    this.#file = new EnvironmentFile(options.stateFolder);
    this.#guard = startGuard(this.#file.path);
    this.#failure.promise.catch(() => {});
    const configured = options.existing ? loadClientConnectConfig() : null;
    this.environment = {
      state: 'starting',
      pid: process.pid,
      startedAt: new Date().toISOString(),
      existing: options.existing,
      address: configured?.connectionOptions.address ?? `127.0.0.1:${PORTS.temporal}`,
      namespace: configured?.namespace ?? 'default',
      uiUrl: null,
      webUrl: null,
      teacherUrl: null,
      localTeacherUrl: null,
      chatUrl: null,
      store: options.store,
      processes: [],
    };
  }

  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  async start(): Promise<void> {
    const { stateFolder, say, verbose, localTeacher: model } = this.#options;
    const { port: webPort } = readWebConfiguration(this.#options.env);
    // What is in a state folder, and in the store there, is for nobody else on this machine.
    process.umask(0o077);
    const logFolder = await prepareLogs(stateFolder);
    const onGivenUp = (error: AlpacaError) => this.#failure.reject(error);
    const onRestarted = () => {
      if (this.environment.state === 'ready') this.#writeFile().catch((error) => say(String(error)));
    };
    this.#around = { logFolder, guard: this.#guard, say, verbose, onRestarted, onGivenUp };
    await this.#claim();
    if (!isBucketUrl(this.#options.store)) await mkdir(this.#options.store, { recursive: true });
    const [teacherUrl, localTeacherUrl, env] = await Promise.all([
      this.#startTeacher(offlineTeacher),
      model && this.#startTeacher((settings, port) => localTeacher(settings, model, port)),
      this.#startTemporal(),
    ]);
    Object.assign(this.environment, { teacherUrl, localTeacherUrl });
    const settings: ServiceSettings = {
      stateFolder,
      // Any port that is free: the supervisor asks them whether their loop goes on.
      env: {
        ...env,
        ALPACA_OFFLINE_TEACHER_URL: teacherUrl,
        ...(localTeacherUrl === null ? {} : { ALPACA_LOCAL_TEACHER_URL: localTeacherUrl }),
        ALPACA_HEALTH_PORT: '0',
        ALPACA_HEALTH_HOST: '127.0.0.1',
      },
    };
    await Promise.all([
      this.#begin(dataWorker(settings)).startUntilLine(READY_WITHIN_MS),
      // Pages of runs lead to the chat, and it leads back to them: both ports are chosen first.
      despiteTakenPorts(() => this.#startGpuWorker(settings, webPort)).then(() =>
        despiteTakenPorts(() => this.#startWeb(settings, webPort)),
      ),
    ]);
    this.environment.state = 'ready';
    await this.#writeFile();
  }

  stop(): Promise<void> {
    if (this.#stopping) {
      return Promise.all(this.#processes.map((process) => process.stop(0))).then(() => {});
    }
    this.#stopping = this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    // Workers end what they have begun, for which they need the teacher, and then the server.
    const isWorker = ({ spec }: SupervisedProcess) => spec.name.endsWith('-worker');
    const workers = this.#processes.filter(isWorker);
    const others = this.#processes.filter((process) => !isWorker(process));
    await Promise.all(workers.map((process) => process.stop()));
    await Promise.all(others.map((process) => process.stop()));
    this.#guard.close();
    await this.leave();
  }

  /** Gives the one place in the state folder back. */
  async leave(): Promise<void> {
    if (this.#claimed) await this.#file.remove();
    this.#claimed = false;
  }

  /** Takes the one place in this state folder, after what a dead supervisor left has been ended. */
  async #claim(): Promise<void> {
    const left = await this.#file.leftBehind();
    if (left.length > 0) this.#options.say('ending what an earlier environment left running');
    const deadline = Date.now() + LONGEST_STOP_MS;
    while ((await this.#file.leftBehind()).length > 0 && Date.now() < deadline) {
      this.#options.signal.throwIfAborted();
      await sleep(100);
    }
    this.#claimed = await this.#file.claim(this.environment);
    if (!this.#claimed)
      throw new AlpacaError('Configuration', `Another environment is standing (${this.#file.path}).`, {
        remedy: 'Use it, or end it with `npx alpaca down`.',
      });
  }

  #writeFile(): Promise<void> {
    this.environment.processes = this.#processes.map(({ spec, pid }) => ({ name: spec.name, pid: pid ?? 0 }));
    return this.#file.write(this.environment);
  }

  #begin(spec: ProcessSpec): SupervisedProcess {
    if (!this.#around) throw new Error('the supervisor has not started');
    this.#options.signal.throwIfAborted();
    const process = new SupervisedProcess(spec, this.#around);
    this.#processes.push(process);
    return process;
  }

  async #startTeacher(specOf: (settings: ServiceSettings, port: number) => ProcessSpec): Promise<string> {
    // Its own choice of port would differ after a restart, and the workers know the first.
    const port = await anyPort();
    const { stateFolder, env } = this.#options;
    const { url } = await this.#begin(specOf({ stateFolder, env }, port)).startUntilLine(READY_WITHIN_MS);
    return String(url);
  }

  async #startGpuWorker({ stateFolder, env }: ServiceSettings, preferred: number): Promise<void> {
    const { port } = await this.#port('chat', PORTS.chat);
    this.#webPort ??= (await this.#port('web service', preferred)).port;
    const settings = { stateFolder, env: { ALPACA_WEB_URL: `http://127.0.0.1:${this.#webPort}`, ...env } };
    const { url } = await this.#begin(gpuWorker(settings, port)).startUntilLine(READY_WITHIN_MS);
    this.environment.chatUrl = String(url);
  }

  async #startWeb({ stateFolder, env }: ServiceSettings, preferred: number): Promise<void> {
    const { port } = await this.#port('web service', this.#webPort ?? preferred);
    const settings = { stateFolder, env: { ...env, ALPACA_CHAT_URL: this.environment.chatUrl ?? '' } };
    const { url } = await this.#begin(webService(settings, port)).startUntilLine(READY_WITHIN_MS);
    this.environment.webUrl = String(url);
  }

  /** Returns the environment variables that lead workers to the server. */
  async #startTemporal(): Promise<NodeJS.ProcessEnv> {
    const { env, store } = this.#options;
    const ours = { ...env, ALPACA_STORE: store };
    if (this.#options.existing) {
      const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
      const { address } = this.environment;
      if (!(await answers({ ...connectionOptions, address }, namespace)))
        throw new AlpacaError(
          'Configuration',
          `No Temporal server answers at ${address} (namespace ${namespace}).`,
          {
            remedy: 'Check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and its keys, or leave --existing away.',
          },
        );
      await registerSearchAttributes({ ...connectionOptions, address }, namespace);
      return ours;
    }
    return despiteTakenPorts(() => this.#startServer(ours));
  }

  async #startServer(ours: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
    const { port } = await this.#port('Temporal server', PORTS.temporal);
    const uiPort = this.#options.headless ? null : (await this.#port('Temporal UI', PORTS.ui)).port;
    const address = `127.0.0.1:${port}`;
    const workerEnv = { ...ours, ...(await this.#ownServerOnly(address)) };
    const databaseFile = join(this.#options.stateFolder, 'temporal.db');
    const env = withoutSecretVariables(workerEnv, /^TEMPORAL_/);
    const server = this.#begin(devServer({ cli: this.#options.cli, port, uiPort, databaseFile, env }));
    await server.startUntil(
      READY_WITHIN_MS,
      startedItself(server, () => answers({ address }, 'default')),
    );
    await registerSearchAttributes({ address }, 'default');
    await keepEndedRuns({ address }, 'default');
    this.environment.address = address;
    this.environment.uiUrl = uiPort === null ? null : `http://127.0.0.1:${uiPort}`;
    return { ...workerEnv, ALPACA_TEMPORAL_UI_URL: this.environment.uiUrl ?? '' };
  }

  /** TEMPORAL_* of the user's shell and profile belong to another server: ours is named in their place. */
  async #ownServerOnly(address: string): Promise<NodeJS.ProcessEnv> {
    const profile = join(this.#options.stateFolder, 'temporal.toml');
    await writeFile(profile, `[profile.default]\naddress = "${address}"\nnamespace = "default"\n`);
    const names = Object.keys(this.#options.env).filter((name) => name.startsWith('TEMPORAL_'));
    return {
      ...Object.fromEntries(names.map((name) => [name, undefined])),
      TEMPORAL_CONFIG_FILE: profile,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: 'default',
    };
  }

  async #port(what: string, preferred: number) {
    const choice = await choosePort(preferred);
    if (!choice.preferred) this.#options.say(`port ${preferred} is taken: the ${what} uses ${choice.port}`);
    return choice;
  }
}
