// The native API (/v1), with the key that the server may ask for. The key lives as long as the tab.
const kKey = 'sipcast-key';

export const authorization = () => {
  const key = sessionStorage.getItem(kKey);
  return key ? { Authorization: `Bearer ${key}` } : {};
};

// A refusal as the server gives it (RFC 9457).
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? problem?.message ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
  }
}

let asking = null;  // one question, however many requests were refused

function askForKey(why) {
  const dialog = document.getElementById('login'), form = document.getElementById('login-form');
  const error = document.getElementById('login-error');
  asking ??= new Promise(done => {
    error.textContent = why;
    error.hidden = !why;
    form.onsubmit = () => {
      sessionStorage.setItem(kKey, form.elements.key.value.trim());
      form.reset();
      asking = null;
      done();
    };
    dialog.oncancel = event => event.preventDefault();
    dialog.showModal();
  });
  return asking;
}

// fetch(), asking for a key as often as the server answers 401.
export async function send(method, path, { body, accept, signal } = {}) {
  for (;;) {
    const sent = authorization();
    const reply = await fetch(path, {
      method, signal, cache: 'no-store', credentials: 'omit',  // else the browser asks for a password by itself
      headers: { ...sent, ...(body && { 'Content-Type': 'application/json' }), ...(accept && { Accept: accept }) },
      body: body && JSON.stringify(body),
    });
    if (reply.status !== 401) return reply;
    await askForKey(sent.Authorization ? 'The server does not know this key.' : '');
  }
}

// The JSON of a reply, null for an empty one. Throws a Refusal.
export async function ask(method, path, body) {
  const reply = await send(method, path, { body });
  const text = await reply.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* no JSON: the status says enough */ }
  if (!reply.ok) throw new Refusal(reply.status, value);
  return value;
}

// Server-sent events for ever: EventSource cannot send a key. `state` hears 'live' and 'lost'.
export async function follow(path, onEvent, state) {
  let last = null;
  for (;;) {
    try {
      const reply = await send('GET', path + (last === null ? '' : `?after=${last}`), { accept: 'text/event-stream' });
      if (!reply.ok) throw new Refusal(reply.status);
      state('live');
      let rest = '';
      for (const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
        const { value, done } = await reader.read();
        if (done) break;
        const blocks = (rest + value).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const data = block.split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5).trim()).join('\n');
          if (!data) continue;
          const event = JSON.parse(data);
          last = event.id ?? last;
          onEvent(event);
        }
      }
    } catch (error) {
      state('lost', error.message);
    }
    await new Promise(done => setTimeout(done, 1500));
  }
}
