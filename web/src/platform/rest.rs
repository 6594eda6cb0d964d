//! The program's second part: fetched as soon as the first picture is drawn.
//!
//! `cargo xtask dist` cuts the program in two and says so in the page's head
//! (`<link id="rest" href=… data-bytes=…>`). Without that element everything is there from the
//! start, as in a development build.

use crate::action::Action;
use crate::state::Rest;
use gloo::utils::{document, window};
use js_sys::{Object, Reflect, Uint8Array, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, ReadableStreamDefaultReader, Response};
use yew::Callback;

fn link() -> Option<Element> {
    document().get_element_by_id("rest")
}

/// Whether there is a second part to bring.
pub(crate) fn is_to_come() -> bool {
    link().is_some()
}

/// Brings it, telling how far it is and how it ended.
pub(crate) fn bring(dispatch: Callback<Action>) {
    let Some(link) = link() else { return };
    wasm_bindgen_futures::spawn_local(async move {
        let end = match fetch(&link, &dispatch).await {
            Ok(()) => Rest::Here,
            Err(error) => Rest::Failed(words(&error)),
        };
        dispatch.emit(Action::Rest(end));
    });
}

fn words(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|e| String::from(e.message()));
    message.or_else(|| error.as_string()).unwrap_or_default()
}

async fn fetch(link: &Element, dispatch: &Callback<Action>) -> Result<(), JsValue> {
    let address = link.get_attribute("href").unwrap_or_default();
    let size = link.get_attribute("data-bytes").and_then(|n| n.parse().ok()).unwrap_or(0);
    let answer = JsFuture::from(window().fetch_with_str(&address)).await?;
    let answer: Response = answer.dyn_into()?;
    if !answer.ok() {
        return Err(JsValue::from_str(&format!("{} {address}", answer.status())));
    }
    let program = body(&answer, size, dispatch).await?;
    // Not the call that compiles while it loads: simple servers name another kind for the file.
    let imports = Object::new();
    Reflect::set(&imports, &"p".into(), &wasm_bindgen::exports())?;
    let module: WebAssembly::Module =
        JsFuture::from(WebAssembly::compile(&program)).await?.dyn_into()?;
    JsFuture::from(WebAssembly::instantiate_module(&module, &imports)).await.map(drop)
}

/// The whole answer, piece by piece.
async fn body(
    answer: &Response,
    size: u32,
    dispatch: &Callback<Action>,
) -> Result<JsValue, JsValue> {
    let (Some(stream), true) = (answer.body(), size > 0) else {
        return JsFuture::from(answer.array_buffer()?).await;
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut bytes = Uint8Array::new_with_length(size);
    let (mut length, mut told) = (0, 0);
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(bytes.subarray(0, length).into());
        }
        let piece: Uint8Array = Reflect::get(&piece, &"value".into())?.dyn_into()?;
        let end = length + piece.length();
        if end > bytes.length() {
            // More than was said: make room.
            let more = Uint8Array::new_with_length(end);
            more.set(&bytes.subarray(0, length), 0);
            bytes = more;
        }
        bytes.set(&piece, length);
        length = end;
        let percent = percent(length, size);
        if percent != told {
            told = percent;
            dispatch.emit(Action::Rest(Rest::Coming(percent)));
        }
    }
}

/// Full only when it runs.
fn percent(length: u32, size: u32) -> u32 {
    let whole = u64::from(length) * 100 / u64::from(size.max(1));
    u32::try_from(whole.min(99)).unwrap_or(99)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_part_is_never_the_whole() {
        assert_eq!(percent(0, 4_000_000), 0);
        assert_eq!(percent(2_000_000, 4_000_000), 50);
        assert_eq!(percent(4_000_000, 4_000_000), 99);
        assert_eq!(percent(5_000_000, 4_000_000), 99);
        assert_eq!(percent(3, 0), 99);
    }
}
