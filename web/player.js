'use strict';
// Plays /player?stream=NAME by the first way that works: WebRTC, then LL-HLS, then LL-HLS of the sound alone. Waits for a stream that is not there
// yet, goes on by itself, and says in plain words what is wrong and which way is in use and why. ?ways=hls,sound leaves ways out.
const $ = id => document.getElementById(id);
const query = new URLSearchParams(location.search), stream = query.get('stream') ?? '';
const video = $('video');
const kRetryMs = 2000, kConnectMs = 8000;
let leave = () => {};
const pause = ms => new Promise(done => setTimeout(done, ms));

function say(message, detail = '') {
  $('message').textContent = message;
  $('detail').textContent = detail;
  $('cover').hidden = !message;
}

function reason(body) {
  try { const said = JSON.parse(body); return said.detail ?? said.message; } catch { return body.slice(0, 200); }
}

// What a refusal means, whatever the way: something to wait for, or a reason for the next way.
function refusal(status, body) {
  if (status === 404) return { wait: 'This stream is not there yet', detail: 'It starts by itself as soon as the call does.' };
  if (status === 409 || status === 503) return { wait: 'The phone has not answered yet', detail: 'Trying again…' };
  return { next: reason(body) };
}

// A way plays until it ends, and says how: { wait, detail } begins anew after a pause, { next } is why the next way is tried.
async function webrtc() {
  let tell, viewer;
  const end = new Promise(done => tell = done);
  try {
    viewer = await Whep.watch(video, stream);
  } catch (error) {
    if (error.status) return refusal(error.status, error.body);
    if (error instanceof TypeError) return { wait: 'The server does not answer', detail: error.message };
    return { next: error.message };
  }
  const { pc } = viewer;
  leave = viewer.stop;
  pc.onconnectionstatechange = async () => {
    const state = pc.connectionState;
    if (state === 'failed') tell({ next: 'the media does not come through: UDP may be blocked' });
    if (state !== 'disconnected' && state !== 'closed') return;
    await pause(1500);
    if (pc.connectionState !== 'connected') tell({ wait: 'The stream has ended', detail: 'Waiting for it to come back…' });
  };
  $('status').textContent = viewer.refused;
  if (viewer.soundOnly) { say(''); $('status').textContent ||= 'This stream has sound only.'; }
  setTimeout(() => {
    if (pc.connectionState !== 'connected') tell({ next: 'the media does not come through: UDP may be blocked' });
  }, kConnectMs);
  return end;
}

const hls = list => async () => {
  const url = `/hls/${encodeURIComponent(stream)}/${list}`;
  if (LlHls.source) {
    const player = new LlHls(video, url);
    leave = () => player.stop();
    const end = await player.play();
    if (end.ended) return { wait: 'The stream has ended', detail: 'Waiting for it to come back…' };
    return end.status ? refusal(end.status, end.message) : { next: end.error ?? 'stopped' };
  }
  if (!video.canPlayType('application/vnd.apple.mpegurl')) return { next: 'this browser plays no HLS' };
  leave = () => video.removeAttribute('src');
  video.src = url;
  return new Promise(done => {
    video.onended = () => done({ wait: 'The stream has ended', detail: 'Waiting for it to come back…' });
    video.onerror = () => done({ next: video.error?.message ?? 'this browser cannot play it' });
  });
};

const ways = [
  { id: 'webrtc', name: 'WebRTC', play: webrtc },
  { id: 'hls', name: 'LL-HLS', play: hls('index.m3u8') },
  { id: 'sound', name: 'Sound alone by LL-HLS', play: hls('audio.m3u8') },
].filter(way => !query.has('ways') || query.get('ways').split(',').includes(way.id));

async function run() {
  let first = 0;  // a way that works is begun with the next time
  for (;;) {
    const why = [];
    let end = null;
    for (let i = first; i < ways.length; ++i) {
      $('way').textContent = ways[i].name + (why.length ? `, for ${why.join('; ')}` : '');
      end = await ways[i].play();
      leave();
      video.removeAttribute('src');
      video.srcObject = null;
      if (!end.next) { first = i; break; }
      why.push(`${ways[i].name} does not work: ${end.next}`);
    }
    if (end.next) { first = 0; $('way').textContent = ''; say('This stream cannot be played here', why.join('. ')); }
    else say(end.wait, end.detail);
    await pause(kRetryMs);
  }
}

video.addEventListener('playing', () => { say(''); $('sound').hidden = !video.muted; });
$('sound').addEventListener('click', () => { video.muted = false; $('sound').hidden = true; video.play(); });
addEventListener('pagehide', () => leave());
$('name').textContent = stream;
document.title = stream ? stream + ' – sipcast' : 'sipcast player';
if (stream) run(); else say('No stream is named', 'Open /player?stream=NAME');
