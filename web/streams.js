// The cards of the streams: what is in it, a small moving picture on demand, and where else it goes.
import { ask, authorization } from '/api.js';
import { button, element, setText } from '/dom.js';

// A small player in a card, by WHEP.
function preview() {
  const video = element('video', { muted: true, autoplay: true, playsInline: true }), note = element('p', { className: 'dim' });
  const root = element('div', { className: 'preview', hidden: true }, video, note);
  let viewer = null;
  const stop = () => {
    viewer?.stop();
    viewer = null;
    video.srcObject = null;
    root.hidden = true;
  };
  async function play(stream) {
    root.hidden = false;
    setText(note, 'Connecting…');
    try {
      viewer = await Whep.watch(video, stream, authorization());
      viewer.pc.addEventListener('connectionstatechange', () => { if (viewer?.pc.connectionState === 'failed') setText(note, 'The media does not come through.'); });
      setText(note, viewer.soundOnly ? 'This stream has sound only.' : viewer.refused);
    } catch (error) {
      let why = error.message;
      try { why ??= JSON.parse(error.body).detail; } catch { /* no problem document */ }
      setText(note, why ?? 'This stream is not played.');
    }
  }
  return { root, stop, play };
}

export function makeStream(act) {
  return first => {
    let stream = first, before = null;
    const title = element('h3'), badge = element('span'), detail = element('p', { className: 'dim' }), rates = element('p', { className: 'dim' });
    const picture = preview();
    const look = button('Look', () => {
      if (picture.root.hidden) picture.play(stream.stream); else picture.stop();
      setText(look, picture.root.hidden ? 'Look' : 'Stop looking');
    });
    const open = element('a', { className: 'button quiet', text: 'Player', href: '/player?stream=' + encodeURIComponent(first.stream) });
    const record = button('Record', () => act(ask('POST', '/v1/recordings', { stream: stream.stream })), 'quiet');
    const url = element('input', { placeholder: 'rtmp://host/app/key', ariaLabel: 'RTMP URL', inputMode: 'url' });
    const push = element('form', { className: 'inline' }, url, element('button', { text: 'Push', className: 'quiet' }));
    push.addEventListener('submit', event => {
      event.preventDefault();
      if (url.value) act(ask('POST', '/v1/pushes', { stream: stream.stream, url: url.value }).then(() => { url.value = ''; }));
    });
    const root = element('article', {}, element('div', { className: 'bar' }, title, badge), detail, rates, picture.root,
      element('div', { className: 'actions' }, look, open, record, push));
    return {
      root,
      gone: picture.stop,
      update(now) {
        stream = now;
        const received = stream.received, at = performance.now(), bytes = received.audio.bytes + received.video.bytes;
        setText(title, stream.stream);
        setText(badge, stream.state);
        badge.className = `badge ${stream.state}`;
        setText(detail, [stream.video_codec && `${stream.video_codec} ${stream.width ?? '?'}×${stream.height ?? '?'}`, stream.audio_codec,
          `${stream.viewers} ${stream.viewers === 1 ? 'viewer' : 'viewers'}`].filter(Boolean).join(' · '));
        if (before && bytes > 0 && at - before.at > 500) {
          const seconds = (at - before.at) / 1000;
          setText(rates, [`${Math.round(8 * (bytes - before.bytes) / seconds / 1000)} kbit/s`, `${Math.round((received.frames - before.frames) / seconds)} pictures/s`,
            `lost ${received.audio.packets_lost + received.video.packets_lost}`, `jitter ${Math.round(received.video.jitter_ms || received.audio.jitter_ms)} ms`].join(' · '));
        }
        if (!before || at - before.at > 500) before = { at, bytes, frames: received.frames };
      },
    };
  };
}
