// What a user's page gains where scripts run; everything works without.
(() => {
  // Times of today in the viewer's own zone, without its name.
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { day: 'numeric', month: 'long' });
  const showTimes = () => {
    for (const time of document.querySelectorAll('time[data-clock]')) {
      const at = new Date(time.dateTime);
      const today = at.toDateString() === new Date().toDateString();
      time.textContent = today ? clock.format(at) : `${clock.format(at)} (${day.format(at)})`;
    }
  };
  showTimes();
  document.addEventListener('htmx:afterSwap', showTimes);

  const form = document.querySelector('[data-sign-in]');
  if (form === null) return;

  for (const button of form.querySelectorAll('.mps-show')) {
    const input = document.getElementById(button.getAttribute('aria-controls'));
    button.hidden = false;
    button.addEventListener('click', () => {
      const shown = input.type === 'password';
      input.type = shown ? 'text' : 'password';
      button.setAttribute('aria-pressed', String(shown));
      input.focus();
    });
  }

  // A password that is shown is not offered to be remembered as ordinary text, nor sent twice.
  form.addEventListener('submit', (event) => {
    for (const button of form.querySelectorAll('.mps-show[aria-pressed="true"]')) button.click();
    if (form.dataset.sent === 'true') event.preventDefault();
    form.dataset.sent = 'true';
    form.querySelector('[type="submit"]').setAttribute('aria-disabled', 'true');
  });
  window.addEventListener('pageshow', () => {
    delete form.dataset.sent;
    form.querySelector('[type="submit"]').removeAttribute('aria-disabled');
  });
})();
