import type {
  CallRows,
  FlameBoxes,
  FlameShape,
  MemoryProfileType,
  PeekAnswer,
  ProfileQuery,
  ProfileSummary,
  SaveFormat,
  SourceCost,
  TopRows,
  TopSort,
} from '../protocol/profiles.ts';

/** Profiles as views use them. */
export interface ProfilesClient {
  /**
   * Reads a file with a profile of any kind, which becomes a capture: pprof (gzip or raw), a legacy heap text, a .cpuprofile, a Chrome trace.
   * Resolves with its key. Rejects with one error that names field and offset; there is no capture then. Takes ownership of the bytes.
   */
  open(name: string, bytes: ArrayBuffer): Promise<string>;
  /** A profile of what is in the memory of a program now, without code in the program. Resolves with the capture's key. */
  takeFromMemory(instanceKey: string, type: MemoryProfileType): Promise<string>;
  /** Has a capture that is only kept read again. Resolves once it is ready. */
  load(captureKey: string): Promise<void>;
  rename(captureKey: string, name: string): void;
  drop(captureKey: string): void;
  save(captureKey: string, format: SaveFormat): Promise<{ readonly name: string; readonly blob: Blob }>;
  summary(captureKey: string, query: ProfileQuery): Promise<ProfileSummary>;
  flame(captureKey: string, query: ProfileQuery, shape: FlameShape): Promise<FlameBoxes>;
  /** `filter`: words that all have to be found in the name. */
  top(
    captureKey: string,
    query: ProfileQuery,
    filter: string,
    sort: TopSort,
    from: number,
    count: number,
  ): Promise<TopRows>;
  /** `open`: ids of rows whose calls (or callers, `up`) are listed below them. */
  calls(
    captureKey: string,
    query: ProfileQuery,
    direction: 'down' | 'up',
    open: readonly number[],
    from: number,
    count: number,
  ): Promise<CallRows>;
  peek(captureKey: string, query: ProfileQuery, frame: string): Promise<PeekAnswer>;
  /** What the lines of a function cost; null where the profile has no lines of it. */
  source(captureKey: string, query: ProfileQuery, functionName: string): Promise<SourceCost | null>;
}
