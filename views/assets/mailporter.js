// What makes the pages comfortable; every task can be done without it.
(() => {
  const language = document.documentElement.lang || 'en';
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const dates = language === 'en' ? 'en-GB' : language;
  const exact = new Intl.DateTimeFormat(dates, { dateStyle: 'medium', timeStyle: 'long', hour12: false });
  const spans = [
    ['day', 86400000],
    ['hour', 3600000],
    ['minute', 60000],
    ['second', 1000],
  ];

  const relativeText = (at) => {
    const distance = at.getTime() - Date.now();
    if (Math.abs(distance) < 10000) return relative.format(0, 'second');
    const [unit, ms] = spans.find(([, span]) => Math.abs(distance) >= span);
    return relative.format(Math.trunc(distance / ms), unit);
  };

  /** Times in the viewer's zone, and relative ones that stay true. */
  const showTimes = (root) => {
    for (const element of root.querySelectorAll('time[data-live-time]')) {
      const at = new Date(element.dateTime);
      const text = relativeText(at);
      if (element.textContent !== text) element.textContent = text;
      const title = exact.format(at);
      if (element.title !== title) element.title = title;
    }
    for (const element of root.querySelectorAll('time[data-exact-time]')) {
      const text = exact.format(new Date(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  };

  /** `data-shown-when="field-id=value"` */
  const showWhen = () => {
    for (const element of document.querySelectorAll('[data-shown-when]')) {
      const [id, value] = element.dataset.shownWhen.split('=');
      element.hidden = document.getElementById(id)?.value !== value;
    }
    for (const hint of document.querySelectorAll('[data-office365-for]')) {
      const name = document.getElementById(hint.dataset.office365For)?.value.trim().toLowerCase() ?? '';
      const host = name.replace(/^[a-z]+:\/\//, '').split(/[:/]/)[0];
      hint.hidden =
        !/(^|\.)(office365\.com|office\.com|outlook\.com|office365\.us|outlook\.cn|microsoft\.com)$/.test(
          host,
        );
    }
  };

  const selected = () => document.querySelectorAll('input[name="ids"]:checked');

  /** How many rows are ticked, and whether all that the filter matches may be meant. */
  const showSelection = () => {
    const boxes = document.querySelectorAll('input[name="ids"]');
    const ticked = selected().length;
    const everyRow = document.querySelector('[data-select-all]');
    if (everyRow) {
      everyRow.checked = boxes.length > 0 && ticked === boxes.length;
      everyRow.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    const count = document.querySelector('[data-selection-count]');
    if (count)
      count.textContent =
        ticked === 0 ? '' : count.dataset.selectionCount.replace('#', ticked.toLocaleString(language));
  };

  const copy = async (button) => {
    const form = button.closest('form');
    const response = await fetch(button.formAction, {
      method: 'POST',
      body: new URLSearchParams(new FormData(form)),
      headers: { accept: 'text/plain' },
    });
    if (!response.ok) return false;
    await navigator.clipboard.writeText(await response.text());
    return true;
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-copy]');
    if (button && window.isSecureContext && navigator.clipboard) {
      event.preventDefault();
      const label = button.querySelector('[data-copy-label]');
      void copy(button).then(
        (done) => {
          if (!done) button.form.requestSubmit(button);
          else if (label) {
            const before = label.textContent;
            label.textContent = button.dataset.copy;
            button.classList.add('btn-success');
            setTimeout(() => {
              label.textContent = before;
              button.classList.remove('btn-success');
            }, 2000);
          }
        },
        () => button.form.requestSubmit(button),
      );
      return;
    }
    for (const menu of document.querySelectorAll('details.mp-menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const show = event.target.closest('button[data-show-password]');
    if (show) {
      const input = document.getElementById(show.getAttribute('aria-controls'));
      const shown = input.type === 'text';
      input.type = shown ? 'password' : 'text';
      show.setAttribute('aria-pressed', String(!shown));
    }
  });

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const menu = document.querySelector('details.mp-menu[open]');
    if (menu) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });

  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-select-all]')) {
      for (const box of document.querySelectorAll('input[name="ids"]')) box.checked = event.target.checked;
    }
    showSelection();
    showWhen();
  });
  document.addEventListener('input', showWhen);

  for (const area of document.querySelectorAll('[data-drop]')) {
    const input = area.querySelector('input[type="file"]');
    area.addEventListener('dragover', (event) => {
      event.preventDefault();
      area.classList.add('mp-over');
    });
    area.addEventListener('dragleave', () => area.classList.remove('mp-over'));
    area.addEventListener('drop', (event) => {
      event.preventDefault();
      area.classList.remove('mp-over');
      if (event.dataTransfer.files.length > 0) input.files = event.dataTransfer.files;
    });
  }

  const ready = () => {
    showTimes(document);
    showWhen();
    showSelection();
    document.querySelector('[data-focus]')?.focus();
  };
  ready();
  setInterval(() => showTimes(document), 5000);
  document.addEventListener('htmx:afterSwap', () => {
    showTimes(document);
    showSelection();
  });
})();
