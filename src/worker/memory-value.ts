import { address } from '../base/units.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import type { MemoryValue, ValueTypeName } from '../protocol/memory.ts';
import { readValue, valueParts, type ValueSource } from '../values/go-value.ts';
import type { DwarfProgram } from '../values/dwarf-program.ts';
import { typeByName } from '../values/type-by-name.ts';
import { typeOf, type ValueType } from '../values/value-type.ts';
import { dwarfProgram } from './dwarf-program.ts';
import type { OpenedMemory } from './memory-open.ts';

/** Parts of one answer. */
const MAX_PARTS = 200;

/** The value of a type at an address, with its parts. Rejects where the module describes no such type. */
export async function valueAt(opened: OpenedMemory, at: number, name: ValueTypeName): Promise<MemoryValue> {
  const { runtime } = opened.module;
  if (!('value' in runtime)) {
    const program = dwarfProgram(opened.module);
    if (program === undefined) throw new Error(`Types are not known: ${runtime.why}.`);
    const type = typeOfDebugInfo(program, name);
    const nameOf = (of: ValueType): ValueTypeName => ({ descriptor: program.types.numberOf(of) });
    return opened.walk((memory) => partsOf({ layout: program.layout, memory }, type, at, nameOf));
  }
  const type = namedType(runtime.value, name);
  return opened.walk((memory) => partsOf({ runtime: runtime.value, memory }, type, at, nameOfGo));
}

const nameOfGo = (type: ValueType): ValueTypeName =>
  type.descriptor === null ? { name: type.name } : { descriptor: type.descriptor };

/** `descriptor`: the number of a type that an answer had. Throws where debug information has no such type. */
function typeOfDebugInfo(program: DwarfProgram, name: ValueTypeName): ValueType {
  const type =
    'descriptor' in name
      ? program.types.numbered(name.descriptor)
      : program.layout.typeNamed(name.name, 'main');
  if (type !== undefined) return type;
  const what = 'name' in name ? `no type ${name.name}` : 'no such type';
  throw new Error(
    `The debug information of the module has ${what}: a compiler drops those that nothing uses.`,
  );
}

function namedType({ types }: GoRuntime, name: ValueTypeName): ValueType {
  if ('descriptor' in name) return typeOf(types, types.typeAt(address(name.descriptor)));
  const type = typeByName(types, name.name);
  if (type !== undefined) return type;
  throw new Error(
    `The module describes no type ${name.name}, or several: a linker drops those that nothing asks for.`,
  );
}

function partsOf(
  source: ValueSource,
  type: ValueType,
  at: number,
  nameOf: (type: ValueType) => ValueTypeName,
): MemoryValue {
  const value = readValue(source, type, address(at));
  const parts = value.parts === 0 ? [] : valueParts(source, type, address(at), 0, MAX_PARTS);
  return {
    type: type.name,
    address: at,
    size: type.size,
    text: value.text,
    total: value.parts,
    parts: parts.map((part) => {
      const read = readValue(source, part.type, part.address);
      return {
        name: part.name,
        type: part.type.name,
        of: nameOf(part.type),
        address: part.address,
        text: read.text,
        parts: read.parts,
      };
    }),
  };
}
