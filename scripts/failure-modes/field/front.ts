import { type FieldReport, places } from '../failure-mode.ts';

const heads = (name: string) => `packages/openai-wire/src/head/${name}.test.ts`;
const front = (name: string) => `apps/node-agent/src/front/${name}.test.ts`;
const localHead = 'packages/client/src/local/local-head.test.ts';
const localPort = 'packages/client/src/local/local-port.test.ts';
const frontDoor = 'infra/testbed/src/scenarios/laptop/front-door.scenario.ts';

export const frontReports: readonly FieldReport[] = [
  {
    id: 'P36',
    threads: ['vllm-project/vllm#57203', 'encode/uvicorn#2722', 'langchain4j/langchain4j#3682'],
    what: 'a client asks for an upgrade to h2c (JDK HttpClient)',
    seen: 'the answer in HTTP/1.1: fields of the upgrade never reach the engine',
    tests: places(
      [localPort, 'of h2c, as a JDK makes it, is answered in HTTP/1.1'],
      [front('front-streams'), 'asks for an upgrade to h2c is served in HTTP/1.1'],
    ),
  },
  {
    id: 'P37',
    threads: ['BerriAI/litellm#37271', 'ollama/ollama#10139', 'ollama/ollama#13715'],
    what: 'one model whose name holds a slash is asked for, escaped or not',
    seen: 'the model; 404 with the names that are served for another',
    tests: places(
      [front('model-answer'), '%s gives the model, and the engine sees its own list alone'],
      [front('model-answer'), 'of a model that is not served is 404 with the names that are'],
    ),
  },
  {
    id: 'P38',
    threads: ['ankitcharolia/kiro-gateway#61', 'BerriAI/litellm#39004'],
    what: 'a client sends two credentials at once',
    seen: 'equal ones are one; different ones are refused with what to unset',
    tests: places(
      [heads('interpret-head'), 'presented twice is one: %j'],
      [heads('interpret-head'), 'beside another credential is refused, with what to unset: %j'],
    ),
  },
  {
    id: 'P39',
    threads: ['BerriAI/litellm#8350', 'nbramia/LifeOS#706', 'huggingface/text-generation-inference#1823'],
    what: 'a base URL with a slash, a `/v1` or an endpoint too many, or without `/v1`',
    seen: '404 that names the path that is served and the right base URL',
    tests: places(['packages/openai-wire/src/wrong-path.test.ts', '%s: names the one that is, and the base URL']),
  },
  {
    id: 'P40',
    threads: ['openai/codex#2507'],
    what: 'a client looks at `/`, or for Ollama and llama.cpp',
    seen: '200 with the base URLs; 404 that says which setting to choose, without a key',
    tests: places(
      [localHead, 'answers %s with 200 and the base URLs, without a key'],
      [localHead, 'answers %s, a probe for another server, with the setting to choose'],
      ['packages/openai-wire/src/wrong-path.test.ts', '%s: names the setting to choose'],
    ),
  },
  {
    id: 'P42',
    threads: ['Trans-N-ai/swama#87', 'logancyang/obsidian-copilot#2877', 'bricks-cloud/BricksLLM#45'],
    what: 'a web page uses the port from a browser',
    seen: 'its preflight is answered on the laptop where its origin is named; else 403 with the flag to use',
    tests: places(
      [localHead, 'of an origin that is named is answered with it, without key and credentials'],
      [localPort, 'whose origin is named may read the answer, and finds one origin in it'],
      [frontDoor, 'the preflight of a configured web page succeeds, that of another page fails'],
    ),
  },
  {
    id: 'P43',
    threads: ['open-webui/open-webui#9539', 'open-webui/open-webui#5890', 'OpenHands/docs#555'],
    what: 'a container cannot reach 127.0.0.1 of its host',
    seen: '`connect --bind` listens where it can, and says whom that lets in',
    tests: places(
      [localPort, 'is loopback, unless another is asked for'],
      [localPort, 'is refused where this machine does not have it, or it is none'],
      ['tests/scenarios/bad-input.test.ts', 'connect %j is refused with what to give instead'],
    ),
  },
  {
    id: 'P45',
    threads: ['mostlygeek/llama-swap#236', 'ggml-org/llama.cpp#20872', 'open-webui/open-webui#24559'],
    what: 'nginx holds a stream back, or gives up before its first token',
    seen: 'each token as it comes, also a first one after more than a minute',
    tests: places(
      [front('front-nginx'), 'whose first token takes longer than nginx waits arrives whole'],
      [front('front-nginx'), 'arrives token by token, at the pace of the engine'],
      [front('front-streams'), 'tells proxies not to hold it back, and keeps the head it had'],
      [frontDoor, 'nginx with its defaults: a first token after 70 s arrives, and the others at their pace'],
    ),
  },
];
