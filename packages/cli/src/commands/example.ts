// An example that a person pastes, and what it is made of.

import type { Task } from './model-task.ts';

export interface ExampleFacts {
  name: string;
  model: string;
  baseUrl: string;
  task: Task;
  /** Only where it was asked for. */
  apiKey?: string | undefined;
}

export interface Example {
  title: string;
  text: string;
}
