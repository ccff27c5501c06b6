import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../../src/protocol/endpoint.ts';
import { endpointUrl, headersOf } from '../../../src/session/remote-profiles.ts';
import { started, until } from './fakes.ts';

describe('the URL of a profile', () => {
  it.each([
    ['localhost:6060', 'heap', null, 'http://localhost:6060/debug/pprof/heap'],
    [' https://app.test ', 'profile', 5, 'https://app.test/debug/pprof/profile?seconds=5'],
    ['http://app.test/admin/debug/pprof/', 'mutex', null, 'http://app.test/admin/debug/pprof/mutex'],
    ['http://app.test/debug/pprof', 'allocs', null, 'http://app.test/debug/pprof/allocs'],
    ['http://app.test/debug/pprof/block?debug=1#x', 'heap', 3, 'http://app.test/debug/pprof/block?seconds=3'],
    ['http://app.test/profiles/today.pb.gz?k=v', 'heap', null, 'http://app.test/profiles/today.pb.gz?k=v'],
  ] as const)('%s', (text, type, seconds, url) => {
    expect(endpointUrl(text, type, seconds).href).toBe(url);
  });

  it.each([
    ['', /not a URL/],
    ['http://', /not a URL/],
    ['file:///etc/passwd', /over http and https/],
    ['http://ada:secret@app.test/', /as a header/],
    [
      'http://app.test/debug/pprof/trace?seconds=5',
      /execution trace .* not supported: open it with go tool trace/,
    ],
    ['http://app.test/debug/pprof/cmdline', /no profile at this URL/],
  ])('%j is refused with a reason', (text, why) => {
    expect(() => endpointUrl(text, 'heap', null)).toThrow(why);
  });
});

it('headers, one a line', () => {
  expect(headersOf('Authorization: Basic YTpi\n\n X-Team :  a: b \n')).toEqual([
    ['Authorization', 'Basic YTpi'],
    ['X-Team', 'a: b'],
  ]);
  expect(() => headersOf('no header')).toThrow(/^Headers: one a line, as Name: value\.$/);
  expect(() => headersOf(': secret')).toThrow(/^Headers: one a line, as Name: value\.$/);
});

describe('a profile of a server', () => {
  const url = 'http://app.test/debug/pprof/heap?token=secret';

  it('becomes a capture that says where it comes from, without what may be secret', async () => {
    const { page, session, saved } = await started();
    const headers = [['Authorization', 'Bearer secret']] as const;
    const key = await session.remote.take({ url, headers });
    expect(page.fetched).toEqual([{ url, headers }]);
    const capture = session.state().captures.find((one) => one.key === key);
    expect(capture).toMatchObject({ status: 'ready', origin: 'http://app.test/debug/pprof/heap' });
    expect(capture?.name).toMatch(/^heap app\.test \d\d:\d\d:\d\d$/);
    expect(JSON.stringify([session.state(), saved])).not.toContain('secret');
  });

  it.each([
    [401, 'text/plain', 'no', /wants to know who asks \(401\)/],
    [404, 'text/html', '', /has to import net\/http\/pprof/],
    [
      500,
      'text/plain',
      'Could not enable CPU profiling: cpu profiling already in use\n',
      /answered 500: Could not enable CPU profiling: cpu profiling already in use$/,
    ],
    [200, 'text/html; charset=utf-8', '<html>', /a page for people/],
    [200, 'application/octet-stream', '', /answer is empty/],
  ])('%d %s %j: why it gave none', async (status, contentType, text, why) => {
    const { page, session } = await started();
    page.answer = { status, contentType, bytes: new TextEncoder().encode(text).buffer };
    await expect(session.remote.take({ url, headers: [] })).rejects.toThrow(why);
    expect(session.state().captures).toEqual([]);
  });

  it('that cannot be reached', async () => {
    const { session } = await started();
    const request = session.remote.take({ url: 'http://down.test/debug/pprof/heap', headers: [] });
    await expect(request).rejects.toThrow('http://down.test could not be asked: Failed to fetch');
  });

  it('can be given up while the server takes its time, and says how far it is', async () => {
    const { session } = await started();
    const request = session.remote.take({
      url: 'http://slow.test/debug/pprof/profile?seconds=1',
      headers: [],
    });
    request.catch(() => undefined);
    await until(session, () => (session.state().tasks[0]?.progress ?? 0) > 0);
    const [task] = session.state().tasks;
    expect(task?.title).toBe('Profile of slow.test, 1 s');
    session.cancelTask(task?.id ?? -1);
    await expect(request).rejects.toThrow(CancelledError);
    expect(session.state().tasks).toEqual([]);
  });
});
