// The cards of the calls: who with whom, how far, and what can be done with it.
import { ask } from '/api.js';
import { button, clock, element, setText } from '/dom.js';
import { showLadder } from '/ladder.js';

const kOver = ['finished', 'busy', 'failed'];
const path = (call, action = '') => `/v1/calls/${encodeURIComponent(call.call_id)}${action}`;

// `act(promise)` shows what goes wrong, and looks again.
export function makeCall(act) {
  return first => {
    let call = first;
    const title = element('h3'), badge = element('span'), age = element('span', { className: 'dim' });
    const detail = element('p', { className: 'dim' }), cause = element('p', { className: 'bad' });
    const digits = element('input', { placeholder: 'digits', inputMode: 'tel', maxLength: 32, ariaLabel: 'DTMF digits' });
    const dtmf = element('form', { className: 'inline' }, digits, element('button', { text: 'Send', className: 'quiet' }));
    dtmf.addEventListener('submit', event => {
      event.preventDefault();
      if (digits.value) act(ask('POST', path(call, '/dtmf'), { digits: digits.value }).then(() => { digits.value = ''; }));
    });
    const hold = button('Hold', () => act(ask('POST', path(call, call.state === 'held' ? '/resume' : '/hold'))), 'quiet');
    const hangUp = button('Hang up', () => act(ask('DELETE', path(call))), 'danger');
    const ladder = button('Ladder', () => showLadder(call.call_id), 'quiet');
    const root = element('article', {}, element('div', { className: 'bar' }, title, badge), element('div', { className: 'bar' }, detail, age), cause,
      element('div', { className: 'actions' }, hangUp, hold, ladder, dtmf));
    const timer = setInterval(() => { if (!kOver.includes(call.state)) setText(age, clock((Date.now() - Date.parse(call.started)) / 1000)); }, 1000);
    return {
      root,
      gone: () => clearInterval(timer),
      update(now) {
        call = now;
        const over = kOver.includes(call.state);
        setText(title, call.direction === 'incoming' ? `${call.caller} → here` : `${call.caller} → ${call.callee}`);
        setText(badge, call.state.replace('_', ' ') + (over && call.sip_status >= 300 ? ` ${call.sip_status}` : ''));
        badge.className = `badge ${call.state}`;
        setText(detail, `stream ${call.stream}`);
        setText(cause, call.cause ?? '');
        cause.hidden = !call.cause;
        setText(hold, call.state === 'held' ? 'Resume' : 'Hold');
        hold.hidden = dtmf.hidden = !['established', 'held'].includes(call.state);
        setText(hangUp, over ? 'Dismiss' : 'Hang up');
      },
    };
  };
}
