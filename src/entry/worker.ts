// The analysis worker: module bytes, symbol tables and snapshots live here and nowhere else.

import { Endpoint } from '../protocol/endpoint.ts';
import type { AnalysisRequests, PageRequests } from '../protocol/requests.ts';
import { createAnalysis } from '../worker/analysis.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const page: Endpoint<AnalysisRequests, PageRequests> = new Endpoint<AnalysisRequests, PageRequests>(
  scope,
  createAnalysis({
    read: (target, ranges) => page.request('memory.read', { target, ranges }),
    gather: (params) => page.request('memory.gather', params),
  }),
);
