import { ASIDE_COLUMN } from '../base/aside-column.ts';
import { EXACT, type Confidence } from '../base/confidence.ts';
import { goSourceUrl } from '../base/go-source-url.ts';
import { isStandardLibrary } from '../base/standard-library.ts';
import {
  address,
  goPc,
  moduleOffset,
  pcBlock,
  type FuncIndex,
  type GoPc,
  type ModuleOffset,
} from '../base/units.ts';
import { readCodePcs } from '../go/code-pcs.ts';
import type { GoModule } from '../go/go-module.ts';
import { nextStops, resumeOffset } from '../go/next-stops.ts';
import { loadConstants, type GoRuntime } from '../go/runtime/runtime.ts';
import {
  bodySp,
  frameOf,
  jumpingStack,
  pendingStack,
  unwoundGoroutine,
  type FoundFrame,
  type PendingStack,
} from '../go/runtime/unwound.ts';
import type { PhysicalFrame } from '../go/runtime/unwind.ts';
import type { Memory } from '../memory/memory.ts';
import { PageStore } from '../memory/page-store.ts';
import { withPages } from '../memory/with-pages.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type {
  ShownPlace,
  StepPlace,
  StepPlan,
  StepPoint,
  StepRequests,
  StepStop,
  StoppedProgram,
} from '../protocol/steps.ts';
import { parseJsStack, type JsFrame } from '../stack/js-stack.ts';
import { isGenerated } from '../base/generated-code.ts';
import { NONE, Stretch, type CodeLines } from '../symbols/code-lines.ts';
import { InstructionCursor, Op } from '../wasm/instructions.ts';
import { bodyOf, functionAtOffset, type WasmModule } from '../wasm/module.ts';
import type { AskForMemory } from './analysis.ts';
import { linesOf } from './lines-of.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';
import { ownerOf, type OwnerCandidate } from './owner.ts';

/** Bytes that the debugger is asked for at once. */
const PAGE = 4096;
const MAX_BYTES = 8 << 20;
const LOOP = 'wasm_pc_f_loop';
/** `i32.const 1; end`: the end of every function whose stack can be unwound. */
const UNWIND_TAIL = 3;

/** Answers what stepping asks. */
export function stepHandlers(
  store: ModuleStore,
  ask: AskForMemory,
  candidatesOf: (keys: readonly string[]) => OwnerCandidate[],
): Handlers<StepRequests> {
  return {
    'step.place': ({ stack, candidates }) => {
      const parsed = parseJsStack(stack);
      const { moduleKey } = ownerOf(parsed, candidatesOf(candidates));
      const top = parsed.frames.find((frame) => frame.isWasm);
      if (moduleKey === null || top?.moduleOffset == null || top !== parsed.frames.find(isOfPage))
        return null;
      return stopAt(store.get(moduleKey), moduleKey, moduleOffset(top.moduleOffset));
    },
    'step.plan': async ({ program, before, ignoreStandard }) => {
      const module = store.get(program.moduleKey);
      const { go } = module.symbols;
      if (go === undefined || !('value' in module.runtime)) {
        return { kind: 'unknown', why: 'the module says too little of its runtime' };
      }
      const runtime = module.runtime.value;
      const lines = await linesOf(module);
      const pages = new PageStore(program.byteLength, { pageSize: PAGE });
      loadConstants(runtime, pages);
      const { result } = await withPages(
        pages,
        (ranges) => ask.read(program.target, ranges),
        (memory: Memory) =>
          new Planner({ module, go, runtime, lines, memory, ignoreStandard }).plan(program, before),
        { maxBytes: MAX_BYTES },
      );
      return result;
    },
  };
}

/** Frames of what was evaluated to take the stack come first. */
const isOfPage = ({ isWasm, raw }: JsFrame): boolean => isWasm || !raw.includes('<anonymous>');

