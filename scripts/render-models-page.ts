// The page of models: each preset on each site profile, where the figures come from, and the formats of a preset and a profile.

import {
  builtInModels,
  builtInSites,
  defaultWish,
  findChanges,
  gibWords,
  gpuLabel,
  gpus,
  layoutWords,
  type ModelPreset,
  placesOfSite,
  planModel,
  type SiteProfile,
} from '@fairlead/planner';

export function renderModelsPage(): string {
  const [shown] = builtInSites;
  return `# Models

\`fairlead models\` lists these models, \`fairlead models <name>\` explains one, and \`fairlead plan <name>\` says which GPUs it needs and why: the weights, the KV cache of the requests, and what else vLLM needs
([the memory model and its limits](decisions/2026-11-30-memory-model-of-the-planner.md)). A preset of a chat model can be deployed by its name: with the GPUs, memory and arguments of the place that \`fairlead models\` shows under *FITS*, unless flags or settings say otherwise. Any other model is deployed by its Hugging Face id, and is not planned.

## On the sites that are known

Each model with ${wishWords()}, on the partition where it takes the fewest GPUs. *Not proven* says that vLLM's documentation does not list the GPU. This version of Fairlead deploys on one node alone; a plan over several is shown all the same.

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

### A site of your own

\`fairlead plan <name> --site ./my-site.yaml\` reads a profile from YAML or JSON. That of ${shown?.title ?? ''} as an example:

\`\`\`json
${JSON.stringify(shown, undefined, 2)}
\`\`\`

| field | what it is |
|---|---|
| \`name\`, \`title\` | for \`--site\`, and for people |
| \`login\` | hosts that take \`sbatch\` |
| \`partitions\` | those with GPUs: \`name\`, \`gpu\` (a type of the table above), \`gpusPerNode\`, \`cpusPerNode\`, \`memoryGbPerNode\`; where known \`nodes\`, \`maxHours\`, \`longer\` (what allows longer jobs), \`maxGpus\` (that one user may hold) |
| \`cost\` | where an hour of a GPU is charged: \`perGpuHour\`, \`unit\`, \`source\` |
| \`notes\` | what a user has to know besides; shown with each plan |
| \`sources\` | the pages that say so |
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

/** The partition with the fewest GPUs, or what would do on the one that comes nearest. */
function cellOf(model: ModelPreset, site: SiteProfile): string {
  const plans = placesOfSite(site).map((place) => planModel(model, place, defaultWish(model)));
  const fitting = plans
    .filter((plan) => plan.fits)
    .toSorted(
      (a, b) =>
        Number(isProven(b)) - Number(isProven(a)) ||
        gpuCount(a) - gpuCount(b) ||
        a.place.gpu.memoryGb - b.place.gpu.memoryGb,
    );
  const [best] = fitting;
  if (best) return `${best.place.partition ?? ''}: ${layoutWords(best.layout)}${isProven(best) ? '' : ' (not proven)'}`;
  const [nearest] = plans;
  if (!nearest || nearest.fits) return '';
  const siblings = builtInModels.filter(({ name }) => model.siblings?.includes(name) ?? false);
  const [change] = findChanges(model, nearest.place, { wish: nearest.wish, siblings });
  return `does not fit: ${change === undefined ? nearest.why : change.what}`;
}

function isProven({ warnings }: { warnings: readonly string[] }): boolean {
  return warnings.every((warning) => !warning.includes('not proven'));
}

function gpuCount(plan: { layout: { nodes: number; gpusPerNode: number } }): number {
  return plan.layout.nodes * plan.layout.gpusPerNode;
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
