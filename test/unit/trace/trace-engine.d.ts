// The part of @paulirish/trace_engine that the tests use; its own declarations need the sources of DevTools.
declare module '@paulirish/trace_engine/models/trace/trace.js' {
  interface Entry {
    /** Only of functions of a CPU profile. */
    readonly callFrame?: { readonly functionName: string; readonly url: string };
  }
  export interface ParsedTrace {
    readonly data: {
      readonly Renderer: {
        readonly processes: ReadonlyMap<
          number,
          { readonly threads: ReadonlyMap<number, { readonly entries: readonly Entry[] }> }
        >;
        readonly entryToNode: ReadonlyMap<Entry, { readonly selfTime?: number }>;
      };
      readonly ExtensionTraceData: {
        readonly extensionTrackData: readonly {
          readonly name: string;
          readonly isTrackGroup: boolean;
          readonly entriesByTrack: Readonly<
            Record<string, readonly { readonly name: string; readonly ts: number; readonly dur: number }[]>
          >;
        }[];
      };
    };
  }
  interface Model {
    parse(events: readonly object[]): Promise<void>;
    parsedTrace(): ParsedTrace | null;
  }
  export const TraceModel: { readonly Model: { createWithAllHandlers(): Model } };
}