/** Where a stop is; null outside Go's code. */
function stopAt(module: AnalyzedModule, moduleKey: string, offset: ModuleOffset): StepStop | null {
  const { go, wasm } = module.symbols;
  const index = functionAtOffset(wasm, offset);
  const body = index === undefined ? undefined : go?.bodyOf(index);
  if (go === undefined || index === undefined || body === undefined) return null;
  const name = go.printedName(go.functions.nameOffset(body.fn));
  return { moduleKey, place: placeAt(go, index, name, offset), function: name, offset };
}

function placeAt(go: GoModule, index: FuncIndex, name: string, offset: ModuleOffset): StepPlace {
  if (name === LOOP) return 'switch';
  const body = go.bodyOf(index);
  const pcs =
    body &&
    readCodePcs(go.wasm, index, {
      pcFunction: go.functions.pcFunction(body.fn),
      pcCount: go.pcCount(body.fn),
      rewritten: go.callSites.rewritten,
    });
  if (pcs?.shape !== 'anchored') return 'code';
  const tail = pcs.end - UNWIND_TAIL;
  const { bytes } = go.wasm;
  if (offset >= tail && bytes[tail] === 0x41 && bytes[tail + 1] === 1 && bytes[tail + 2] === 0x0b) {
    return 'unwinding';
  }
  const { call, end } = pcs.calls;
  const isBehind = call.some((at, i) => offset > at && offset < (end[i] ?? 0));
  if (isBehind) return 'returned';
  return offset < pcs.entry && offset > dispatchStart(go, index) ? 'dispatch' : 'code';
}

/** The loop that every jump inside the function leads to. */
function dispatchStart(go: GoModule, index: FuncIndex): number {
  const body = bodyOf(go.wasm, index);
  if (body === undefined) return Infinity;
  const cursor = new InstructionCursor(go.wasm.bytes);
  cursor.open(body.start, body.end);
  // `global.get 0; local.set 1; block; loop`
  for (let i = 0; i < 4 && cursor.next(); i++) if (cursor.opcode === Op.loop) return cursor.offset;
  return Infinity;
}

interface Parts {
  readonly module: AnalyzedModule;
  readonly go: GoModule;
  readonly runtime: GoRuntime;
  readonly lines: CodeLines;
  readonly memory: Memory;
  readonly ignoreStandard: boolean;
}

