import type { PageModule } from '../session/page-events.ts';
import type { ModuleBytes } from '../session/page-port.ts';
import { buildIdOf } from './build-id.ts';
import { debuggerAvailable } from './debugger-connection.ts';
import { decodeBase64 } from './hook-answer.ts';
import { wasmBytecode } from './late-attach.ts';
import { loggedBytes } from './network-log.ts';
import type { KnownModule } from './page-model.ts';
import type { RealmAddress, RegistryClient } from './registry-client.ts';

/** The longest module that is fetched again. */
const MAX_FETCH = 512 << 20;

export interface BytesContext {
  readonly client: RegistryClient;
  readonly tabId: number;
  /** Aborted when DevTools closes. */
  readonly closing: AbortSignal;
  /** Whether the user has attached the debugger to this document: without that it is not used. */
  readonly debuggerWanted: boolean;
  /** A registry of the page itself, put there when there is none. */
  readonly pageRegistry: () => Promise<RealmAddress>;
}

type Way = () => Promise<ModuleBytes>;

/** The bytes of a module, from wherever they can be had; tries what disturbs the page least first. Rejects with what was tried. */
export async function moduleBytes(module: KnownModule, context: BytesContext): Promise<ModuleBytes> {
  const tried: string[] = [];
  for (const [name, way] of ways(module, context)) {
    try {
      return await way();
    } catch (error) {
      tried.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (tried.length === 0)
    tried.push(
      'network log: no download is known to have brought them; reload with the hook, which keeps what a module is compiled from',
    );
  if (!debuggerAvailable()) tried.push('debugger: this build of the extension has none');
  else if (!context.debuggerWanted)
    tried.push('debugger: not used unasked; press "Attach to the page" for it');
  throw new Error(`The bytes of this module could not be had. ${tried.join('; ')}`);
}

function* ways(module: KnownModule, context: BytesContext): Generator<readonly [string, Way]> {
  const { page, hook } = module;
  const url = page.url !== null && /^(https?|blob|data|file):/.test(page.url) ? page.url : null;
  const proof = page.buildId !== null;
  if (module.bytesKept && hook !== null) yield ['hook', () => fromHook(module, hook, context)];
  // The user has just attached it; and nothing else proves what runs.
  if (page.origin === 'debugger' && !proof) yield* fromDebugger(page, context);
  if (url !== null) {
    yield ['network log', () => fromLog(url, page.buildId)];
    yield ['fetch', () => fromFetch(url, page.buildId, context)];
  }
  if (page.origin !== 'debugger' || proof) yield* fromDebugger(page, context);
}

async function fromHook(
  module: KnownModule,
  { at, n }: NonNullable<KnownModule['hook']>,
  { client }: BytesContext,
): Promise<ModuleBytes> {
  const bytes = await client.moduleBytes(at, n);
  // The hook lets them go.
  module.bytesKept = false;
  return { bytes: bytes.buffer, from: 'kept by the hook', verified: true };
}

async function fromLog(url: string, buildId: string | null): Promise<ModuleBytes> {
  const bytes = await loggedBytes(url);
  if (bytes === null) throw new Error('DevTools has not kept them');
  return proved(bytes, buildId, 'network log');
}

async function fromFetch(url: string, buildId: string | null, context: BytesContext): Promise<ModuleBytes> {
  const at = await context.pageRegistry();
  const request = { url, limit: MAX_FETCH, cache: 'force-cache', sameOrigin: false } as const;
  // A page that is stopped in the debugger answers when it goes on.
  const patience = context.debuggerWanted ? undefined : Infinity;
  return proved(await context.client.fetch(at, request, patience), buildId, 'fetched again');
}

function* fromDebugger(
  { scriptUrl }: PageModule,
  { tabId, closing, debuggerWanted }: BytesContext,
): Generator<readonly [string, Way]> {
  if (!debuggerAvailable() || !debuggerWanted || scriptUrl === null) return;
  yield [
    'debugger',
    async () => {
      const base64 = await wasmBytecode(tabId, closing, scriptUrl);
      const bytes = base64 === null ? null : decodeBase64(base64);
      if (bytes === null) throw new Error('V8 knows no such script');
      return { bytes: bytes.buffer, from: 'debugger', verified: true };
    },
  ];
}

/** Compares the build ID with the running module's, where that is known. */
function proved(bytes: Uint8Array<ArrayBuffer>, buildId: string | null, from: string): ModuleBytes {
  if (buildId === null) return { bytes: bytes.buffer, from, verified: false };
  if (buildIdOf(bytes) !== buildId) throw new Error('they are another module now (its build ID differs)');
  return { bytes: bytes.buffer, from: `${from} (build id matches)`, verified: true };
}
