'use strict';
// Plays this server's LL-HLS (RFC 8216bis) through Media Source Extensions: follows the playlist by blocking
// reloads, appends each part as it comes, and stays near the live edge. It reads what this server writes, no more.
const kNearMs = 1000, kFarMs = 4000, kKeepS = 20;

class LlHls {
  static source = window.ManagedMediaSource ?? window.MediaSource;

  // `url` of the playlist. The promise of play() ends with playback: { ended }, { status, message } of a refusal, or { error }.
  constructor(video, url) {
    Object.assign(this, { video, url, stopped: false, aborter: new AbortController(), done: null, map: null });
  }

  stop() {
    this.stopped = true;
    this.aborter.abort();
    clearInterval(this.timer);
  }

  async play() {
    try {
      return await this.follow();
    } catch (error) {
      return this.stopped ? { stopped: true } : { error: error.message };
    } finally {
      this.stop();
    }
  }

  async fetch(url) {
    const reply = await fetch(url, { signal: this.aborter.signal });
    if (!reply.ok) throw Object.assign(new Error(`HTTP ${reply.status}`), { reply });
    return reply;
  }

  async follow() {
    let query = '', failures = 0;
    while (!this.stopped) {
      let text;
      try {
        text = await (await this.fetch(this.url + query)).text();
        failures = 0;
      } catch (error) {
        if (error.reply && (!this.done || error.reply.status === 404)) {
          return { status: error.reply.status, message: await error.reply.text(), ended: !!this.done };
        }
        if (this.stopped || ++failures > 5) throw error;
        await new Promise(r => setTimeout(r, 500));
        continue;
      }
      const list = this.read(text);
      for (const part of list.parts) await this.take(part);
      if (list.ended) {
        if (this.media.readyState === 'open') this.media.endOfStream();
        await new Promise(r => { this.video.addEventListener('ended', r, { once: true }); setTimeout(r, 5000); });
        return { ended: true };
      }
      query = `?_HLS_msn=${list.next.msn}&_HLS_part=${list.next.part}`;
    }
    return { stopped: true };
  }

  // The parts that have not been taken yet, from the newest keyframe on at the beginning.
  read(text) {
    const list = { parts: [], ended: false, next: null };
    let map = null, all = [];
    for (const line of text.split('\n')) {
      const uri = /URI="([^"]+)"/.exec(line)?.[1];
      const at = /-(\d+)-(\d+)\.m4s$/.exec(uri ?? '');
      if (line.startsWith('#EXT-X-MAP')) map = uri;
      if (line.startsWith('#EXT-X-PART:')) all.push({ uri, map, msn: +at[1], part: +at[2], independent: line.includes('INDEPENDENT=YES') });
      if (line.startsWith('#EXT-X-PRELOAD-HINT')) list.next = { msn: +at[1], part: +at[2] };
      if (line === '#EXT-X-ENDLIST') list.ended = true;
    }
    const isNew = p => p.msn > this.done.msn || (p.msn === this.done.msn && p.part > this.done.part);
    if (this.done) list.parts = all.filter(isNew);
    else list.parts = all.slice(Math.max(0, all.findLastIndex(p => p.independent)));
    return list;
  }

  async take(part) {
    const address = name => new URL(name, new URL(this.url, location)).href;
    if (part.map !== this.map) {
      const init = new Uint8Array(await (await this.fetch(address(part.map))).arrayBuffer());
      await this.open(this.mime(init));
      await this.append(init);
      this.map = part.map;
    }
    await this.append(await (await this.fetch(address(part.uri))).arrayBuffer());
    this.done = part;
    this.steer();
  }

  // The codecs that an initialisation section names.
  mime(init) {
    const text = String.fromCharCode(...init), avc = text.indexOf('avcC'), codecs = [];
    if (avc >= 0) codecs.push('avc1.' + [...init.slice(avc + 5, avc + 8)].map(b => b.toString(16).padStart(2, '0')).join(''));
    if (text.includes('mp4a')) codecs.push('mp4a.40.2');
    return `video/mp4; codecs="${codecs.join(', ')}"`;
  }

  async open(mime) {
    if (!LlHls.source.isTypeSupported(mime)) throw new Error(`This browser does not play ${mime}`);
    if (this.buffer) return this.buffer.changeType(mime);
    this.media = new LlHls.source();
    this.video.disableRemotePlayback = true;  // what ManagedMediaSource wants
    this.video.src = URL.createObjectURL(this.media);
    await new Promise(r => this.media.addEventListener('sourceopen', r, { once: true }));
    URL.revokeObjectURL(this.video.src);
    this.buffer = this.media.addSourceBuffer(mime);
    this.timer = setInterval(() => this.steer(), 250);
  }

  async append(bytes) {
    if (this.stopped) return;
    await this.settled(() => this.buffer.appendBuffer(bytes));
    const old = this.video.currentTime - kKeepS;
    if (this.buffer.buffered.length && this.buffer.buffered.start(0) < old - kKeepS) await this.settled(() => this.buffer.remove(0, old));
  }

  settled(action) {
    return new Promise((done, failed) => {
      this.buffer.addEventListener('updateend', done, { once: true });
      this.buffer.addEventListener('error', () => failed(new Error('The browser cannot read the stream')), { once: true });
      action();
    });
  }

  // Begins, steps over holes, and keeps near the live edge.
  steer() {
    const { video } = this, ranges = video.buffered;
    if (!ranges.length || this.stopped) return;
    const edge = ranges.end(ranges.length - 1), start = ranges.start(ranges.length - 1), behindMs = (edge - video.currentTime) * 1000;
    const inside = [...Array(ranges.length).keys()].some(i => video.currentTime >= ranges.start(i) && video.currentTime < ranges.end(i) - 0.05);
    if (!inside && video.currentTime < start) video.currentTime = start;
    else if (behindMs > kFarMs) video.currentTime = Math.max(start, edge - kNearMs / 1000);
    video.playbackRate = behindMs > kNearMs + 500 ? 1.1 : 1;
    if (video.paused && !this.began) video.play().catch(() => {});
    this.began = true;
  }
}
