import { address, moduleOffset, type Address } from '../base/units.ts';
import type { Machine } from '../dwarf/machine.ts';
import type { Memory } from '../memory/memory.ts';
import { LostLocals } from '../tinygo/lost-locals.ts';
import type {
  CodePlace,
  LanguageObject,
  LanguageValue,
  LanguageVariable,
  StoppedFrame,
  Store,
} from '../protocol/language.ts';
import {
  findValue,
  frameVariables,
  globalNamed,
  storesOf,
  type FoundValue,
  type FrameVariable,
} from '../values/dwarf-frame.ts';
import type { DwarfProgram } from '../values/dwarf-program.ts';
import { evaluateExpression } from '../values/expression/evaluate.ts';
import { packageOf } from '../values/frame-arguments.ts';
import { valueParts, type ValueSource } from '../values/go-value.ts';
import { KeptValues, type KeptValue } from '../values/kept-values.ts';
import type { ValueType } from '../values/value-type.ts';
import { dwarfProgram } from './dwarf-program.ts';
import { describedValue, kindOf, sentence } from './language-value.ts';
import type { AnalyzedModule } from './module-store.ts';

/** Parts of one answer. */
const MAX_PARTS = 200;
/** Drawn in the Local scope where there are none for a reason. */
const NO_VARIABLES = '(variables)';
const WHY_LOST_CALL =
  'wasm-opt lost where this inlined call begins and ends, and with it the places of its variables. Build with -opt=0 to keep them.';

const WHY_NOT_KEPT =
  'it reads 0, as does what a goroutine did not keep when it last waited: the code behind that call does not need it';

/** What is known of a frame of a module with debug information. */
interface FrameFacts {
  readonly variables: readonly FrameVariable[];
  /** The full name of its function. */
  readonly function: string;
  /** Whether it is a call of which debug information has lost the extent. */
  readonly lost: boolean;
}

/** Answers of a module that has debug information, as those of `language.ts` for standard Go. */
export class DwarfLanguage {
  readonly #module: AnalyzedModule;
  readonly #program: DwarfProgram;
  readonly #lost: LostLocals | undefined;

  constructor(module: AnalyzedModule, program: DwarfProgram) {
    this.#module = module;
    this.#program = program;
    this.#lost = LostLocals.of(module.symbols.wasm);
  }

  /** Undefined for a module without debug information. */
  static of(module: AnalyzedModule): DwarfLanguage | undefined {
    const program = dwarfProgram(module);
    return program && new DwarfLanguage(module, program);
  }

  variables(place: CodePlace): readonly LanguageVariable[] {
    const { variables, lost } = this.#frame(place);
    const none: LanguageVariable[] = lost ? [{ name: NO_VARIABLES, type: '', scope: 'LOCAL' }] : [];
    return [...none, ...variables.map(({ name, type, scope }) => ({ name, type: type.name, scope }))];
  }

  stores(place: CodePlace): readonly Store[] {
    return storesOf(this.#frame(place).variables);
  }

  /** Throws NeedPages, and an ExpressionError that says why there is no value. */
  evaluate(memory: Memory, { place, stores }: StoppedFrame, expression: string): LanguageValue {
    const frame = this.#frame(place);
    if (expression === NO_VARIABLES) return sentence(WHY_LOST_CALL);
    const values = this.#valuesOf({ place, stores });
    const found = (name: string): { variable: FrameVariable; value: FoundValue } | undefined => {
      const variable =
        frame.variables.find((one) => one.name === name) ??
        globalNamed(this.#program, `${packageOf(frame.function)}.${name}`, frame.variables.length) ??
        globalNamed(this.#program, name, frame.variables.length);
      if (variable === undefined) return undefined;
      return { variable, value: findValue(this.#program, variable, values, memory) };
    };
    const direct = found(expression);
    // A variable of the Scope pane that is not there says so in its place, not as an error.
    if (direct !== undefined && 'why' in direct.value)
      return sentence(direct.value.why, direct.variable.type.name);
    const keptValues = new Map<number, KeptValue>();
    let doubt: string | null = null;
    const source: ValueSource = { layout: this.#program.layout, memory: new KeptValues(memory, keptValues) };
    const take = (name: string): { type: ValueType; address: Address } | { why: string } | undefined => {
      const one = found(name);
      if (one === undefined) return undefined;
      if ('why' in one.value) return one.value;
      if (one.value.kept !== null) keptValues.set(one.variable.number, one.value.kept);
      doubt ??= one.variable.doubt;
      return { type: one.variable.type, address: one.value.address };
    };
    const whole = take(expression);
    if (whole !== undefined && 'address' in whole)
      return this.#valueAt(source, whole.type, whole.address, doubt);
    const {
      text,
      type,
      place: at,
    } = evaluateExpression(source, { package: packageOf(frame.function), find: take }, expression);
    if (at === null) return { ...sentence(text, type), kind: kindOf(type), doubt };
    return this.#valueAt(source, at.type, at.address, doubt);
  }

  /** Throws NeedPages, and a FormatError where what it consists of is damaged. */
  parts(
    memory: Memory,
    { of, address: at, frame }: LanguageObject,
  ): { readonly name: string; readonly value: LanguageValue }[] {
    const type = 'number' in of ? this.#program.types.numbered(of.number) : undefined;
    if (type === undefined) throw new Error('this value is of a module that is gone');
    const keptValues = new Map<number, KeptValue>();
    if (frame !== null) {
      const values = this.#valuesOf(frame);
      for (const variable of this.#frame(frame.place).variables) {
        const value = findValue(this.#program, variable, values, memory);
        if ('kept' in value && value.kept !== null) keptValues.set(variable.number, value.kept);
      }
    }
    const source: ValueSource = { layout: this.#program.layout, memory: new KeptValues(memory, keptValues) };
    return valueParts(source, type, address(at), 0, MAX_PARTS).map((part) => ({
      name: part.name,
      value: this.#valueAt(source, part.type, part.address, null),
    }));
  }

  #frame({ codeOffset, inlineFrameIndex }: CodePlace): FrameFacts {
    const { symbolizer, symbols } = this.#module;
    const { frames } = symbolizer.locate(moduleOffset(symbols.wasm.codeStart + codeOffset));
    // Debug information may have lost an inlined call that the line shows: functions are counted from the outermost one.
    const level = Math.max(0, frames.length - 1 - inlineFrameIndex);
    const variables = frameVariables(this.#program, codeOffset, level);
    return {
      variables: variables ?? [],
      function: frames[inlineFrameIndex]?.function ?? '',
      lost: variables === undefined && level > 0,
    };
  }

  #valuesOf({ place, stores }: Pick<StoppedFrame, 'place' | 'stores'>): Machine['value'] {
    const { symbolizer, symbols } = this.#module;
    const at = moduleOffset(symbols.wasm.codeStart + place.codeOffset);
    const { funcIndex } = symbolizer.locate(at);
    return (store, index) => {
      const found = stores.find((one) => one.store === store && one.index === index);
      if (found === undefined) return undefined;
      const bits = BigInt(`0x${found.bits}`);
      if (
        bits === 0n &&
        store === 'local' &&
        funcIndex !== undefined &&
        this.#lost?.mayBeLost(funcIndex, index, at)
      )
        return { why: WHY_NOT_KEPT };
      return { bits, bytes: found.bytes };
    };
  }

  #valueAt(source: ValueSource, type: ValueType, at: Address, doubt: string | null): LanguageValue {
    return {
      ...describedValue(source, type, at),
      doubt,
      of: { number: this.#program.types.numberOf(type) },
    };
  }
}
