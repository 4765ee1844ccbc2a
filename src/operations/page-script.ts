/**
 * The page's one script. Everything works without it but what needs a hand on the pixels: window, zoom, neighbouring slices, keys, and the page that
 * changes by itself. It is served from here, sets no style that the policy forbids and speaks to nobody else.
 */
export const PAGE_SCRIPT = String.raw`'use strict';
(() => {
  const PRESETS = { soft: [40, 400], lung: [-500, 1500], bone: [400, 1800] };
  const said = document.getElementById('said');
  const say = (text) => { said.textContent = text; };

  // what changes is put in, unless somebody is at it
  const updates = document.body.dataset.updates;
  if (updates !== 'still') {
    let waiting = false;
    const refresh = async () => {
      if (updates === 'told') {
        const note = document.querySelector('.changed');
        if (note && note.hidden) { note.hidden = false; say('This report has changed.'); }
        return;
      }
      if (waiting) return;
      waiting = true;
      try {
        const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
        if (!answer.ok || answer.redirected) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
        for (const region of document.querySelectorAll('[data-live]')) {
          const now = fresh.querySelector('[data-live="' + region.dataset.live + '"]');
          if (now && !region.contains(document.activeElement) && now.innerHTML !== region.innerHTML) region.innerHTML = now.innerHTML;
        }
      } finally { waiting = false; }
    };
    const source = new EventSource('/live');
    let later;
    const changed = () => {
      refresh();
      // counts may have been those of the moment before
      clearTimeout(later);
      later = setTimeout(refresh, 6000);
    };
    source.addEventListener('changed', changed);
    // nobody told what happened between the making of the page and its listening
    if (updates !== 'told') source.addEventListener('open', changed);
  }

  const numbers = (text) => text.split(' ').map(Number);

  class Picture {
    constructor(figure) {
      this.figure = figure;
      this.svg = figure.querySelector('svg');
      this.caption = figure.querySelector('figcaption');
      this.first = { region: numbers(figure.dataset.region), window: numbers(figure.dataset.window) };
      this.view = [...this.first.region];
      this.window = [...this.first.window];
      this.step = 0;
      this.shown = 0;
      this.slices = new Map();
      this.canvas = undefined;
      this.marks = true;
      const tools = figure.parentElement.querySelector('.tools');
      if (tools) {
        tools.hidden = false;
        tools.addEventListener('click', (event) => {
          const tool = event.target.dataset && event.target.dataset.tool;
          if (tool) this.use(tool);
        });
      }
      figure.addEventListener('keydown', (event) => this.key(event));
      figure.addEventListener('wheel', (event) => {
        if (document.activeElement !== figure) return;
        event.preventDefault();
        this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
      }, { passive: false });
      figure.addEventListener('pointerdown', (event) => this.drag(event));
    }

    use(tool) {
      if (PRESETS[tool]) { this.window = [...PRESETS[tool]]; this.draw(); }
      else if (tool === 'in') this.zoom(1.3);
      else if (tool === 'out') this.zoom(1 / 1.3);
      else if (tool === 'up') this.go(1);
      else if (tool === 'down') this.go(-1);
      else if (tool === 'marks') this.toggle();
      else if (tool === 'reset') {
        this.view = [...this.first.region];
        this.window = [...this.first.window];
        this.go(-this.step);
      }
    }

    key(event) {
      const tools = { ArrowUp: 'up', ArrowDown: 'down', '+': 'in', '=': 'in', '-': 'out', m: 'marks', r: 'reset' };
      const tool = tools[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey || !tool) return;
      event.preventDefault();
      this.use(tool);
    }

    toggle() {
      this.marks = !this.marks;
      this.overlay();
      say(this.marks ? 'Marks and contour are shown.' : 'Marks and contour are hidden.');
    }

    overlay() {
      this.svg.classList.toggle('off', !this.marks || this.shown !== 0);
      this.svg.setAttribute('viewBox', this.view.join(' '));
    }

    zoom(by) {
      const [x, y, w, h] = this.view;
      const [columns, rows] = numbers(this.figure.dataset.size);
      const side = Math.min(Math.max(16, w / by), Math.max(columns, rows));
      this.view = [x + (w - side) / 2, y + (h - side) / 2, side, side];
      this.draw();
    }

    async go(by) {
      this.step += by;
      await this.draw();
    }

    drag(event) {
      if (event.button !== 0) return;
      const start = { x: event.clientX, y: event.clientY, window: [...this.window], view: [...this.view] };
      const panning = event.shiftKey;
      this.figure.setPointerCapture(event.pointerId);
      const move = (at) => {
        const [dx, dy] = [at.clientX - start.x, at.clientY - start.y];
        if (panning) {
          const scale = start.view[2] / this.figure.clientWidth;
          this.view = [start.view[0] - dx * scale, start.view[1] - dy * scale, start.view[2], start.view[3]];
        } else this.window = [Math.round(start.window[0] + dy * 2), Math.max(2, Math.round(start.window[1] + dx * 4))];
        this.draw();
      };
      this.figure.addEventListener('pointermove', move);
      this.figure.addEventListener('pointerup', () => this.figure.removeEventListener('pointermove', move), { once: true });
    }

    async slice(step) {
      if (!this.slices.has(step)) {
        const loading = fetch(this.figure.dataset.slice + '?step=' + step).then(async (answer) => {
          if (!answer.ok) return undefined;
          const [rows, columns] = numbers(answer.headers.get('X-Caliper-Size'));
          return { rows, columns, hu: new Int16Array(await answer.arrayBuffer()) };
        });
        this.slices.set(step, loading);
        loading.then((slice) => { if (!slice) this.slices.delete(step); }, () => this.slices.delete(step));
      }
      return this.slices.get(step);
    }

    async draw() {
      const step = this.step;
      const slice = await this.slice(step);
      if (!slice) {
        if (this.step === step) this.step = this.shown;
        this.note(step === 0 ? 'The slice cannot be fetched.' : 'There is no further slice.');
        return;
      }
      if (this.step !== step) return;
      this.shown = step;
      if (!this.canvas) {
        this.canvas = document.createElement('canvas');
        this.figure.insertBefore(this.canvas, this.svg);
      }
      const side = Math.max(64, Math.round(this.figure.clientWidth * Math.min(2, devicePixelRatio)));
      if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
      const whole = new OffscreenCanvas(slice.columns, slice.rows);
      const pixels = new ImageData(slice.columns, slice.rows);
      const words = new Uint32Array(pixels.data.buffer);
      const [centre, width] = this.window;
      const low = centre - 0.5 - (width - 1) / 2;
      const scale = 255 / (width - 1);
      for (let i = 0; i < words.length; i++) {
        const grey = Math.max(0, Math.min(255, Math.round((slice.hu[i] - low) * scale)));
        words[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
      }
      whole.getContext('2d').putImageData(pixels, 0, 0);
      const context = this.canvas.getContext('2d');
      context.fillStyle = '#000';
      context.fillRect(0, 0, side, side);
      const k = side / this.view[2];
      context.setTransform(k, 0, 0, k, -this.view[0] * k, -this.view[1] * k);
      context.drawImage(whole, 0, 0);
      context.setTransform(1, 0, 0, 1, 0, 0);
      this.overlay();
      this.note('');
    }

    note(text) {
      const where = this.shown === 0 ? '' : ' ' + Math.abs(this.shown) + (this.shown > 0 ? ' up' : ' down') + ', no contour here';
      this.caption.textContent = 'C ' + this.window[0] + ' W ' + this.window[1] + where + (text ? '. ' + text : '');
    }
  }

  for (const figure of document.querySelectorAll('figure.picture')) figure.picture = new Picture(figure);

  // a held measurement: its key shows a contour, the same key or Enter decides
  const show = (form) => {
    const key = form.querySelector('input:checked') ? form.querySelector('input:checked').dataset.key : undefined;
    const card = form.closest('.card');
    card.dataset.candidate = key === undefined ? '' : key;
  };
  for (const form of document.querySelectorAll('form.review')) {
    form.addEventListener('change', () => show(form));
    const card = form.closest('.card');
    card.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const checked = form.querySelector('input:checked');
      if (/^[0-3]$/.test(event.key)) {
        const option = form.querySelector('input[data-key="' + event.key + '"]');
        if (!option) return;
        event.preventDefault();
        if (option.checked) { form.requestSubmit(); return; }
        option.checked = true;
        show(form);
        say(option.closest('label').textContent.trim() + '. Press ' + event.key + ' once more or Enter to decide.');
      } else if (event.key === 'Enter' && checked && event.target.tagName !== 'BUTTON' && event.target.tagName !== 'A') {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    let sent = false;
    form.addEventListener('submit', (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
})();
`;

/** The page's own sign, for the browser's tab. */
export const PAGE_ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#14171a"/>' +
  '<ellipse cx="8" cy="8" rx="5.5" ry="3.6" fill="none" stroke="#f0e442"/><path d="M2.5 8h11" stroke="#56b4e9"/><path d="M8 4.4v7.2" stroke="#e69f00"/></svg>';
