import { Kind, type TypeReader } from '../go/runtime/types.ts';
import {
  arrayOf,
  basicType,
  channelType,
  MadeType,
  pointerTo,
  sliceOf,
  typeOf,
  type ValueType,
} from './value-type.ts';

/** Nesting of `*`, `[]` and `[n]` that is followed. */
const MAX_NESTING = 20;
const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * The type that Go prints as `name`: `main.T`, `*main.T`, `[]int`, `map[string]*main.T`. `packagePath`: of the package whose source the name
 * is written in; names without a package are looked up there first, and of several types of one name its own is taken. Undefined when the
 * module describes none, or several.
 */
export function typeByName(types: TypeReader, name: string, packagePath = ''): ValueType | undefined {
  return find(types, spaced(name.trim()), packagePath, 0);
}

/** As Go prints types without fields or methods. */
const spaced = (name: string): string => name.replace(/\b(struct|interface)\{\}/g, '$1 {}');

function find(types: TypeReader, name: string, packagePath: string, nesting: number): ValueType | undefined {
  if (nesting > MAX_NESTING) return undefined;
  const basic = basicType(name);
  const own =
    basic === undefined && IDENTIFIER.test(name) ? types.declaredType(name, packagePath) : undefined;
  if (own !== undefined) return typeOf(types, own);
  const described = types.typesNamed(NAMES.get(name) ?? name);
  if (described.length === 1 && described[0] !== undefined) return typeOf(types, described[0]);
  const declared = described.filter((one) => types.packagePath(one.address) === packagePath);
  if (declared.length === 1 && declared[0] !== undefined) return typeOf(types, declared[0]);
  if (basic !== undefined) return basic;
  const made = /^(\*|\[(\d*)\])(.+)$/su.exec(name);
  if (made !== null) {
    const element = find(types, made[3]?.trim() ?? '', packagePath, nesting + 1);
    if (element === undefined) return undefined;
    if (made[1] === '*') return pointerTo(element);
    return made[2] === '' ? sliceOf(element) : arrayOf(element, Number(made[2]));
  }
  // The package's name is the last part of its path, most often.
  const short = packagePath.slice(packagePath.lastIndexOf('/') + 1);
  const full = packagePath === '' ? name : qualified(name, short);
  const [only, ...others] = types.typesNamed(full);
  if (only !== undefined && others.length === 0) return typeOf(types, only);
  // A channel says itself what it holds, and a function which it is: neither needs a description.
  const channel = /^(<-chan|chan<-|chan) (.+)$/su.exec(name);
  const element = channel && find(types, channel[2] ?? '', packagePath, nesting + 1);
  if (element != null) return channelType(`${channel?.[1] ?? ''} ${element.name}`, element);
  return name.startsWith('func(') ? new MadeType(full, Kind.func, 8) : undefined;
}

/** A type as Go prints it: names that the source writes without a package are of this one. */
function qualified(name: string, packageName: string): string {
  return name.replace(NAME, (whole: string, before: string, word: string, behind: string) => {
    if (before === '.' || behind === '.' || KEYWORDS.has(word)) return whole;
    const printed = NAMES.get(word);
    if (printed !== undefined) return `${before}${printed}${behind}`;
    const basic = basicType(word) !== undefined || word === 'error';
    return basic ? whole : `${before}${packageName}.${word}${behind}`;
  });
}

const NAME = /(\.?)(\b[\p{L}_][\p{L}\p{N}_]*)(\.?)/gu;
const KEYWORDS = new Set(['map', 'chan', 'func', 'struct', 'interface']);

const NAMES = new Map([
  ['any', 'interface {}'],
  ['byte', 'uint8'],
  ['rune', 'int32'],
]);
