import { FormatError } from '../base/format-error.ts';
import { address } from '../base/units.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { closureName } from '../go/runtime/timers.ts';
import { readChannel } from '../go/runtime/waits.ts';
import { mapCount, mapEntries } from './map-entries.ts';
import { typeByName } from './type-by-name.ts';
import type { ValueLayout } from './value-layout.ts';
import { typeOf } from './value-type.ts';

const known = new WeakMap<GoRuntime, ValueLayout>();

/** How standard Go lays out values; the same object for the same program. */
export function goLayout(runtime: GoRuntime): ValueLayout {
  let layout = known.get(runtime);
  if (layout === undefined) known.set(runtime, (layout = layoutOf(runtime)));
  return layout;
}

function layoutOf(runtime: GoRuntime): ValueLayout {
  return {
    word: 8,
    functionWord: 0,
    interfaceContent: (memory, type, at) => {
      const first = memory.word(at);
      if (first === 0) return undefined;
      // With methods the first word is an itab, whose second word is the type (Go src/internal/abi/iface.go).
      const descriptor = type.isEmptyInterface() ? first : memory.word(address(first + 8));
      const dynamic = typeOf(runtime.types, runtime.types.typeAt(address(descriptor)));
      const data = address(at + 8);
      return { type: dynamic, address: dynamic.isDirect() ? data : address(memory.word(data)) };
    },
    // runtime.hchan has buf behind dataqsiz, and recvx behind elemtype and sendx (Go src/runtime/chan.go, 1.19 to 1.27).
    channel: (memory, at) => {
      if (at === 0 || runtime.channels === undefined) return undefined;
      const { hchan } = runtime.channels;
      const { length, capacity } = readChannel(runtime, memory, runtime.channels, at);
      if (length > capacity || capacity > memory.size) {
        throw new FormatError('channel', at, `${length} of ${capacity} elements`, true);
      }
      const first = memory.word(address(at + hchan.elemtype + 16));
      return { length, capacity, buffer: memory.word(address(at + hchan.dataqsiz + 8)), first };
    },
    mapCount,
    mapEntries,
    functionName: (memory, at) => closureName(runtime, memory, address(memory.word(at))),
    typeNamed: (name, packagePath) => typeByName(runtime.types, name, packagePath),
  };
}
