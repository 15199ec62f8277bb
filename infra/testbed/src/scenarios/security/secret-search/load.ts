// A load for the search: alice runs every command, most of them fail, and programs are killed while they run.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Connected, Researcher, type Running } from '../../researcher.ts';
import type { RecordingTestbed } from './outputs.ts';

const tokenFile = '.huggingface/token';

/** Commands that run while everything works. */
const loadCommands: readonly string[][] = [
  ['config'],
  ['config', '--json'],
  ['version', '--json'],
  ['list', '--all'],
  ['status', 'a', '--json'],
  ['events', 'a', '--json', '--lines', '500'],
  ['open', 'a'],
  ['open', 'a', '--show-key'],
  ['doctor', '--json'],
  ['logs', 'a', '--source', 'agent'],
  ['logs', 'b', '--source', 'job'],
  ['deploy', 'demo', '--name', 'd', '--dry-run', '--set', `tokenFile=~/${tokenFile}`],
];

/** With `--verbose`, which prints the most. */
const failing: readonly string[][] = [
  ['chat', 'a', 'hi', '--model', 'nope', '--verbose'],
  ['connect', 'nope', '--verbose'],
  ['deploy', 'demo', '--name', 'a', '--verbose'],
  ['deploy', 'demo', '--name', 'e', '--verbose', '--set', 'slurm.partition=nope'],
  ['deploy', 'demo', '--name', 'f', '--verbose', '--config', 'unknown-host.yaml'],
  ['exec', 'a', '--verbose', '--', 'no-such-command'],
];

/** Makes two configurations: with an account that her key does not open, and with an unknown host. */
const prepare = `umask 077
sed 's/{ host: bastion }/{ host: bastion, user: bob }/' .config/fairlead/config.yaml > not-my-account.yaml
sed 's/login: { host: login }/login: { host: nowhere.invalid }/' .config/fairlead/config.yaml > unknown-host.yaml`;

type Outcome = 'works' | 'fails';

export class HardDay {
  readonly alice: Researcher;
  readonly #testbed: RecordingTestbed;
  readonly #asked: string;
  readonly #instances = new Map<string, string>();
  #connected: Connected | undefined;
  #follows: Running[] = [];
  #streams: ChildProcess[] = [];

  /** `asked` is a part of every prompt. */
  constructor(testbed: RecordingTestbed, asked: string) {
    this.#testbed = testbed;
    this.#asked = asked;
    this.alice = new Researcher(testbed);
  }

