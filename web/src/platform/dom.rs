//! Measuring, selecting, focusing, downloading.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{
    Blob, BlobPropertyBag, ClipboardEvent, Element, HtmlAnchorElement, HtmlElement,
    HtmlInputElement, ResizeObserver, Url,
};

/// Watches an element's size while it lives.
pub(crate) struct Resize {
    observer: ResizeObserver,
    _call: Closure<dyn FnMut()>,
}

impl Drop for Resize {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls at once and whenever the element's size changes.
pub(crate) fn on_resize(element: &Element, call: impl FnMut() + 'static) -> Option<Resize> {
    let call = Closure::<dyn FnMut()>::new(call);
    let observer = ResizeObserver::new(call.as_ref().unchecked_ref()).ok()?;
    observer.observe(element);
    Some(Resize { observer, _call: call })
}

/// How many characters fit into a terminal: columns and rows. Needs its `.probe` of ten letters.
pub(crate) fn characters(log: &Element) -> Option<(u32, u32)> {
    let probe = log.query_selector(".probe").ok()??;
    let letter = probe.get_bounding_client_rect();
    let pane = log.parent_element()?;
    if letter.width() < 1.0 || pane.client_width() < 60 {
        return None;
    }
    // The rows' padding left and right, and a scroll bar whether it shows or not: the width must
    // not depend on how much has been printed.
    let width = f64::from(pane.client_width()) - 58.0;
    let columns = (width * 10.0 / letter.width()).max(20.0);
    let rows = (f64::from(pane.client_height()) / letter.height().max(8.0)).max(4.0);
    // Both are small and positive here.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole characters")]
    Some((columns as u32, rows as u32))
}

/// An element's inner size in whole CSS pixels.
pub(crate) fn size(element: &Element) -> (u32, u32) {
    let whole = |n: i32| u32::try_from(n).unwrap_or(0);
    (whole(element.client_width()), whole(element.client_height()))
}

/// Where a field's selection starts and ends, in UTF-16 units.
pub(crate) fn selection(field: &HtmlInputElement) -> (u32, u32) {
    let at = |place: Result<Option<u32>, JsValue>| place.ok().flatten().unwrap_or(0);
    (at(field.selection_start()), at(field.selection_end()))
}

/// UTF-16 units before the character number `cursor`.
pub(crate) fn utf16(line: &str, cursor: u32) -> u32 {
    let before = line.chars().take(cursor as usize);
    before.map(|c| u32::try_from(c.len_utf16()).unwrap_or(1)).sum()
}

/// Characters before a place given in UTF-16 units.
pub(crate) fn characters_before(line: &str, units: u32) -> u32 {
    let mut left = units as usize;
    let mut count = 0;
    for c in line.chars() {
        if left < c.len_utf16() {
            break;
        }
        left -= c.len_utf16();
        count += 1;
    }
    count
}

/// Whether some text of the page is selected.
pub(crate) fn page_selection() -> bool {
    let selection = gloo::utils::window().get_selection().ok().flatten();
    selection.is_some_and(|s| !s.is_collapsed())
}

/// The text of a paste.
pub(crate) fn pasted(event: &web_sys::Event) -> Option<String> {
    let event: &ClipboardEvent = event.dyn_ref()?;
    event.clipboard_data()?.get_data("text").ok()
}

/// Puts the focus into the prompt.
pub(crate) fn focus_prompt() {
    if let Some(field) = gloo::utils::document().get_element_by_id("prompt")
        && let Ok(field) = field.dyn_into::<HtmlElement>()
    {
        // A field that is disabled (the machine is off) cannot have it.
        let _ = field.focus();
    }
}

/// Sets an attribute of the document's root.
pub(crate) fn set_root(name: &str, value: &str) {
    if let Some(root) = gloo::utils::document().document_element() {
        // The names are ours and valid.
        let _ = root.set_attribute(name, value);
    }
}

/// An attribute of the document's root.
pub(crate) fn root(name: &str) -> Option<String> {
    gloo::utils::document().document_element()?.get_attribute(name)
}

/// Names the page after what is open.
pub(crate) fn set_title(name: &str) {
    let title = if name.is_empty() { "Enxame".to_owned() } else { [name, " – Enxame"].concat() };
    gloo::utils::document().set_title(&title);
}

/// Offers a text as a file.
pub(crate) fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("text/plain;charset=utf-8");
    let parts = Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = gloo::utils::document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&address)
}

/// Milliseconds of the browser's own clock, for budgets of a frame only.
pub(crate) fn milliseconds() -> f64 {
    gloo::utils::window().performance().map_or(0.0, |p| p.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_outside_the_basic_plane_take_two_units() {
        assert_eq!(utf16("a😀b", 2), 3);
        assert_eq!(characters_before("a😀b", 3), 2);
        assert_eq!(characters_before("ção", 2), 2);
    }
}
