// The analysis worker: module bytes, symbol tables and snapshots live here and nowhere else.

import sourceMapDecoder from 'source-map/lib/mappings.wasm?url';
import { Endpoint } from '../protocol/endpoint.ts';
import type { AnalysisRequests, PageRequests } from '../protocol/requests.ts';
import { initializeSourceMaps } from '../sourcemap/read/consumer.ts';
import { createAnalysis } from '../worker/analysis.ts';

initializeSourceMaps(sourceMapDecoder);
const scope = self as unknown as DedicatedWorkerGlobalScope;
const page: Endpoint<AnalysisRequests, PageRequests> = new Endpoint<AnalysisRequests, PageRequests>(
  scope,
  createAnalysis({
    read: (target, ranges) => page.request('memory.read', { target, ranges }),
    gather: (params) => page.request('memory.gather', params),
  }),
);