  /** Starts two deployments whose cores would be written, and the commands that run until the end. */
  async begin(huggingFaceToken: string): Promise<void> {
    await Promise.all([
      this.#root('login', 'for p in $(pgrep sshd); do prlimit --pid $p --core=unlimited; done'),
      this.#root('bastion', 'for p in $(pgrep sshd); do prlimit --pid $p --core=unlimited; done'),
      this.#root('node1', 'prlimit --pid $(pgrep -o slurmd) --core=unlimited'),
      this.#sh('laptop', prepare),
      this.#sh('login', `umask 077; mkdir -p .huggingface; cat > ${tokenFile}`, huggingFaceToken),
    ]);
    const settings = [
      `tokenFile=/home/alice/${tokenFile}`,
      'env.FAIRLEAD_AGENT_LOG=debug',
      'health={restartBaseSeconds: 0}',
    ];
    const flags = settings.flatMap((setting) => ['--set', setting]);
    for (const name of ['a', 'b']) this.#instances.set(name, (await this.alice.deploy(name, ...flags)).instance);
    this.#connected = await this.alice.connect('a');
    const follows = [
      ['a', '-f'],
      ['a', '-f', '--source', 'agent'],
    ];
    this.#follows = [...follows.map((args) => this.alice.start('logs', ...args)), this.alice.start('events', '-f')];
    this.#streams = [1, 2].map(() => this.#curl(this.#connected?.apiKey ?? ''));
    await Promise.all(this.#streams.flatMap(({ stdout }) => (stdout ? [once(stdout, 'data')] : [])));
  }

  async work(): Promise<void> {
    await Promise.all([this.#commands(loadCommands, 'works'), this.#use()]);
    await this.#commands(failing, 'fails');
    await this.#wrongKeys();
    await this.#killControl('SEGV');
    await this.#killControl('KILL');
  }

  /** Kills engine and agent of `b` so that a core would be written, then asks what happened. */
  async crash(): Promise<void> {
    const id = this.#instances.get('b');
    const ofB = `for p in $(pgrep -f '[e]ngine-sim.mjs'); do grep -qz FAIRLEAD_INSTANCE=${id} /proc/$p/environ && kill -SEGV $p; done; true`;
    await this.#root('node1', ofB);
    const events = this.#follows.at(-1);
    const isReady = (line: string) => line.includes('"deployment":"b"') && line.includes('"kind":"engine.ready"');
    await events?.line(() => events.lines.filter(isReady).length > 1);
    await this.#root('node1', `pkill -SEGV -f [j]obs/${id}/spec.json`);
    await this.alice.until('b', ({ state }) => state.status === 'failed');
    const about = (...commands: string[]) => commands.map((command) => [command, 'b', '--verbose']);
    await this.#commands([...about('status', 'events', 'logs'), ['logs', 'b', '--source', 'job']], 'works');
    await this.#commands(about('connect', 'chat'), 'fails');
  }

  /** Expects that all commands from the start still run. */
  get isServing(): boolean {
    return [...this.#follows.map(({ child }) => child), ...this.#streams].every(({ exitCode }) => exitCode === null);
  }

  async end(): Promise<void> {
    const children = [...this.#follows, this.#connected?.running].flatMap((running) => running?.child ?? []);
    const alive = [...children, ...this.#streams].filter(({ exitCode, pid }) => exitCode === null && pid !== undefined);
    await Promise.all(alive.map((child) => (process.kill(-(child.pid ?? 0), 'SIGKILL'), once(child, 'close'))));
  }

  async #commands(all: readonly string[][], outcome: Outcome): Promise<void> {
    const left = [...all];
    // Three at a time: each is a process that needs the processor.
    const lane = async () => {
      for (let args = left.shift(); args; args = left.shift()) await this.#fairlead(args, outcome);
    };
    await Promise.all([lane(), lane(), lane()]);
  }

  async #fairlead(
    args: readonly string[],
    outcome: Outcome,
    options: { stdin?: string; env?: Record<string, string> } = {},
  ) {
    const { code, stderr } = await this.#testbed.exec('laptop', ['fairlead', ...args], options);
    if ((code === 0) !== (outcome === 'works'))
      throw new Error(`fairlead ${args.join(' ')} ended with ${code}: ${stderr}`);
  }

  /** The prompt goes in by stdin, the key by the environment of a command. */
  async #use(): Promise<void> {
    const models =
      'echo "header = \\"authorization: Bearer $OPENAI_API_KEY\\"" | curl -sK - "$OPENAI_BASE_URL/models"; sleep 0.5';
    await this.#fairlead(['chat', 'a', '--max-tokens', '8'], 'works', { stdin: `${this.#asked} by chat` });
    await this.#fairlead(['exec', 'a', '--', 'sh', '-c', models], 'works');
    await once(this.#curl('no-such-key'), 'close');
  }

  /** For the bastion's account, and for control. */
  async #wrongKeys(): Promise<void> {
    const file = '.local/state/fairlead/profile.json';
    const other = `umask 077; sed 's/flo_[A-Za-z0-9_-]*/flo_not_a_token_of_anybody/' ${file} > wrong-token.json`;
    await this.#sh('laptop', other);
    const env = { FAIRLEAD_PROFILE: '/home/alice/wrong-token.json' };
    await this.#fairlead(['list', '--verbose'], 'fails', { env });
    const fresh = { FAIRLEAD_PROFILE: '/home/alice/no-profile-yet.json' };
    await this.#fairlead(['list', '--verbose', '--config', 'not-my-account.yaml'], 'fails', { env: fresh });
  }

  /** The laptop's next connection runs the gate, and the gate starts control again. */
  async #killControl(signal: string): Promise<void> {
    await this.#root('bastion', `kill -${signal} $(pgrep -f '[c]ontrol.mjs serve')`);
    await this.#fairlead(['status', 'a', '--verbose'], 'works');
  }

  /** Key and prompt go in by stdin: every user of the laptop could read them in argv. */
  #curl(apiKey: string): ChildProcess {
    const { baseUrl = '', model = '' } = this.#connected ?? {};
    const messages = [{ role: 'user', content: `${this.#asked} by curl` }];
    const body = { model, stream: true, max_tokens: 1000, messages, sim: { decode_ms: 500, tokens: 1000 } };
    const lines = [
      `url = "${baseUrl}/chat/completions"`,
      `header = "authorization: Bearer ${apiKey}"`,
      'header = "content-type: application/json"',
      `data = ${JSON.stringify(JSON.stringify(body))}`,
    ];
    const child = this.#testbed.spawn('laptop', ['curl', '-sN', '-K', '-']);
    child.stdin?.end(lines.join('\n'));
    return child;
  }

  async #root(host: string, script: string): Promise<void> {
    await this.#done(host, script, { user: 'root' });
  }

  async #sh(host: string, script: string, stdin = ''): Promise<void> {
    await this.#done(host, script, { stdin });
  }

  async #done(host: string, script: string, options: { user?: string; stdin?: string }): Promise<void> {
    const { code, stderr } = await this.#testbed.exec(host, ['sh', '-c', script], options);
    if (code !== 0) throw new Error(`cannot do this on ${host}: ${script}: ${stderr}`);
  }
}
