// The architecture as data: every room of the repository, the rooms that it may import and why, and its third-party packages.
// An import that is not listed is forbidden. Add an entry here before the first file of a new folder.

export interface Room {
  /** What the room holds, in a few words. */
  holds: string;
  /** Rooms it may import, by their doors; each with the reason. */
  imports: Readonly<Record<string, string>>;
  /** Additional rooms that only its tests may import. */
  testImports?: Readonly<Record<string, string>>;
  /** Rooms whose files it finds by their paths, in a checkout, and so past their doors; each with the reason. */
  reads?: Readonly<Record<string, string>>;
  thirdParty: readonly string[];
  /** Additional packages that only its tests may import; every test may import `vitest`. */
  testThirdParty?: readonly string[];
  /** The room is only for tests and tools: it is not shipped, and may import `./testing` doors. */
  isTooling?: true;
}

const kit = { 'packages/kit': 'clock, scope, errors: words without a domain' };
const protocol = { 'packages/protocol': 'messages and files that programs exchange' };
const startsPrograms = { 'packages/testkit': 'tests start our programs and worlds through it' };
const localSsh = { 'packages/ssh': 'real SSH servers for tests stand behind its testing door' };

export const allowedPicture: Readonly<Record<string, Room>> = {
  'apps/control': {
    holds: 'who is where and until when, on the bastion',
    imports: { ...kit, ...protocol, 'packages/sqlite': 'its records are rows of SQLite' },
    testImports: startsPrograms,
    thirdParty: [
      '@hono/node-server',
      '@peculiar/x509',
      'drizzle-orm',
      'hono',
      'pino',
      'reflect-metadata',
      'ws',
      'zod',
      'zod-openapi',
    ],
    testThirdParty: ['@apidevtools/swagger-parser', 'drizzle-kit', 'fast-check'],
  },
  'apps/node-agent': {
    holds: 'front, supervisor and links of one node of a job',
    imports: {
      ...kit,
      ...protocol,
      'packages/ssh': 'its tunnels are SSH connections',
      'packages/carrier': 'offers the instance to its consumers',
      'packages/mux': 'its front takes many requests from one channel',
      'packages/engines': 'the agent alone builds the argv of an engine',
      'packages/openai-wire': "routes and refusals of the front in OpenAI's shape",
      'packages/scheduler': 'what a running job knows of itself: identity, deadline, notices',
    },
    testImports: { ...startsPrograms, 'packages/engine-sim': 'the engine of its tests' },
    thirdParty: ['pidtree', 'pino', 'prom-client', 'ws'],
  },
  'apps/gateway': {
    holds: "a team's front door: keys, limits, routing, usage",
    imports: {
      ...kit,
      ...protocol,
      'packages/carrier': 'reaches the instances',
      'packages/client': "a consumer as others: its session, control's list of deployments",
      'packages/openai-wire': 'heads, bodies, routes and errors of the API that it serves',
      'packages/sqlite': 'members, keys and usage are rows of SQLite',
    },
    testImports: { 'packages/mux': 'a front that keeps its sessions' },
    reads: { 'infra/gateway': 'files for proxies and systemd, which its tests run' },
    thirdParty: ['drizzle-orm', 'pino', 'prom-client', 'ws'],
    testThirdParty: ['drizzle-kit', 'fast-check', 'openai'],
  },
  'packages/kit': {
    holds: 'clock, backoff, errors, scope, secrets, state machines',
    // Knows no term of the domain and imports nothing of ours.
    imports: {},
    thirdParty: ['fastest-levenshtein'],
  },
  'packages/sqlite': {
    holds: "drizzle over the runtime's own SQLite; no table of ours",
    imports: {},
    thirdParty: ['drizzle-orm'],
  },
  'packages/protocol': {
    holds: 'every message and its error codes',
    imports: {
      'packages/kit': 'a secret is a type at every stop: kit has the type, the protocol its codec',
    },
    thirdParty: ['zod'],
  },
  'packages/ssh': {
    holds: 'SSH toolkit: connect, run, upload, forward; none of our messages',
    imports: { ...kit },
    thirdParty: ['ssh2'],
  },
  'packages/mux': {
    holds: 'many requests in one channel: frames, credit, scheduling, and their streams',
    imports: { ...kit },
    thirdParty: [],
    testThirdParty: ['fast-check'],
  },
  'packages/scheduler': {
    holds: 'Slurm and the local scheduler; none of our messages, and no way to the login host',
    imports: { ...kit },
    thirdParty: ['zod'],
  },
  'packages/planner': {
    holds: 'which GPUs a model needs: model presets, GPU types, site profiles, the memory model',
    // Facts alone: it starts nothing and asks nothing.
    imports: {},
    thirdParty: ['zod'],
  },
  'packages/config': {
    holds: 'fairlead.yaml: schema, defaults, contradictions, presets; site profiles of users',
    imports: {
      ...kit,
      ...protocol,
      'packages/engines': 'settings of an engine are read by its own schema',
      'packages/planner': 'presets are made of its models, and it has the format of a site profile',
    },
    thirdParty: ['yaml', 'zod'],
  },
  'packages/engines': {
    holds: 'one folder per engine: argv, observation, verdicts',
    imports: { ...kit, ...protocol, 'packages/openai-wire': 'the routes that an engine offers to consumers' },
    testImports: { ...startsPrograms, 'packages/engine-sim': 'an engine to try the contract on' },
    thirdParty: ['zod'],
  },
  'packages/openai-wire': {
    holds: "routes, refusals and events in OpenAI's and Anthropic's shape",
    imports: { 'packages/protocol': 'the codes of refusals and their HTTP status' },
    thirdParty: ['eventsource-parser'],
    testThirdParty: ['fast-check'],
  },
  'packages/carrier': {
    holds: 'offer and reach: how bytes get from a consumer to a front',
    imports: { ...kit, ...protocol, 'packages/ssh': 'a bastion socket is reached by SSH' },
    testImports: localSsh,
    thirdParty: ['ws'],
  },
  'packages/client': {
    holds: 'the SDK',
    imports: {
      ...kit,
      ...protocol,
      'packages/ssh': 'it reaches the bastion by SSH',
      'packages/carrier': 'reaches endpoints and control',
      'packages/mux': 'sends many requests over one channel',
      'packages/config': 'deploy() reads the settings that the CLI reads',
      'packages/launch': 'deploy() of the SDK is a launch',
      'packages/openai-wire': 'answers and errors of a deployment',
    },
    testImports: { ...localSsh, ...startsPrograms },
    thirdParty: ['ws', 'zod'],
    testThirdParty: ['openai'],
  },
  'packages/launch': {
    holds: 'from a request to a job: plan, preflight, upload, submit, follow',
    imports: {
      ...kit,
      ...protocol,
      'packages/carrier': 'asks control about the deployment it makes',
      'packages/config': 'what the user wants',
      'packages/planner': 'deploy takes what it plans',
      'packages/engines': 'what an engine needs of a job',
      'packages/scheduler': 'submits and follows',
      'packages/ssh': 'reaches login host and bastion',
    },
    testImports: { ...localSsh, ...startsPrograms },
    reads: { scripts: 'in a checkout, how programs are bundled, and which file begins each' },
    // tsdown: only in a checkout, which makes bundles on demand.
    thirdParty: ['cross-spawn', 'tsdown', 'zod'],
  },
  'packages/cli': {
    holds: 'the commands: they parse, call, render',
    imports: {
      ...kit,
      ...protocol,
      'packages/client': 'commands that use a deployment are programs of the SDK',
      'packages/carrier': 'init and doctor try the way',
      'packages/config': 'reads and shows settings',
      'packages/engines': 'plan and doctor name what an engine needs',
      'packages/launch': 'deploy renders a launch; the gateway is a program that it finds',
      'packages/openai-wire': 'chat and demo read answers',
      'packages/planner': 'models and plan render what it plans',
      'packages/scheduler': 'doctor and logs ask Slurm',
      'packages/ssh': 'init and doctor work on hosts',
    },
    reads: { 'infra/bastion': 'the gate, which it brings to bastions' },
    testImports: { ...localSsh, ...startsPrograms },
    thirdParty: ['@clack/prompts', 'cli-table3', 'commander', 'cross-spawn', 'log-update', 'yaml', 'zod'],
  },
  'packages/engine-sim': {
    holds: 'an engine that speaks as vLLM does and knows nothing of us',
    imports: { ...kit },
    testImports: startsPrograms,
    thirdParty: ['commander', 'prom-client'],
  },
  'packages/testkit': {
    holds: 'a world in a box for scenarios; readers that tests share',
    isTooling: true,
    imports: {
      ...kit,
      ...protocol,
      'packages/ssh': 'worlds have SSH servers',
    },
    thirdParty: ['yaml'],
  },
  'infra/bastion': { holds: 'the gate, a script of the bastion', imports: {}, thirdParty: [] },
  'infra/gateway': { holds: 'what stands in front of a gateway: proxies, and its unit', imports: {}, thirdParty: [] },
  'infra/slurm': { holds: 'job templates and site profiles', imports: {}, thirdParty: [] },
  'infra/testbed': {
    holds: 'a real Slurm, OpenSSH and firewalls in namespaces of one machine, and its scenarios',
    isTooling: true,
    imports: {
      ...kit,
      'apps/control': 'a search for secrets derives the tokens that it looks for',
      'packages/engine-sim': 'its contract, run against the real vLLM too',
      'packages/scheduler': 'its contract, run against the real Slurm too',
      'packages/testkit': 'readers that tests share',
    },
    thirdParty: ['commander'],
  },
  bench: {
    holds: 'measurements',
    isTooling: true,
    imports: {
      ...kit,
      ...protocol,
      'apps/control': 'a control under load, in this process and with fake agents',
      'apps/gateway': 'its data path, in front of an origin',
      'packages/mux': 'an origin that takes a mux, as a front does',
      'apps/node-agent': 'an agent without a job',
      'infra/testbed': 'measurements over real hosts',
      'packages/client': 'the consumer that is measured',
      'packages/engine-sim': 'the engine that answers',
      'packages/ssh': 'servers and plain connections to compare with',
      'packages/testkit': 'worlds to measure in',
    },
    thirdParty: ['commander'],
  },
  scripts: {
    holds: 'builds, packs, checks and writes generated pages; the configuration files of packages belong to it',
    isTooling: true,
    imports: {
      ...kit,
      ...protocol,
      'apps/control': 'codes, tables and API that pages show',
      'apps/gateway': 'codes and tables that pages show',
      'apps/node-agent': 'codes and tables that pages show',
      'packages/cli': 'codes, commands and settings that pages show',
      'packages/engine-sim': 'a table that a page shows',
      'packages/client': 'codes that pages show',
      'packages/carrier': 'codes that pages show',
      'packages/mux': 'codes that pages show',
      'packages/config': 'settings and codes that pages show',
      'packages/engines': 'codes that pages show',
      'packages/launch': 'codes that pages show',
      'packages/planner': 'presets, sites and plans that a page shows',
      'packages/scheduler': 'codes that pages show',
      'packages/ssh': 'codes that pages show',
    },
    thirdParty: ['drizzle-kit', 'drizzle-orm', 'tsdown'],
  },
  examples: {
    holds: 'programs of users: they see what is published, and the world that runs them',
    isTooling: true,
    imports: { 'packages/client': 'what the examples show', 'packages/testkit': 'the world that runs them' },
    thirdParty: [
      '@ai-sdk/openai-compatible',
      '@anthropic-ai/sdk',
      '@langchain/core',
      '@langchain/openai',
      'ai',
      'openai',
      'zod',
    ],
  },
  'tests/architecture': {
    holds: 'guards over the sources: they hold every import to this picture',
    isTooling: true,
    imports: { ...startsPrograms, scripts: 'the picture as data, which a page shows too' },
    thirdParty: [],
  },
  'tests/docs': {
    holds: 'pages say what is true, and their blocks run',
    isTooling: true,
    imports: {
      ...startsPrograms,
      'packages/cli': 'commands, settings and checks that pages name',
      'packages/config': 'settings that pages show',
      scripts: 'the error book and failure modes that pages are made from',
    },
    thirdParty: ['yaml'],
  },
  'tests/fuzz': {
    holds: 'every parser of what others send, against random bytes',
    isTooling: true,
    imports: {
      ...kit,
      ...protocol,
      'apps/control': 'its server, behind a testing door',
      'apps/gateway': 'its data path, behind a testing door',
      'apps/node-agent': 'its front, behind a testing door',
      'packages/mux': 'what a consumer sends to a front',
      'packages/launch': 'parsers of what hosts say of themselves',
      'packages/config': 'parsers of settings',
      'packages/engines': "parsers of an engine's output",
      'packages/openai-wire': 'parsers of events',
      'packages/scheduler': "parsers of Slurm's text",
      'packages/ssh': 'parsers of ssh_config and known_hosts',
    },
    thirdParty: ['fast-check'],
  },
  'tests/packaging': {
    holds: 'what is published, packed and installed',
    isTooling: true,
    imports: {
      ...startsPrograms,
      'packages/launch': 'what it ships for other hosts',
      'packages/client': 'its published types, against those of a checkout',
      scripts: 'packs what is published',
    },
    thirdParty: [],
  },
  'tests/scenarios': {
    holds: 'several programs at once, with faults',
    isTooling: true,
    imports: {
      ...kit,
      ...protocol,
      ...startsPrograms,
      'apps/node-agent': 'its front, behind a testing door',
      'packages/carrier': 'a network that is cut where a scenario says',
      'packages/client': 'the consumer of a scenario',
      'packages/config': 'the settings of a scenario',
      'packages/engines': 'the port of a throw-away engine',
      'packages/openai-wire': 'the routes of a throw-away engine',
      'packages/ssh': 'SSH servers and keys of a scenario',
    },
    thirdParty: ['openai', 'yaml', 'zod'],
  },
};
