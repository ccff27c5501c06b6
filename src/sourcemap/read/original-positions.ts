import { withSourceMapText } from './consumer.ts';

/** A place in a generated script, both 1-based, as JavaScript's stacks print it. */
export interface ScriptPosition {
  readonly line: number;
  readonly column: number;
}

/** Where it comes from. */
export interface OriginalPosition {
  /** URL of the source, resolved against the map's. */
  readonly source: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

/**
 * Where places of a script come from, by its source map (ECMA-426, 2024); null where the map does not say. Rejects with a FormatError for what is no
 * source map.
 */
export function originalPositions(
  map: string,
  mapUrl: string,
  positions: readonly ScriptPosition[],
): Promise<readonly (OriginalPosition | null)[]> {
  return withSourceMapText(map, mapUrl, (consumer) =>
    positions.map(({ line, column }) => {
      if (line < 1 || column < 1) return null;
      const found = consumer.originalPositionFor({ line, column: column - 1 });
      if (found.source === null || found.line === null || found.column === null) return null;
      return { source: found.source, line: found.line, column: found.column + 1 };
    }),
  );
}
