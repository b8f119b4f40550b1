// The page of an operator: what the server does now, and what can be done about it. Lists come from /v1, and are asked for again when an event tells
// that something has changed, and every few seconds for their counters.
import { ask, follow } from '/api.js';
import { makeCall } from '/calls.js';
import { $, button, element, keyed, plain, setText } from '/dom.js';
import { makeStream } from '/streams.js';

const kEveryMs = 3000, kAfterEventMs = 150, kEvents = 100;

function complain(message) {
  $('error').textContent = message;
  $('error').hidden = !message;
}

function act(promise) {
  complain('');
  promise.then(refresh, error => { complain(error.message); refresh(); });
}

// A line with a few words and perhaps something to press.
const line = (words, press) => first => {
  let item = first;
  const text = element('span'), mark = element('span');
  const root = element('li', {}, mark, text, press ? button('Stop', () => act(press(item)), 'quiet') : null);
  return {
    root,
    update(now) {
      item = now;
      const [state, said] = words(item);
      mark.className = `badge ${state}`;
      setText(mark, state);
      setText(text, said);
    },
  };
};

const lists = [
  { name: 'calls', one: 'call', key: call => call.call_id, make: makeCall(act) },
  { name: 'streams', one: 'stream', key: stream => stream.stream, make: makeStream(act) },
  { name: 'viewers', one: 'viewer', key: viewer => viewer.viewer, make: line(viewer =>
    [viewer.state, `${viewer.stream} · ${viewer.client ?? ''} · ${viewer.signalling} · ${[viewer.video_codec, viewer.audio_codec].filter(Boolean).join(', ')} · `
      + `${plain(viewer.sent.bytes)}B${viewer.fraction_lost > 0.01 ? ` · ${Math.round(100 * viewer.fraction_lost)} % lost` : ''}`],
  viewer => ask('DELETE', '/v1/viewers/' + viewer.viewer)) },
  { name: 'pushes', one: 'push', key: push => push.push, make: line(push =>
    [push.state, `${push.stream} → ${push.url} · ${plain(push.bytes)}B${push.cause ? ` · ${push.cause}` : ''}`],
  push => ask('DELETE', '/v1/pushes/' + encodeURIComponent(push.push))) },
  { name: 'recordings', one: 'recording', key: recording => recording.stream, make: line(recording =>
    [recording.state, `${recording.stream} · ${recording.file?.split('/').pop() ?? 'waits for a keyframe'} · ${Math.round(recording.length_ms / 1000)} s · ${plain(recording.bytes)}B`
      + (recording.cause ? ` · ${recording.cause}` : '')],
  recording => ask('DELETE', '/v1/recordings/' + encodeURIComponent(recording.stream))) },
];

let timer = null, running = null;

async function look() {
  const replies = await Promise.allSettled(lists.map(list => ask('GET', '/v1/' + list.name)));
  const counts = lists.map((list, i) => {
    const { value, reason } = replies[i];
    if (reason && reason.status !== 403) throw reason;
    if (reason) $('no-' + list.name).textContent = 'This key may not see them.';  // a key may have some scopes only
    const items = value?.[list.name] ?? [];
    keyed($(list.name), items, list.key, list.make);
    $('no-' + list.name).hidden = items.length > 0;
    return element('li', { text: `${items.length} ${items.length === 1 ? list.one : list.name}` });
  });
  $('counts').replaceChildren(...counts);
}

// One look at a time; who asks meanwhile gets another one behind it.
function refresh(delay = 0) {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (running) return running.then(() => refresh());
    running = look().catch(error => complain(error.message));
    await running;
    running = null;
    refresh(kEveryMs);
  }, typeof delay === 'number' ? delay : 0);
}

function onEvent(event) {
  const about = [event.call_id && `call ${event.call_id}`, event.stream && `stream ${event.stream}`].filter(Boolean).join(' · ');
  const data = Object.entries(event.data ?? {}).filter(([, value]) => value !== null && value !== '').map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`);
  $('events').prepend(element('li', {}, element('time', { text: new Date(event.time).toLocaleTimeString() }), element('b', { text: event.type }),
    element('span', { className: 'dim', text: [about, ...data].join(' · ') })));
  while ($('events').children.length > kEvents) $('events').lastChild.remove();
  refresh(kAfterEventMs);
}

$('form').addEventListener('submit', event => {
  event.preventDefault();
  const form = new FormData(event.target), given = name => form.get(name)?.trim() || undefined;
  const port = given('port');
  act(ask('POST', '/v1/calls', {
    callee: given('callee'), stream: given('stream'), video: form.has('video'), record: form.has('record'),
    account: { login: given('login'), domain: given('domain'), password: given('password'), proxy: given('proxy'), register: form.has('register'),
      port: port && (/^\d+$/.test(port) ? Number(port) : port) },
  }));
});

await look().catch(error => complain(error.message));
refresh(kEveryMs);
follow('/v1/events', onEvent, (state, why) => {
  $('state').textContent = state;
  $('state').className = `badge ${state}`;
  if (why) complain('The server does not answer: ' + why);
  else complain('');
});
