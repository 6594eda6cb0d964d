//! When the simulator itself fails: said plainly, with the work at hand as a file.

use crate::platform::dom;
use gloo::utils::{document, window};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

/// Shows a strip instead of a dead page when the program panics.
pub(crate) fn watch() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!("{}:{}", l.file(), l.line()));
        show(&format!("{} ({})", message(info), place.unwrap_or_default()));
    }));
}

fn message(info: &std::panic::PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// Draws without Yew, which may be what failed. Every step may fail too: then there is no strip.
fn show(detail: &str) {
    gloo::console::error!(detail);
    let Some(body) = document().body() else { return };
    let Ok(strip) = document().create_element("div") else { return };
    strip.set_class_name("crash");
    // The attribute makes it speak; without it the strip is still seen.
    let _ = strip.set_attribute("role", "alert");
    let text = format!(
        "Erro do simulador. O que estava guardado continua guardado: recarregue a página. {detail}"
    );
    strip.set_text_content(Some(&text));
    if let Ok(button) = document().create_element("button") {
        button.set_class_name("btn s");
        button.set_text_content(Some("Baixar o trabalho guardado"));
        let save = Closure::<dyn FnMut()>::new(|| {
            // Nothing more can be offered where even this fails.
            let _ = dom::download("enxame-guardado.txt", &everything());
        });
        // As above: a strip without a working button is still a message.
        let _ = button.add_event_listener_with_callback("click", save.as_ref().unchecked_ref());
        save.forget();
        let _ = strip.append_child(&button);
    }
    let _ = body.prepend_with_node_1(&strip);
}

/// All that this page keeps in the browser, as text.
fn everything() -> String {
    let Some(storage) = window().local_storage().ok().flatten() else { return String::new() };
    let mut text = String::new();
    for k in 0..storage.length().unwrap_or(0) {
        let Ok(Some(key)) = storage.key(k) else { continue };
        if key.starts_with("enxame") {
            let value = storage.get_item(&key).ok().flatten().unwrap_or_default();
            text.push_str(&key);
            text.push('\t');
            text.push_str(&value);
            text.push('\n');
        }
    }
    text
}
