// Type-checked against the client that openapi-typescript generates: what a program does with Millrace.
import createClient from 'openapi-fetch';
import type { components, paths } from './client.ts';

const client = createClient<paths>({ baseUrl: 'http://127.0.0.1:7420' });

/** Starts a run, waits until the server shows it, and names what failed. */
export async function failedSteps(pipeline: string): Promise<readonly string[]> {
  const started = await client.POST('/api/v1/runs', {
    params: { header: { 'Idempotency-Key': 'one' } },
    body: { pipeline, inputs: { target: 'prod', dry: true }, trigger: { kind: 'api' } },
  });
  if (started.error) throw new Error(`${started.error.code}: ${started.error.detail}`);
  const { id, position } = started.data;
  const shown = await client.GET('/api/v1/runs/{id}', {
    params: { path: { id }, query: { waitFor: position } },
  });
  const run: components['schemas']['Run'] | undefined = shown.data;
  return (run?.steps ?? []).filter(({ outcome }) => outcome === 'failure').map(({ name }) => name);
}

export async function pages(): Promise<string | null | undefined> {
  const { data } = await client.GET('/api/v1/runs', { params: { query: { status: 'running' } } });
  return data?.next;
}

export async function refused(): Promise<void> {
  // @ts-expect-error no run has this status
  await client.GET('/api/v1/runs', { params: { query: { status: 'ruined' } } });
  // @ts-expect-error the name of a pipeline is a text
  await client.POST('/api/v1/runs', { body: { pipeline: 7 } });
  // @ts-expect-error a retry names its run
  await client.POST('/api/v1/runs/{id}/retry', { body: {} });
}

/** An item of a stream has a type, though the stream is text. */
export function typeOf(item: components['schemas']['RunStreamItem']): string {
  return 'type' in item ? item.type : item.step;
}
