import { GrowingF64, GrowingU32 } from './growing.ts';
import type { Mapping, Profile, ValueType } from './profile.ts';

/** A function of a profile that is being built. */
export interface NewFunction {
  readonly name: string;
  /** As the linker knows it; `name` when left out. */
  readonly systemName?: string;
  readonly file: string;
  /** Line of the declaration, 1-based; 0 unknown. */
  readonly startLine?: number;
}

/** A line of a location that is being built. */
export interface NewLine {
  /** What `addFunction` gave. */
  readonly function: number;
  /** 1-based; 0 unknown. */
  readonly line: number;
  readonly column?: number;
}

export interface NewLabel {
  readonly key: string;
  /** Either a text or a number. */
  readonly text?: string;
  readonly number?: bigint;
  readonly unit?: string;
}

/** What a profile says once. All that is left out is unknown. */
export interface ProfileHead {
  readonly sampleTypes: readonly ValueType[];
  readonly defaultSampleType?: string;
  readonly timeNanos?: bigint;
  readonly durationNanos?: bigint;
  readonly periodType?: ValueType;
  readonly period?: bigint;
  readonly comments?: readonly string[];
  readonly docUrl?: string;
  readonly dropFrames?: string;
  readonly keepFrames?: string;
}

/** Builds a profile row by row. Strings are kept once; functions, locations and samples are what the caller makes of them. */
export class ProfileBuilder {
  readonly #strings: string[] = [''];
  readonly #indexes = new Map<string, number>([['', 0]]);
  readonly #mappings: Mapping[] = [];
  readonly #functionName = new GrowingU32();
  readonly #functionSystemName = new GrowingU32();
  readonly #functionFile = new GrowingU32();
  readonly #functionStartLine = new GrowingF64();
  readonly #address: bigint[] = [];
  readonly #locationMapping: number[] = [];
  readonly #folded: number[] = [];
  readonly #lineStart = new GrowingU32();
  readonly #lineFunction = new GrowingU32();
  readonly #lineNumber = new GrowingF64();
  readonly #lineColumn = new GrowingF64();
  readonly #stackStart = new GrowingU32();
  readonly #stack = new GrowingU32();
  readonly #values = new GrowingF64();
  readonly #bigValues = new Map<number, bigint>();
  readonly #labelStart = new GrowingU32();
  readonly #labelKey = new GrowingU32();
  readonly #labelText = new GrowingU32();
  readonly #labelNumber: bigint[] = [];
  readonly #labelUnit = new GrowingU32();
  readonly #head: ProfileHead;
  #samples = 0;

  constructor(head: ProfileHead) {
    this.#head = head;
    this.#lineStart.push(0);
    this.#stackStart.push(0);
    this.#labelStart.push(0);
  }

  /** Index of a text in the string table. */
  string(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.#strings.length;
      this.#strings.push(text);
      this.#indexes.set(text, index);
    }
    return index;
  }

  addMapping(mapping: Mapping): number {
    return this.#mappings.push(mapping) - 1;
  }

  addFunction({ name, systemName = name, file, startLine = 0 }: NewFunction): number {
    this.#functionName.push(this.string(name));
    this.#functionSystemName.push(this.string(systemName));
    this.#functionFile.push(this.string(file));
    this.#functionStartLine.push(startLine);
    return this.#functionName.length - 1;
  }

  /** `lines`: innermost (inlined) first. `mapping`: -1 for none. */
  addLocation(lines: readonly NewLine[], address = 0n, mapping = -1, folded = false): number {
    for (const { function: at, line, column = 0 } of lines) {
      this.#lineFunction.push(at);
      this.#lineNumber.push(line);
      this.#lineColumn.push(column);
    }
    this.#lineStart.push(this.#lineFunction.length);
    this.#locationMapping.push(mapping);
    this.#folded.push(folded ? 1 : 0);
    return this.#address.push(address) - 1;
  }

  /** `stack`: locations, innermost first. `values`: one a sample type. Returns the sample's row. */
  addSample(
    stack: Iterable<number>,
    values: readonly (number | bigint)[],
    labels: readonly NewLabel[] = [],
  ): number {
    if (values.length !== this.#head.sampleTypes.length) {
      throw new RangeError(`${values.length} values for ${this.#head.sampleTypes.length} sample types`);
    }
    for (const location of stack) this.#stack.push(location);
    for (const value of values) {
      const rounded = Number(value);
      if (typeof value === 'bigint' && !Number.isSafeInteger(rounded)) {
        this.#bigValues.set(this.#values.length, value);
      }
      this.#values.push(rounded);
    }
    for (const { key, text = '', number = 0n, unit = '' } of labels) {
      this.#labelKey.push(this.string(key));
      this.#labelText.push(this.string(text));
      this.#labelNumber.push(number);
      this.#labelUnit.push(this.string(unit));
    }
    this.#stackStart.push(this.#stack.length);
    this.#labelStart.push(this.#labelKey.length);
    return this.#samples++;
  }

  build(): Profile {
    const head = this.#head;
    return {
      strings: this.#strings,
      sampleTypes: head.sampleTypes,
      defaultSampleType: head.defaultSampleType ?? '',
      mappings: this.#mappings,
      dropFrames: head.dropFrames ?? '',
      keepFrames: head.keepFrames ?? '',
      timeNanos: head.timeNanos ?? 0n,
      durationNanos: head.durationNanos ?? 0n,
      periodType: head.periodType,
      period: head.period ?? 0n,
      comments: head.comments ?? [],
      docUrl: head.docUrl ?? '',
      functions: {
        count: this.#functionName.length,
        name: this.#functionName.done(),
        systemName: this.#functionSystemName.done(),
        file: this.#functionFile.done(),
        startLine: this.#functionStartLine.done(),
      },
      locations: {
        count: this.#address.length,
        address: BigUint64Array.from(this.#address),
        mapping: Int32Array.from(this.#locationMapping),
        folded: Uint8Array.from(this.#folded),
        lineStart: this.#lineStart.done(),
        lineFunction: this.#lineFunction.done(),
        lineNumber: this.#lineNumber.done(),
        lineColumn: this.#lineColumn.done(),
      },
      samples: {
        count: this.#samples,
        stackStart: this.#stackStart.done(),
        stack: this.#stack.done(),
        values: this.#values.done(),
        bigValues: this.#bigValues,
        labelStart: this.#labelStart.done(),
        labels: {
          key: this.#labelKey.done(),
          text: this.#labelText.done(),
          number: BigInt64Array.from(this.#labelNumber),
          unit: this.#labelUnit.done(),
        },
      },
    };
  }
}
