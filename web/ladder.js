// The ladder of a call: its SIP messages and events, with times from its beginning, and the whole text of a message on demand.
import { ask } from '/api.js';
import { $, element } from '/dom.js';

const kTimes = { accepted: 'accepted', invite: 'INVITE', trying: '100', ringing: '18x', answered: '200', firstMedia: 'first RTP', firstKeyframe: 'first keyframe',
  firstViewer: 'first viewer' };

function step(message) {
  const kind = message.sent ? 'sent' : 'received';
  const row = element('li', { className: kind }, element('time', { text: `${message.ms} ms` }));
  row.append(element('details', {}, element('summary', { text: message.summary }),
    element('p', { className: 'dim', text: `${message.transport} ${message.local} ${message.sent ? '→' : '←'} ${message.remote}, ${message.size} bytes` }),
    element('pre', { text: message.text })));
  return row;
}

const note = event => element('li', { className: 'note' }, element('time', { text: `${event.ms} ms` }), element('span', { text: event.text }));

export async function showLadder(callId) {
  const dialog = $('ladder');
  $('ladder-title').textContent = 'Call ' + callId;
  for (const id of ['ladder-times', 'ladder-ends']) $(id).replaceChildren();
  $('ladder-steps').replaceChildren(element('li', { className: 'note', text: 'Loading…' }));
  if (!dialog.open) dialog.showModal();
  let trace;
  try {
    trace = await ask('GET', `/v1/calls/${encodeURIComponent(callId)}/trace`);
  } catch (error) {
    return $('ladder-steps').replaceChildren(element('li', { className: 'note bad', text: error.message }));
  }
  $('ladder-title').textContent = `${trace.caller} → ${trace.callee}`;
  const times = Object.entries(trace.startupMs).filter(([, ms]) => ms !== null);
  $('ladder-times').replaceChildren(...times.map(([name, ms]) => element('div', {}, element('dt', { text: kTimes[name] ?? name }), element('dd', { text: `${ms} ms` }))));
  const steps = [...trace.messages.map(message => [message.ms, step(message)]), ...trace.events.map(event => [event.ms, note(event)])];
  steps.sort(([a], [b]) => a - b);
  $('ladder-ends').replaceChildren(element('span', { text: 'sipcast' }), element('span', { text: trace.messages[0]?.remote ?? '' }));
  $('ladder-steps').replaceChildren(...steps.map(([, row]) => row));
}

$('ladder-close').addEventListener('click', () => $('ladder').close());
