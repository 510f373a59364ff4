// Tabler's colours follow an attribute of the page; the attribute follows the system.
(() => {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const follow = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? 'dark' : 'light';
  };
  dark.addEventListener('change', follow);
  follow();
  document.documentElement.classList.add('js');
})();
