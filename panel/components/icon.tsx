import type { JSX } from 'preact';

// Small icons in the stroke style of DevTools: 20 by 20, 1.5 px lines, the colour of the text around them.

const stroke = {
  fill: 'none',
  stroke: 'currentColor',
  'stroke-width': '1.5',
  'stroke-linecap': 'round',
  'stroke-linejoin': 'round',
} as const;
const line = (d: string): JSX.Element => <path d={d} {...stroke} />;
const solid = (d: string): JSX.Element => <path d={d} fill="currentColor" fill-rule="evenodd" />;
const disc = 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14';

const SHAPES = {
  reload: line('M15.8 7.5A6.2 6.2 0 1 0 16.2 11M16 4v3.8h-3.8'),
  settings: (
    <g>
      {line(
        'M8.7 3h2.6l.4 2 1.5.8 1.9-.7 1.3 2.3-1.5 1.4v1.6l1.5 1.4-1.3 2.3-1.9-.7-1.5.8-.4 2H8.7l-.4-2-1.5-.8-1.9.7-1.3-2.3 1.5-1.4V8.8L3.6 7.4l1.3-2.3 1.9.7 1.5-.8z',
      )}
      <circle cx="10" cy="9.6" r="1.9" fill="currentColor" />
    </g>
  ),
  back: line('M16 10H4.5M9 5.2 4.2 10 9 14.8'),
  forward: line('M4 10h11.5M11 5.2l4.8 4.8-4.8 4.8'),
  clear: line('M10 3.8a6.2 6.2 0 1 0 0 12.4 6.2 6.2 0 0 0 0-12.4M5.7 5.7l8.6 8.6'),
  filter: line('M4.5 5h11L11.4 10v5l-2.8-1.6V10z'),
  copy: line('M7.5 3.8h8.2v9.4H7.5zM12.6 16.2H4.6V6.6'),
  markdown: line('M3.2 5.2h13.6v9.6H3.2zM5.8 12.2V8l1.9 2.1L9.6 8v4.2M13.4 8v4M11.8 10.6l1.6 1.6 1.6-1.6'),
  paste: line('M8 4.2H5v12h10v-12h-3M8 3h4v2.6H8zM7.6 9h4.8M7.6 11.4h4.8M7.6 13.8h3'),
  plus: line('M10 4.5v11M4.5 10h11'),
  close: line('m5.5 5.5 9 9m0-9-9 9'),
  right: solid('M8 6.2 13 10l-5 3.8z'),
  down: solid('M6.2 8H13.8L10 13z'),
  up: solid('M6.2 12H13.8L10 7z'),
  warning: solid('M10 3 18 16.6H2zM9.2 8v4h1.6V8zm0 5.2v1.6h1.6v-1.6z'),
  info: solid(`${disc}M9.2 9v4.6h1.6V9zm0-2.6V8h1.6V6.4z`),
  error: solid(
    `${disc}M7.7 6.6 6.6 7.7 8.9 10l-2.3 2.3 1.1 1.1 2.3-2.3 2.3 2.3 1.1-1.1L11.1 10l2.3-2.3-1.1-1.1L10 8.9z`,
  ),
  fatal: solid('M7.1 3h5.8L17 7.1v5.8L12.9 17H7.1L3 12.9V7.1zM9.2 6v5h1.6V6zm0 6.4V14h1.6v-1.6z'),
  bolt: solid(`${disc}M10.9 5.4 6.8 11h2.6l-.5 3.7 4.3-5.7h-2.7z`),
  exit: line('M11.6 4H4.6v12h7M8.6 10h8M13.8 7.2l2.8 2.8-2.8 2.8'),
  pause: solid(`${disc}M7.4 7v6H9V7zM11 7v6h1.6V7z`),
  stack: solid(`${disc}M6.5 6.6v1.5h7V6.6zm0 2.7v1.5h7V9.3zm0 2.7v1.5h7V12z`),
  memory: solid(`${disc}M6.8 7v6h6.4V7zm1.5 1.5v3h3.4v-3z`),
  script: solid(`${disc}M8.6 6.9 5.6 10l3 3.1 1-1L7.6 10l2-2.1zm2.8 0-1 1 2 2.1-2 2.1 1 1 3-3.1z`),
  clipboard: solid(`${disc}M7 6.4v7.2h6V6.4h-1.6v1H8.6v-1zm1.2 3h3.6v1H8.2zm0 1.8h3.6v1H8.2z`),
  module: line('M6 3.2h5.2L14.8 7v9.8H5.2V3.2zM11 3.4V7.2h3.6'),
  worker: line(
    'M7.6 4.8a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2M7.6 2.8v2M7.6 10v2M3 7.4h2M10.2 7.4h2M13.6 11.4a1.9 1.9 0 1 0 0 3.8 1.9 1.9 0 0 0 0-3.8M13.6 9.8v1.6M13.6 15.2v1.6M10.1 13.3h1.6M15.5 13.3h1.6',
  ),
  frame: line('M3.2 4.2h13.6v11.6H3.2zM3.2 7.2h13.6M6.6 9.8h6.8v3.4H6.6z'),
  page: line('M3.2 4.2h13.6v11.6H3.2zM3.2 7.4h13.6'),
  treemap: line('M3.5 4h13v12h-13zM10.5 4v12M10.5 9.5h6M3.5 11.5h7'),
  table: line('M3.5 4h13v12h-13zM3.5 8h13M3.5 12h13M8 4v12'),
  save: line('M10 3.5v8M6.6 8.3 10 11.7l3.4-3.4M4 13.5v2.8h12v-2.8'),
  open: line('M3.6 15.4V5h3.8l1.4 1.7h6.4v8.7zM3.6 8.8h11.6'),
  profile: line('M4 16.2V4M4 16.2h12.4M7.4 13.4V9.6M10.6 13.4V5.8M13.8 13.4v-5'),
  pin: line('M7.4 3.8h5.2M8.2 3.8v4.6L6 11.2h8l-2.2-2.8V3.8M10 11.2v5'),
  pinned: (
    <g>
      {solid('M7 3h6v1.5h-.5v3.7l2.5 3v.8H5v-.8l2.5-3V4.5H7z')}
      {line('M10 12v4.4')}
    </g>
  ),
  delete: line('M4.6 5.6h10.8M8 5.4V4h4v1.4M6 5.8l.7 10.4h6.6L14 5.8M8.6 8.4v5.2M11.4 8.4v5.2'),
  record: <circle cx="10" cy="10" r="5" fill="currentColor" />,
  stop: solid('M6 6h8v8H6z'),
  download: line(
    'M10 3.2a6.8 6.8 0 1 0 0 13.6 6.8 6.8 0 0 0 0-13.6M3.4 10h13.2M10 3.4c2.4 2 2.8 4.4 2.8 6.6s-.4 4.6-2.8 6.6c-2.4-2-2.8-4.4-2.8-6.6s.4-4.6 2.8-6.6',
  ),
  rename: line('M4 16h3l8.4-8.4-3-3L4 13zM10.8 6.2l3 3'),
  keyboard: line('M2.8 5.5h14.4v9H2.8zM5.6 8.2h.1M8.4 8.2h.1M11.2 8.2h.1M14.2 8.2h.1M6.4 11.8h7.2'),
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, class: extra = '' }: { name: IconName; class?: string }): JSX.Element {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {SHAPES[name]}
    </svg>
  );
}
