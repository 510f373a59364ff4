// What the form of a user's page gains where scripts run; everything works without.
(() => {
  const form = document.querySelector('[data-sign-in]');
  if (form === null) return;

  for (const button of form.querySelectorAll('.mp-show')) {
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
    for (const button of form.querySelectorAll('.mp-show[aria-pressed="true"]')) button.click();
    if (form.dataset.sent === 'true') event.preventDefault();
    form.dataset.sent = 'true';
    form.querySelector('[type="submit"]').setAttribute('aria-disabled', 'true');
  });
  window.addEventListener('pageshow', () => {
    delete form.dataset.sent;
    form.querySelector('[type="submit"]').removeAttribute('aria-disabled');
  });
})();
