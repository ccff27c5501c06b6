import { createAnalysis } from '../../src/worker/analysis.ts';
import type { Handlers, RequestContext } from '../../src/protocol/endpoint.ts';
import type { ProfileQuery } from '../../src/protocol/profiles.ts';
import type { AnalysisRequests } from '../../src/protocol/requests.ts';

/** A worker's handlers without a page, and how they are called. */
export function profileWorker(): {
  readonly ask: <Name extends keyof AnalysisRequests & string>(
    name: Name,
    params: AnalysisRequests[Name]['params'],
  ) => Promise<AnalysisRequests[Name]['result']>;
} {
  const refuse = (): Promise<never> => Promise.reject(new Error('there is no page'));
  const handlers: Handlers<AnalysisRequests> = createAnalysis({ read: refuse, gather: refuse });
  const context: RequestContext = { signal: new AbortController().signal, progress: () => undefined };
  return { ask: async (name, params) => handlers[name](params, context) };
}

/** A query without filters. */
export function plainQuery(change: Partial<ProfileQuery> = {}): ProfileQuery {
  return {
    ...{ sampleType: 0, granularity: 'functions', base: null },
    ...{ focus: '', ignore: '', hide: '', show: '', showFrom: '', tagFocus: '', tagIgnore: '' },
    ...change,
  };
}
