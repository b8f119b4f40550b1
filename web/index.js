'use strict';
// The page of an operator: what is there, and a form that places a call. Every string of a stranger goes
// into the page as text, never as HTML.
const $ = id => document.getElementById(id);

async function api(path, body) {
  const reply = await fetch('/rest-api' + path, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}),
  });
  const text = await reply.text();
  const value = text ? JSON.parse(text) : null;
  if (reply.status === 404 && Array.isArray(value) === false) return [];
  if (!reply.ok) throw new Error(value?.message ?? `HTTP ${reply.status}`);
  return value;
}

function row(cells) {
  const tr = document.createElement('tr');
  for (const cell of cells) {
    const td = document.createElement('td');
    td.append(cell);
    tr.append(td);
  }
  return tr;
}

function link(href, text) {
  const a = document.createElement('a');
  a.href = href;
  a.className = 'button';
  a.textContent = text;
  return a;
}

function button(text, action) {
  const b = document.createElement('button');
  b.className = 'plain';
  b.textContent = text;
  b.addEventListener('click', action);
  return b;
}

async function refresh() {
  try {
    const [streams, calls] = await Promise.all([api('/stream/find_all'), api('/call/find_all')]);
    $('streams').replaceChildren(...streams.map(s => row([
      s.name, s.status === 'PUBLISHING' ? 'live' : 'waiting',
      [s.videoCodec && `${s.videoCodec} ${s.width}×${s.height}`, s.audioCodec].filter(Boolean).join(', ') || '–',
      String(s.viewers), link('/player?stream=' + encodeURIComponent(s.name), 'Watch'),
    ])));
    $('calls').replaceChildren(...calls.map(c => row([
      c.callee, c.status + (c.sipStatus ? ` (${c.sipStatus})` : ''), c.cause ?? '',
      button('Hang up', () => api('/call/terminate', { callId: c.callId }).then(refresh)),
    ])));
    $('no-streams').hidden = streams.length > 0;
    $('no-calls').hidden = calls.length > 0;
  } catch (error) {
    show('The server does not answer: ' + error.message);
  }
}

function show(message) {
  $('error').textContent = message;
  $('error').hidden = !message;
}

$('form').addEventListener('submit', async event => {
  event.preventDefault();
  show('');
  const form = new FormData(event.target);
  const body = Object.fromEntries([...form].filter(([, value]) => value !== ''));
  body.hasAudio = true;
  body.hasVideo = form.has('hasVideo');
  body.sipRegisterRequired = form.has('sipRegisterRequired');
  try {
    await api('/call/startup', body);
  } catch (error) {
    show(error.message);
  }
  refresh();
});

refresh();
setInterval(refresh, 2000);
