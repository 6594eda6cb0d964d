//! Which lessons there are, and their texts: the first comes with the program, the others are
//! files beside the page.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

include!(concat!(env!("OUT_DIR"), "/lessons.rs"));

/// The text of a lesson that came with the program.
pub(crate) fn embedded(file: &str) -> Option<&'static str> {
    LIST.first().filter(|(name, _)| *name == file).map(|_| FIRST)
}

/// The lesson after this one.
pub(crate) fn after(file: &str) -> Option<String> {
    let at = LIST.iter().position(|(name, _)| *name == file)?;
    LIST.get(at + 1).map(|(name, _)| (*name).to_owned())
}

/// Whether a file is one of ours.
pub(crate) fn known(file: &str) -> bool {
    LIST.iter().any(|(name, _)| *name == file)
}

/// Reads a lesson from beside the page.
pub(crate) async fn fetch(file: &str) -> Result<String, String> {
    let address = ["lessons/", file].concat();
    get(&address).await.map_err(|error| {
        error
            .dyn_ref::<js_sys::Error>()
            .map_or_else(|| error.as_string().unwrap_or_default(), |e| String::from(e.message()))
    })
}

async fn get(address: &str) -> Result<String, JsValue> {
    let answer = JsFuture::from(gloo::utils::window().fetch_with_str(address)).await?;
    let answer: Response = answer.dyn_into()?;
    if !answer.ok() {
        return Err(JsValue::from_str(&format!("{} {}", answer.status(), address)));
    }
    let text = JsFuture::from(answer.text()?).await?;
    text.as_string().ok_or_else(|| JsValue::from_str(address))
}
