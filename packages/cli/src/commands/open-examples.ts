// How to reach a deployment from many programs, as text to paste. Names the variable of the key unless the key is given. Pure.

import { shellQuote } from '@fairlead/kit';

import type { Example, ExampleFacts } from './example.ts';
import { requestExamples } from './request-examples.ts';

export function openExamples(facts: ExampleFacts): Example[] {
  return [
    { title: 'Environment (most programs read it)', text: environment(facts) },
    ...requestExamples(facts),
    ...programExamples(facts),
    { title: 'Cline, Roo Code, Zed and others with an "OpenAI compatible" provider', text: fields(facts) },
  ];
}

function programExamples(facts: ExampleFacts): Example[] {
  switch (facts.task) {
    case 'chat':
      return [
        { title: 'LangChain (pip install langchain-openai)', text: langchain(facts) },
        { title: 'llm (pip install llm)', text: llm(facts) },
        {
          title: 'Continue: ~/.continue/config.yaml, and OPENAI_API_KEY=… in ~/.continue/.env',
          text: continueDev(facts),
        },
      ];
    case 'embedding':
      return [{ title: 'LangChain (pip install langchain-openai)', text: langchainEmbeddings(facts) }];
    case 'reranker':
    case 'speech':
      return [];
  }
}

export function renderExamples(examples: readonly Example[]): string {
  return examples.map(({ title, text }) => `${title}\n${indented(text)}`).join('\n\n');
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}

function environment({ name, model, baseUrl, apiKey }: ExampleFacts): string {
  const byHand = [
    `export OPENAI_BASE_URL=${shellQuote(baseUrl)}`,
    `export OPENAI_MODEL=${shellQuote(model.replaceAll('\0', ''))}`,
    apiKey === undefined
      ? `# OPENAI_API_KEY: see \`fairlead open ${name} --show-key\``
      : `export OPENAI_API_KEY=${shellQuote(apiKey)}`,
  ];
  return [
    '# For one command, the key included and no port to hold open:',
    `fairlead exec ${name} -- python script.py`,
    `fairlead exec ${name} -- bash`,
    '# By hand:',
    ...byHand,
  ].join('\n');
}

function langchain({ model, baseUrl }: ExampleFacts): string {
  return `from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model=${JSON.stringify(model)}, base_url=${JSON.stringify(baseUrl)})  # the key: OPENAI_API_KEY
print(llm.invoke("Hello").content)`;
}

/** Without the last option LangChain would send OpenAI's own tokens in place of the text. */
function langchainEmbeddings({ model, baseUrl }: ExampleFacts): string {
  return `from langchain_openai import OpenAIEmbeddings

embeddings = OpenAIEmbeddings(  # the key: OPENAI_API_KEY
    model=${JSON.stringify(model)}, base_url=${JSON.stringify(baseUrl)}, check_embedding_ctx_length=False)
print(len(embeddings.embed_query("Hello")))`;
}

function llm({ name, model, baseUrl }: ExampleFacts): string {
  return `cat >> "$(dirname "$(llm logs path)")/extra-openai-models.yaml" <<'END'
- model_id: fairlead-${name}
  model_name: ${yamlString(model)}
  api_base: ${yamlString(baseUrl)}
  api_key_name: fairlead-${name}
END
llm keys set fairlead-${name} --value "$OPENAI_API_KEY"
llm -m fairlead-${name} Hello`;
}

function continueDev({ name, model, baseUrl }: ExampleFacts): string {
  return `name: fairlead
version: 0.0.1
schema: v1
models:
  - name: ${name}
    provider: openai
    model: ${yamlString(model)}
    apiBase: ${yamlString(baseUrl)}
    apiKey: \${{ secrets.OPENAI_API_KEY }}`;
}

function fields({ name, model, baseUrl, apiKey }: ExampleFacts): string {
  return `Base URL   ${baseUrl}
Model ID   ${model}
API key    ${apiKey ?? `see \`fairlead open ${name} --show-key\``}`;
}

// The name of a model is whatever its job says: in each language it is a string and nothing else. A JSON string is one of Python and YAML, too.

const plain = /^[A-Za-z0-9][A-Za-z0-9_./:@-]*$/;

/** Without quotes `1`, `no` and `a: b` would be something else. */
function yamlString(text: string): string {
  return plain.test(text) && /^(?!(true|false|null|yes|no|on|off)$)[A-Za-z]/i.test(text) && !text.endsWith(':')
    ? text
    : JSON.stringify(text);
}
