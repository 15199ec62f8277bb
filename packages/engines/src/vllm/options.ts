// The settings of `engines.vllm` that become flags of `vllm serve`, and those about media.

import { z } from 'zod';
import { rayOptions } from '../ray/ray-options.ts';

const size = z.int().min(1);
const word = z.string().regex(/^[^\s-]\S*$/, 'must be one word that does not begin with -');

const parallelism = {
  tensorParallel: size.optional().meta({
    description:
      "GPUs over which each layer is split (`--tensor-parallel-size`). Default: the node's GPUs, divided by the other two sizes.",
    examples: [4],
  }),
  pipelineParallel: size.optional().meta({
    description: 'Stages that share the layers (`--pipeline-parallel-size`). Default 1.',
    examples: [1],
  }),
  dataParallel: size.optional().meta({
    description:
      'Copies of the model that share the requests (`--data-parallel-size`). Over several nodes each node has as many of them, and each lies on one node. Default 1.',
    examples: [1],
  }),
  expertParallel: z
    .boolean()
    .optional()
    .meta({
      description:
        'Gives each GPU whole experts of a mixture-of-experts model (`--enable-expert-parallel`). Default false.',
      examples: [true],
    }),
};

const memory = {
  maxModelLen: z
    .union([size, z.literal('auto')])
    .optional()
    .meta({
      description:
        'Tokens of the longest request and its answer together (`--max-model-len`); `auto`: as many as fit. Default: what the model was made for.',
      examples: [32_768],
    }),
  gpuMemoryUtilization: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .meta({
      description: "Share of each GPU's memory that vLLM uses (`--gpu-memory-utilization`). Default: vLLM's own.",
      examples: [0.9],
    }),
  maxNumSeqs: size.optional().meta({
    description: "Requests that run at once (`--max-num-seqs`). Default: vLLM's own.",
    examples: [64],
  }),
  maxNumBatchedTokens: size.optional().meta({
    description: "Tokens of one step, of all requests together (`--max-num-batched-tokens`). Default: vLLM's own.",
    examples: [8192],
  }),
  prefixCaching: z
    .boolean()
    .optional()
    .meta({
      description:
        "Whether requests share the KV cache of equal beginnings (`--enable-prefix-caching`). Default: vLLM's own, which is true.",
      examples: [true],
    }),
  sleepMode: z
    .boolean()
    .optional()
    .meta({
      description: 'Lets the engine give its GPU memory back for a time (`--enable-sleep-mode`). Default false.',
      examples: [false],
    }),
};

const format = {
  dtype: z
    .enum(['auto', 'half', 'float16', 'bfloat16', 'float', 'float32'])
    .optional()
    .meta({
      description:
        'Number format of weights and activations (`--dtype`). Default auto, and `half` on a GPU without bfloat16.',
      examples: ['bfloat16'],
    }),
  quantization: word.optional().meta({
    description: "How the weights are quantized (`--quantization`). Default: as the model's own config says.",
    examples: ['fp8'],
  }),
  kvCacheDtype: word.optional().meta({
    description: "Number format of the KV cache (`--kv-cache-dtype`). Default: the model's.",
    examples: ['fp8'],
  }),
  loadFormat: word.optional().meta({
    description: 'Form in which the weights are read (`--load-format`). Default auto.',
    examples: ['safetensors'],
  }),
  configFormat: word.optional().meta({
    description: "Form of the model's configuration (`--config-format`), such as `hf` or `mistral`. Default auto.",
    examples: ['mistral'],
  }),
  tokenizerMode: word.optional().meta({
    description:
      "Whose tokenizer reads the model's files (`--tokenizer-mode`), such as `hf` or `mistral`. Default auto.",
    examples: ['mistral'],
  }),
  trustRemoteCode: z
    .boolean()
    .optional()
    .meta({
      description:
        'Runs Python code that comes with the model, as your account (`--trust-remote-code`). Default false.',
      examples: [false],
    }),
  enforceEager: z
    .boolean()
    .optional()
    .meta({
      description:
        'Runs the model without compilation and CUDA graphs (`--enforce-eager`): it starts sooner and answers slower. Default false.',
      examples: [false],
    }),
  seed: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Seed of random numbers (`--seed`).', examples: [1] }),
};

