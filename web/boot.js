// Starts the program. A file of its own, because the page's policy allows no inline script.
const root = document.documentElement;
let theme = null;
try { theme = localStorage.getItem("enxame.theme"); } catch { /* no storage: the system decides */ }
if (theme !== "light" && theme !== "dark") {
  theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
root.dataset.theme = theme;

const address = (selector) => document.querySelector(selector)?.href;

async function start() {
  const script = address('link[rel="modulepreload"]');
  const program = address('link[rel="preload"][as="fetch"]');
  const bindings = await import(script);
  await bindings.default({ module_or_path: program });
}

start().catch((error) => {
  const wait = document.getElementById("wait");
  if (wait) {
    wait.textContent = "O laboratório não abriu. Recarregue a página; se continuar, o navegador " +
      "pode ser antigo demais para ele. Detalhe: " + error;
  }
});
