import { findBuildInfoText, parseBuildInfo } from '../go/build-info.ts';
import type { GoModule } from '../go/go-module.ts';
import { parseSignatures, type GoSignature } from '../gosource/signature.ts';
import type { CliIo } from './io.ts';

/** The functions that a Go file declares, or a sentence why they are not known. */
export type FileSignatures =
  | { readonly ok: true; readonly signatures: readonly GoSignature[] }
  | { readonly ok: false; readonly why: string };

/** Go source in a folder: that of the main module. Other files are looked for by their whole path below it. */
export class SourceFolder {
  readonly #io: CliIo;
  readonly #folder: string;
  readonly #mainModule: string | null;
  readonly #known = new Map<string, Promise<FileSignatures>>();

  /** `module`: whose source it is; undefined for one that is not standard Go. */
  constructor(io: CliIo, folder: string, module: GoModule | undefined) {
    this.#io = io;
    this.#folder = folder.replace(/\/$/, '');
    const text = module && findBuildInfoText(module.image);
    this.#mainModule = text === undefined ? null : (parseBuildInfo(text).main?.path ?? null);
  }

  /** `file`: as the symbols name it. */
  signaturesOf(file: string): Promise<FileSignatures> {
    const known = this.#known.get(file) ?? this.#read(file);
    this.#known.set(file, known);
    return known;
  }

  /** The text of a file, by its name in the symbols; undefined where the folder does not have it. */
  async textOf(file: string): Promise<string | undefined> {
    for (const path of this.#paths(file)) {
      const bytes = await this.#io.readFile(`${this.#folder}/${path}`).catch(() => undefined);
      if (bytes !== undefined) return new TextDecoder().decode(bytes);
    }
    return undefined;
  }

  async #read(file: string): Promise<FileSignatures> {
    const text = await this.textOf(file);
    if (text !== undefined) return { ok: true, signatures: parseSignatures(text) };
    return { ok: false, why: `there is no ${file} in ${this.#folder}` };
  }

  /** Paths below the folder. The module names them: none may lead out of it. */
  #paths(file: string): string[] {
    const parts = file.split(/[\\/]/).filter((part) => part !== '');
    if (parts.length === 0 || parts.includes('..')) return [];
    const main = this.#mainModule;
    if (main !== null && file.startsWith(`${main}/`)) return [file.slice(main.length + 1), file];
    // Without -trimpath the path is that of the machine that built it: the folder may be any of those above the file.
    const isAbsolute = /^(?:[A-Za-z]:)?[\\/]/.test(file);
    return isAbsolute ? parts.map((_, i) => parts.slice(i).join('/')) : [parts.join('/')];
  }
}
