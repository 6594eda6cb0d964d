// Starts the program, and says so when it breaks down. A file of its own, because the page's
// policy allows no inline script.
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

// All that this page keeps in the browser, as text.
function everything() {
  let text = "";
  try {
    for (let k = 0; k < localStorage.length; k++) {
      const key = localStorage.key(k);
      if (key.startsWith("enxame")) text += key + "\t" + localStorage.getItem(key) + "\n";
    }
  } catch { /* no storage: nothing was kept */ }
  return text;
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([everything()], { type: "text/plain;charset=utf-8" }));
  link.download = "enxame-guardado.txt";
  link.click();
  URL.revokeObjectURL(link.href);
}

const WORDS = {
  pt: ["Erro do simulador. O que estava guardado continua guardado: recarregue a página.",
    "Baixar o trabalho guardado"],
  en: ["The simulator failed. What was saved is still saved: reload the page.",
    "Download the saved work"],
};

// After such an error nothing of the program can be relied on, so this needs none of it.
const broken = (error) =>
  error instanceof WebAssembly.RuntimeError || error instanceof RangeError;

function crash(error) {
  if (!broken(error) || document.querySelector(".crash")) return;
  const [text, label] = WORDS[root.lang.startsWith("en") ? "en" : "pt"];
  const strip = document.createElement("div");
  strip.className = "crash";
  strip.setAttribute("role", "alert");
  strip.textContent = text + " " + (root.dataset.failure ?? error);
  const button = document.createElement("button");
  button.className = "btn s";
  button.textContent = label;
  button.addEventListener("click", download);
  strip.append(button);
  document.body.prepend(strip);
}

addEventListener("error", (event) => crash(event.error));
addEventListener("unhandledrejection", (event) => crash(event.reason));

start().catch((error) => {
  crash(error);
  const wait = document.getElementById("wait");
  if (wait) {
    wait.textContent = "O laboratório não abriu. Recarregue a página; se continuar, o navegador " +
      "pode ser antigo demais para ele. Detalhe: " + error;
  }
});
