// The model presets that come with Fairlead, grouped by family. A new preset is a file beside this one and two lines here.

import type { ModelPreset } from '../model-preset.ts';
import { bgeM3 } from './bge-m3.ts';
import { bgeRerankerV2M3 } from './bge-reranker-v2-m3.ts';
import { deepseekR1 } from './deepseek-r1.ts';
import { deepseekR1Distill70b } from './deepseek-r1-distill-70b.ts';
import { devstralSmall } from './devstral-small.ts';
import { gemma327b } from './gemma-3-27b.ts';
import { glm46v } from './glm-4.6v.ts';
import { glm46vFp8 } from './glm-4.6v-fp8.ts';
import { glm47 } from './glm-4.7.ts';
import { glm47Flash } from './glm-4.7-flash.ts';
import { glm47Fp8 } from './glm-4.7-fp8.ts';
import { gptOss120b } from './gpt-oss-120b.ts';
import { gptOss20b } from './gpt-oss-20b.ts';
import { llama31405b } from './llama-3.1-405b.ts';
import { llama31405bFp8 } from './llama-3.1-405b-fp8.ts';
import { llama3170b } from './llama-3.1-70b.ts';
import { llama3170bFp8 } from './llama-3.1-70b-fp8.ts';
import { llama318b } from './llama-3.1-8b.ts';
import { llama318bAwq } from './llama-3.1-8b-awq.ts';
import { llama3370b } from './llama-3.3-70b.ts';
import { llama3370bFp8 } from './llama-3.3-70b-fp8.ts';
import { llama4Maverick } from './llama-4-maverick.ts';
import { llama4Scout } from './llama-4-scout.ts';
import { llama4ScoutFp8 } from './llama-4-scout-fp8.ts';
import { mistral7b } from './mistral-7b.ts';
import { mistralSmall32 } from './mistral-small-3.2.ts';
import { mixtral8x22b } from './mixtral-8x22b.ts';
import { qwen3235b } from './qwen3-235b.ts';
import { qwen3235bFp8 } from './qwen3-235b-fp8.ts';
import { qwen330bA3b } from './qwen3-30b-a3b.ts';
import { qwen330bA3bGptq } from './qwen3-30b-a3b-gptq.ts';
import { qwen332b } from './qwen3-32b.ts';
import { qwen332bAwq } from './qwen3-32b-awq.ts';
import { qwen332bFp8 } from './qwen3-32b-fp8.ts';
import { qwen38b } from './qwen3-8b.ts';
import { qwen3Coder30b } from './qwen3-coder-30b.ts';
import { qwen3Embedding8b } from './qwen3-embedding-8b.ts';
import { qwen3Vl235b } from './qwen3-vl-235b.ts';
import { qwen3Vl235bFp8 } from './qwen3-vl-235b-fp8.ts';
import { whisperLargeV3 } from './whisper-large-v3.ts';

export const builtInModels: readonly ModelPreset[] = [
  mistral7b,
  llama318b,
  llama318bAwq,
  llama3170b,
  llama3170bFp8,
  llama3370b,
  llama3370bFp8,
  llama31405b,
  llama31405bFp8,
  mixtral8x22b,
  gptOss20b,
  gptOss120b,
  glm47,
  glm47Fp8,
  glm47Flash,
  glm46v,
  glm46vFp8,
  qwen3Vl235b,
  qwen3Vl235bFp8,
  llama4Scout,
  llama4ScoutFp8,
  llama4Maverick,
  qwen38b,
  qwen332b,
  qwen332bFp8,
  qwen332bAwq,
  qwen330bA3b,
  qwen330bA3bGptq,
  qwen3Coder30b,
  qwen3235b,
  qwen3235bFp8,
  gemma327b,
  mistralSmall32,
  devstralSmall,
  deepseekR1,
  deepseekR1Distill70b,
  qwen3Embedding8b,
  bgeM3,
  bgeRerankerV2M3,
  whisperLargeV3,
];
