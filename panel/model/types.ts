import type { HeapComparison } from '../../src/protocol/heap.ts';
import type { ModuleState, TrapState } from '../../src/session/state.ts';

// The panel knows the rest of the project through the session only; these are the parts of its state that views name.

export type StackTrace = NonNullable<TrapState['stack']>;
export type StackFrame = StackTrace['frames'][number];
export type Confidence = StackFrame['confidence'];
export type TrapKind = TrapState['kind'];
export type Growth = HeapComparison['diff']['types'][number];
export type ModuleReport = NonNullable<ModuleState['report']>;
export type PackageSize = ModuleReport['packages'][number];
export type {
  Change,
  DeadlockVerdict,
  GoroutineDetail,
  GoroutineFacts,
  GoroutineKind,
  GoroutineQuery,
  GoroutineRow,
  GoroutineRows,
  GroupBy,
  GroupRow,
  WaitEdge,
  WaitObject,
  WaitTarget,
} from '../../src/protocol/goroutines.ts';
export type {
  HeapComparison,
  HeapFacts,
  HeapObjectDetail,
  HeapObjectRow,
  HeapPath,
  HeapReference,
  HeapValueRow,
} from '../../src/protocol/heap.ts';
export type { HeapState } from '../../src/session/heap-state.ts';
export type { FrameArguments } from '../../src/values/typed-arguments.ts';
export type {
  Inspection,
  JumpTarget,
  MemoryChanges,
  MemoryMap,
  MemoryValue,
  MemoryValuePart,
  RegionRow,
  SearchMatch,
  SearchQuery,
  SearchResult,
  ValueTypeName,
} from '../../src/protocol/memory.ts';
export type { ConcludedVariable } from '../../src/protocol/variables.ts';
export type { MemoryPlace } from '../../src/session/memories.ts';
export type { SnapshotState } from '../../src/session/goroutines-state.ts';
export type { CaptureState } from '../../src/session/captures-state.ts';
export type {
  CallRow,
  FlameBoxes,
  FlameShape,
  MemoryProfileType,
  PeekAnswer,
  PeekRow,
  ProfileFacts,
  ProfileFilters,
  ProfileFrame,
  ProfileGranularity,
  ProfileQuery,
  ProfileSummary,
  ProfileValues,
  SaveFormat,
  SourceCost,
  TopRow,
  TopSort,
} from '../../src/protocol/profiles.ts';