/** Says where a goroutine comes back whose step ended in what the runtime does between two goroutines. */
class Planner {
  readonly #parts: Parts;
  readonly #wasm: WasmModule;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#wasm = parts.module.symbols.wasm;
  }

  plan(program: StoppedProgram, before: StepStop | ShownPlace | null): StepPlan {
    const { module, runtime, memory } = this.#parts;
    const [offset] = program.offsets;
    const stop = offset === undefined ? null : stopAt(module, program.moduleKey, moduleOffset(offset));
    switch (stop?.place) {
      case 'returned': {
        if (program.result === 0) return { kind: 'stay' };
        const found = this.#unwound(program);
        return found === null ? NOBODY : asSure(this.#back(found.pending, found.frame), found.confidence);
      }
      case 'unwinding': {
        const found = this.#unwound(program);
        return found === null ? NOBODY : asSure(this.#over(found.pending, found.frame), found.confidence);
      }
      case 'switch': {
        // The function came back to the loop that had called it: its caller is next.
        if (program.result === 0) {
          const pending = pendingStack(runtime, memory, program);
          return pending === undefined ? NOBODY : this.#back(pending, 0);
        }
        const pending = unwoundGoroutine(runtime, memory, program);
        if (pending === undefined || before === null) return NOBODY;
        const frame = this.#frameBefore(pending, program, before);
        if (frame === null) return NOBODY;
        const plan =
          'place' in before && before.place === 'unwinding'
            ? this.#over(pending, frame.index)
            : this.#back(pending, frame.index + 1);
        return asSure(plan, frame.confidence);
      }
      case 'dispatch': {
        if (program.pcBlock === null || program.pcBlock === 0) return { kind: 'stay' };
        const pending = jumpingStack(runtime, memory, program, this.#pcOf(program, program.pcBlock));
        if (pending === undefined) return { kind: 'stay' };
        const from =
          before !== null && 'place' in before && before.place === 'code' && before.function === stop.function
            ? before
            : null;
        const line = from === null ? NONE : stretchAt(this.#parts.lines, moduleOffset(from.offset));
        return this.#over(pending, 0, line);
      }
      case 'code':
      case undefined:
        return { kind: 'stay' };
    }
  }

  /** The PC of a block of the innermost function. */
  #pcOf({ offsets: [offset] }: StoppedProgram, block: number): GoPc {
    const index = offset === undefined ? undefined : functionAtOffset(this.#wasm, moduleOffset(offset));
    const entry = index === undefined ? 0 : (this.#parts.runtime.program.functionOf(index)?.entry ?? 0);
    return goPc(entry + block);
  }

  /** The frame of the innermost function that is stopped, on the stack of the goroutine that leaves it. */
  #unwound(
    program: StoppedProgram,
  ): { readonly pending: PendingStack; readonly frame: number; readonly confidence: Confidence } | null {
    const { runtime, memory } = this.#parts;
    const pending = unwoundGoroutine(runtime, memory, program);
    if (pending === undefined) return null;
    const functions = program.offsets.flatMap(
      (offset) => functionAtOffset(this.#wasm, moduleOffset(offset)) ?? [],
    );
    const returnAt = program.callerSp === null ? null : address(program.callerSp);
    const frame = frameOf(pending.frames, functions, returnAt);
    // After a recover the function is gone: the goroutine goes on in the one that recovered.
    return { pending, frame: Math.max(0, frame.index), confidence: frame.confidence };
  }

  /** The frame of the function that was stopped before; null where it is not on the stack. */
  #frameBefore(
    { frames }: PendingStack,
    { moduleKey }: StoppedProgram,
    before: StepStop | ShownPlace,
  ): FoundFrame | null {
    const functions =
      'url' in before
        ? this.#functionsOf(before)
        : before.moduleKey === moduleKey
          ? [functionAtOffset(this.#wasm, moduleOffset(before.offset))]
          : [];
    const found = functions
      .flatMap((index) => (index === undefined ? [] : [frameOf(frames, [index], null)]))
      .filter(({ index }) => index >= 0);
    return found.sort((a, b) => a.index - b.index)[0] ?? null;
  }

  /** Functions with code at a place, their own or of what was inlined. */
  #functionsOf({ url, line, column }: ShownPlace): readonly FuncIndex[] {
    const { start, count, kind, file, files, line: lines } = this.#parts.lines;
    const index = files.findIndex((name) => goSourceUrl(name) === url);
    const found = new Set<FuncIndex>();
    for (let i = 0; i < count; i++) {
      if (file[i] !== index || lines[i] !== line) continue;
      const isAside = kind[i] === Stretch.aside || kind[i] === Stretch.exactAside;
      if (isAside !== (column === ASIDE_COLUMN)) continue;
      const fn = functionAtOffset(this.#wasm, moduleOffset(start[i] ?? 0));
      if (fn !== undefined) found.add(fn);
    }
    return [...found];
  }

  /** To the next line of the function at `frame`, after that of the stretch `line` (NONE: to any), or to the function that called it. */
  #over(pending: PendingStack, frame: number, line?: number): StepPlan {
    const at = pending.frames[frame];
    const index = at?.code.funcIndex;
    if (at === undefined || index === undefined) return NOBODY;
    if (this.#isIgnored(at)) return this.#back(pending, frame + 1);
    const resumed = resumeOffset(this.#wasm, index, pcBlock(at.pc));
    if (resumed === undefined) return NOBODY;
    const isStop = this.#stopsAfter(line ?? this.#stretchOf(at, index));
    const next = nextStops(this.#wasm, index, pcBlock(at.pc), isStop);
    const caller = next?.returns === true ? this.#caller(pending, frame + 1) : undefined;
    const points = (next?.offsets ?? []).map((offset) => this.#point(pending, at, offset));
    if (caller !== undefined) points.push(caller);
    // A loop of one line comes to no other one.
    if (points.length === 0 && next?.returns !== true) points.push(this.#point(pending, at, resumed));
    return this.#go(pending, at, points);
  }

  /** To where the function at `frame`, or the first one around it that is not ignored, goes on. */
  #back(pending: PendingStack, frame: number): StepPlan {
    const point = this.#caller(pending, frame);
    const at = pending.frames[Math.min(frame, pending.frames.length - 1)];
    return at === undefined ? NOBODY : this.#go(pending, at, point === undefined ? [] : [point]);
  }

  #caller(pending: PendingStack, from: number): StepPoint | undefined {
    const at = pending.frames.slice(from).find((frame) => !this.#isIgnored(frame));
    const index = at?.code.funcIndex;
    if (at === undefined || index === undefined) return undefined;
    const offset = resumeOffset(this.#wasm, index, pcBlock(at.pc));
    return offset === undefined ? undefined : this.#point(pending, at, offset);
  }

  /** Whether a step from a stretch ends at a place of the function: at another line of it, or of what it was inlined into; at any line where it is not known (NONE). */
  #stopsAfter(from: number): (offset: ModuleOffset) => boolean {
    const { lines } = this.#parts;
    const around = new Set<number>();
    for (let level = lines.level[from] ?? NONE; level !== NONE; level = lines.levels.parent[level] ?? NONE) {
      around.add(level);
    }
    return (offset) => {
      const i = stretchAt(lines, offset);
      const kind = lines.kind[i] ?? Stretch.none;
      if (kind === Stretch.none || kind === Stretch.aside || kind === Stretch.exactAside) return false;
      if (from === NONE) return true;
      if (!around.has(lines.level[i] ?? NONE)) return false;
      return lines.file[i] !== lines.file[from] || lines.line[i] !== lines.line[from];
    };
  }

  /** The stretch of code at which the function left: of its call, or its beginning. */
  #stretchOf(at: PhysicalFrame, index: FuncIndex): number {
    const { go, lines } = this.#parts;
    const sites = go.callSites.ofFunction(index);
    const block = pcBlock(at.pc);
    for (let i = 0; i < sites.count; i++) {
      if (block > 0 && sites.pcBlock[i] === block && (sites.pcFunction[i] ?? 0) > 0) {
        return stretchAt(lines, moduleOffset(sites.offset[i] ?? 0));
      }
    }
    return stretchAt(lines, resumeOffset(this.#wasm, index, block) ?? moduleOffset(0));
  }

  #isIgnored({ code, symbolPc }: PhysicalFrame): boolean {
    const file = code.framesAt(symbolPc)[0]?.file ?? '';
    return isGenerated(file) || file === '' || (this.#parts.ignoreStandard && isStandardLibrary(file));
  }

  #point({ goroutine }: PendingStack, at: PhysicalFrame, offset: ModuleOffset): StepPoint {
    const { g, stack } = this.#parts.runtime.layouts.layouts;
    return {
      offset,
      g: goroutine.address,
      stackHiAt: goroutine.address + g.stack + stack.hi,
      depth: goroutine.stack.hi - bodySp(at),
    };
  }

  #go({ goroutine }: PendingStack, at: PhysicalFrame, points: readonly StepPoint[]): StepPlan {
    const [level] = at.code.framesAt(at.symbolPc);
    return {
      ...{ kind: 'go', points, goroutine: goroutine.id },
      ...{ function: level?.name ?? at.code.name, file: level?.file ?? '', line: level?.line ?? 0 },
      confidence: EXACT,
    };
  }
}

/** A plan of which it is known so well whether it is for the right call. */
const asSure = (plan: StepPlan, confidence: Confidence): StepPlan =>
  plan.kind === 'go' ? { ...plan, confidence } : plan;

const NOBODY: StepPlan = { kind: 'unknown', why: 'memory does not say which goroutine left the function' };

/** The stretch that holds an offset; -1 before the first one. */
function stretchAt({ start, count }: CodeLines, offset: ModuleOffset): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((start[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
