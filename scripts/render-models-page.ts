// The page of models: each preset on each site profile, and where the figures come from.

import {
  builtInModels,
  bestPlan,
  builtInSites,
  defaultWish,
  gibWords,
  gpuLabel,
  gpus,
  isUnproven,
  layoutWords,
  type ModelPreset,
  pickPlan,
  placesOfSite,
  planModel,
  type SiteProfile,
} from '@fairlead/planner';

export function renderModelsPage(): string {
  return `# Models

\`fairlead models\` lists these models, \`fairlead models <name>\` explains one, and \`fairlead plan <name>\` says which GPUs it needs and why: the weights, the KV cache of the requests, and what else vLLM needs
([the memory model and its limits](decisions/2026-11-30-memory-model-of-the-planner.md)). A preset is deployed by its name, or by its Hugging Face id.

\`fairlead deploy <name>\` takes the plan where neither a flag nor a setting says otherwise: partition, GPUs and their split, context, CPUs, memory and time limit, each with its reason (\`--dry-run\` shows them). The GPUs of the site come from its profile (\`site\` of the cluster: see [sites.md](sites.md)), else from \`sinfo\`. A model that fits nowhere is refused before it is queued, with the smallest change that would do.
\`--context\`, \`--concurrency\`, \`--kv-cache\` and \`--gpus\` change the plan; \`--no-plan\`, or \`plan: false\` of a preset of your own, does without it. Where neither a profile nor \`sinfo\` knows the GPUs, a preset asks for those that \`fairlead models\` shows under *FITS*. 

A model that is no preset is planned from its own files, \`config.json\` and the index of its weights: of the Hugging Face hub (\`HF_ENDPOINT\`, \`HF_TOKEN\`, \`HF_TOKEN_PATH\` and \`HF_HUB_OFFLINE\` mean what they mean to the hub's own library), of a folder for \`plan ./folder\`, and for \`deploy\` of the cluster's cache or the path that you name.
What was read from the hub is kept for a week. The families Llama, Qwen, Mistral and Mixtral, Gemma, DeepSeek, GPT-OSS, GLM, BERT and Whisper are known; of any other architecture the plan says that it is an estimate. What cannot be read is deployed unplanned, with a warning.

Embedding models, rerankers and Whisper are deployed in the same way. They answer at \`/v1/embeddings\`, at \`/rerank\` and \`/score\`, and at \`/v1/audio/transcriptions\`; Whisper needs vLLM with its audio part (\`pip install 'vllm[audio]'\`).

## On the sites that are known

What \`deploy\` does with each model on a cluster with the \`site\` of the column, for ${wishWords()}: the partition where it takes the fewest GPUs, or why it is refused before anything is queued. *Not proven* says that vLLM's documentation does not list the GPU. A model is [spread over several nodes](multi-node.md) without a flag where it was made for as many.

| model | format | weights | ${builtInSites.map(({ title }) => title).join(' | ')} |
|---|---|---|${'---|'.repeat(builtInSites.length)}
${builtInModels.map(modelRow).join('\n')}

## Where the figures come from

| model | licence | weights | shape | window |
|---|---|---|---|---|
${builtInModels.map(sourceRow).join('\n')}

${builtInModels.flatMap(({ name, shape }) => (shape.note === undefined ? [] : [`- \`${name}\`: ${shape.note}`])).join('\n')}

A model without a licence here: no source was at hand; its model card on Hugging Face says it, and whether it asks for an agreement first.

## GPU types

Their names are those of \`--gpu\`. Where no source says what the driver reports, 93 % of the data sheet's memory is reckoned with, the lowest share that was seen but for the T4's.

| GPU | memory, as reported | source |
|---|---|---|
${gpus.map((gpu) => `| \`${gpuLabel(gpu)}\` | ${gpu.reportedGib ? `[${gpu.reportedGib.gib} GiB](${gpu.reportedGib.source})` : 'not known'} | ${link(gpu.source)} |`).join('\n')}

## Sites

${builtInSites.map(siteText).join('\n\n')}

A site of your own: [sites.md](sites.md).
`;
}

function wishWords(): string {
  return '4 requests of 32768 tokens at a time, or of as many as it reads';
}

function modelRow(model: ModelPreset): string {
  const { name, quantization, weights } = model;
  const cells = builtInSites.map((site) => cellOf(model, site));
  return `| [\`${name}\`](https://huggingface.co/${model.model}) | ${quantization} | ${gibWords(weights.bytes)} | ${cells.join(' | ')} |`;
}

/** What `deploy` takes, or the smallest change that would do. */
function cellOf(model: ModelPreset, site: SiteProfile): string {
  const places = placesOfSite(site);
  const wish = defaultWish(model);
  const siblings = builtInModels.filter(({ name }) => model.siblings?.includes(name) ?? false);
  const plan = pickPlan(
    model,
    places.map((place) => ({ ...place, nodes: 1 })),
    { wish, siblings },
  );
  if (plan.fits)
    return `${plan.place.partition ?? ''}: ${layoutWords(plan.layout)}${isUnproven(plan) ? ' (not proven)' : ''}`;
  const [change] = plan.changes;
  const several = bestPlan(places.map((place) => planModel(model, place, wish)));
  if (several && several.layout.nodes <= model.fits.nodes)
    return `${several.place.partition ?? ''}: ${layoutWords(several.layout)}`;
  const spread = several
    ? `; with \`--nodes ${several.layout.nodes}\`: ${layoutWords(several.layout)} of ${several.place.partition ?? ''}`
    : '';
  return `refused: ${change === undefined ? 'no change of one step would do' : change.what}${spread}`;
}

function sourceRow({ name, licence, weights, shape, context }: ModelPreset): string {
  const terms = licence ? `[${licence.name}](${licence.source})${licence.isGated ? ', gated' : ''}` : '';
  return `| \`${name}\` | ${terms} | [${weights.how}](${weights.source}) | ${link(shape.source)} | [${context.tokens}](${context.source}) |`;
}

function siteText({ name, title, login, partitions, cost, notes = [], sources }: SiteProfile): string {
  const rows = partitions.map(
    (partition) =>
      `| \`${partition.name}\` | ${partition.gpusPerNode} × \`${partition.gpu}\` | ${partition.nodes ?? ''} | ${partition.cpusPerNode} | ${partition.memoryGbPerNode} GB | ${partition.maxHours === undefined ? '' : `${partition.maxHours} h`} |`,
  );
  const price = cost ? [`An hour of a GPU costs ${cost.perGpuHour} ${cost.unit} (${cost.source}).`] : [];
  return `### ${title}

\`--site ${name}\`; login at ${login.map((host) => `\`${host}\``).join(', ')}. ${sources.map((source) => link(source)).join(', ')}

| partition | GPUs of a node | nodes | CPUs | memory | longest job |
|---|---|---|---|---|---|
${rows.join('\n')}

${[...price, ...notes].map((note) => `- ${note}`).join('\n')}`;
}

function link(url: string): string {
  return `[${new URL(url).host}](${url})`;
}
