// The API, as any other client calls it.

const KEPT = 'harvestman-key';

/** The key is kept until the tab is closed, and goes nowhere but into one header. */
export const key = {
  get: () => sessionStorage.getItem(KEPT) ?? '',
  set: (text) => (text ? sessionStorage.setItem(KEPT, text) : sessionStorage.removeItem(KEPT)),
};

/** An answer that is an error; `problem` is what the server says of it (RFC 9457). */
export class Failure extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.fields = problem?.errors ?? [];
    this.request = problem?.request_id;
  }
}

function address(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '' && value !== false);
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

/** Sends a request and answers with the response, if it is a good one. */
export async function send(method, path, { query, body, headers = {}, signal } = {}) {
  const all = { accept: 'application/json', ...headers };
  if (key.get()) all.authorization = `Bearer ${key.get()}`;
  if (body !== undefined) all['content-type'] = 'application/json';
  let response;
  try {
    response = await fetch(address(path, query), {
      method, headers: all, signal, credentials: 'omit', body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Failure(0, { detail: 'The server cannot be reached. Is it running?' });
  }
  if (response.ok) return response;
  throw new Failure(response.status, await response.json().catch(() => undefined));
}

async function value(method, path, options) {
  const response = await send(method, path, options);
  const text = await response.text();
  return text ? JSON.parse(text) : undefined;
}

export const get = (path, query, signal) => value('GET', path, { query, signal });
export const post = (path, body, query) => value('POST', path, { body, query });
export const put = (path, body, headers) => value('PUT', path, { body, headers });
export const remove = (path) => value('DELETE', path);

/** Server-Sent Events. They are read with `fetch`, for an `EventSource` can send no key. Ends with the stream. */
async function* stream(path, last, signal) {
  const headers = { accept: 'text/event-stream', ...(last.id && { 'last-event-id': last.id }) };
  const response = await send('GET', path, { headers, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value: part } = await reader.read();
    if (done) return;
    const blocks = (rest + part).replace(/\r\n?/g, '\n').split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line)).filter(Boolean);
      const of = (name) => lines.filter((line) => line[1] === name).map((line) => line[2]).join('\n');
      if (of('id')) last.id = of('id');
      if (of('data')) yield JSON.parse(of('data'));
    }
  }
}

/** Follows a run until it is over, through lost connections; `lost` hears of each. */
export async function follow(run, signal, told, lost) {
  const last = {};
  const isOver = (state) => state === 'done' || state === 'cancelled';
  for (let wait = 1; !signal.aborted; wait = Math.min(wait * 2, 15)) {
    try {
      for await (const event of stream(`/v1/runs/${run}/events`, last, signal)) {
        wait = 1;
        told(event);
        if (isOver(event.state)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
    }
    lost();
    await new Promise((done) => setTimeout(done, wait * 1000));
  }
}

/** Saves a file. Without a key the browser streams it to the disk; with one it is read first, for a link sends none. */
export async function save(path, query, name) {
  const anchor = document.createElement('a');
  anchor.download = name;
  if (key.get()) {
    const blob = await (await send('GET', path, { query, headers: { accept: '*/*' } })).blob();
    anchor.href = URL.createObjectURL(blob);
    setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
  } else {
    anchor.href = address(path, query);
  }
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}
