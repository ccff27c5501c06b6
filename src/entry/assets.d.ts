// What Vite makes of files that are no modules.

declare module '*.wasm?url' {
  const url: string;
  export default url;
}

declare module '*.wasm?inline' {
  const dataUrl: string;
  export default dataUrl;
}
