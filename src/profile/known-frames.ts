import { asArray, asNumber, asObject, asText } from './call-tree.ts';
import { isWasmFrame, type RecordedFrame } from './recording.ts';
import type { RecordedModule } from './recording-profile.ts';
import type { GoFunction } from './wasm-frames.ts';

// A recording that is kept has to keep its names: the modules may be gone when it is opened again. They stand in the JSON of the recording, under
// this key.
const KEY = 'goWasmFunctions';

const ROLES: readonly GoFunction['role'][] = ['user', 'runtime', 'wrapper', 'glue'];

/** The JSON of a recording with the names of its frames beside it. */
export function withKnownFrames(
  json: unknown,
  frames: readonly RecordedFrame[],
  modules: readonly RecordedModule[],
): unknown {
  const known = modules.map(({ frames: names, info, size }) => ({
    ...{ file: info.file, buildId: info.buildId, size },
    functions: frames.flatMap((frame) => {
      const go = names.functionOf(frame);
      return go === undefined ? [] : [{ frame: keyOf(frame), ...go }];
    }),
  }));
  const whole = Array.isArray(json) ? { traceEvents: json as unknown[] } : asObject(json);
  return { ...whole, [KEY]: known };
}

/** The modules that `withKnownFrames` wrote; none for any other JSON. */
export function knownFrames(json: unknown): RecordedModule[] {
  return asArray(asObject(json)[KEY]).map((value) => {
    const module = asObject(value);
    const functions = new Map<string, GoFunction>();
    for (const one of asArray(module['functions'])) {
      const known = asObject(one);
      const role = ROLES.find((name) => name === known['role']);
      if (role === undefined) continue;
      functions.set(asText(known['frame']), {
        name: asText(known['name']),
        file: asText(known['file']),
        startLine: asNumber(known['startLine'], 0),
        offset: asNumber(known['offset'], 0),
        role,
      });
    }
    return {
      frames: {
        notes: [],
        functionOf: (frame) => (isWasmFrame(frame) ? functions.get(keyOf(frame)) : undefined),
      },
      info: { file: asText(module['file']), buildId: asText(module['buildId']) },
      size: Math.max(0, asNumber(module['size'], 0)),
    };
  });
}

function keyOf({ functionName, url, scriptId, column }: RecordedFrame): string {
  return `${functionName} ${scriptId} ${column} ${url}`;
}