const answers = {
  toolCallParser: word.optional().meta({
    description:
      'How the model writes tool calls (`--tool-call-parser`); clients may then leave the choice of a tool to the model (`--enable-auto-tool-choice`).',
    examples: ['hermes'],
  }),
  reasoningParser: word.optional().meta({
    description: 'How the model marks its reasoning (`--reasoning-parser`).',
    examples: ['deepseek_r1'],
  }),
  chatTemplate: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: "A file on the cluster, or the template itself (`--chat-template`). Default: the tokenizer's.",
      examples: ['/project/alice/template.jinja'],
    }),
};

const perPrompt = z.int().min(0);

const extensions = {
  loraModules: z
    .record(z.string().regex(/^[A-Za-z0-9][\w.:-]*$/, 'must be letters, digits and _ . : -'), z.string().min(1))
    .optional()
    .meta({
      description:
        'LoRA adapters: the name that requests use, and a folder on the cluster or an id on Hugging Face (`--lora-modules`, with `--enable-lora`).',
      examples: [{ sql: '/project/alice/sql-adapter' }],
    }),
  maxLoraRank: size.optional().meta({
    description: 'The largest rank among the adapters (`--max-lora-rank`). Default 16.',
    examples: [16],
  }),
  speculative: z
    .strictObject({
      tokens: size.meta({ description: 'Tokens that are guessed at once.', examples: [3] }),
      method: word.optional().meta({ description: 'Such as `ngram`, `eagle3` or `mtp`.', examples: ['eagle3'] }),
      model: z
        .string()
        .min(1)
        .optional()
        .meta({ description: 'The model that guesses, for methods that need one.', examples: ['org/draft-model'] }),
    })
    .optional()
    .describe('Guesses several tokens at once and lets the model check them (`--speculative-config`).'),
};

const media = {
  mediaPerPrompt: z
    .strictObject({
      image: perPrompt.optional().meta({ description: 'Images of one request.', examples: [4] }),
      audio: perPrompt.optional().meta({ description: 'Pieces of audio of one request.', examples: [0] }),
      video: perPrompt.optional().meta({ description: 'Videos of one request.', examples: [0] }),
    })
    .optional()
    .describe(
      'Limits for a multimodal model (`--limit-mm-per-prompt`); 0 saves the memory that vLLM reserves for the kind.',
    ),
  mediaEncoderSplit: z
    .enum(['weights', 'data'])
    .optional()
    .meta({
      description:
        'What the GPUs share of the part that sees or hears (`--mm-encoder-tp-mode`): its weights, or the media, of which each GPU then reads some whole. Default weights.',
      examples: ['data'],
    }),
  mediaCache: z
    .enum(['lru', 'shm'])
    .optional()
    .meta({
      description:
        'Where prepared media are kept (`--mm-processor-cache-type`): in each process, or once in shared memory. Default lru.',
      examples: ['shm'],
    }),
  mediaDomains: z
    .array(z.string().regex(/^(\*|[A-Za-z0-9[][A-Za-z0-9._:[\]-]*)$/, 'must be a host name, or * for any host'))
    .optional()
    .meta({
      description:
        'Hosts from which a request may make vLLM fetch images, audio and video; `*` is any host. Default none: a request must contain its media.',
      examples: [['upload.wikimedia.org']],
    }),
  mediaPath: z
    .string()
    .optional()
    .meta({
      description: 'Directory on the compute node whose files a request may name (`file://`). Default none.',
      examples: ['/project/alice/images'],
    }),
};

export const vllmOptions = z.strictObject({
  ...parallelism,
  ...rayOptions,
  ...memory,
  ...format,
  ...answers,
  ...extensions,
  ...media,
});
export type VllmOptions = z.infer<typeof vllmOptions>;
