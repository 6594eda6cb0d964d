//! Files dropped on the page.

use crate::action::Action;
use crate::app::dropped;
use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, File};
use yew::Callback;

/// The listeners, while the page lives.
pub(crate) struct Drops {
    _listeners: [EventListener; 3],
}

/// Lets `.md` files be dropped anywhere on the page.
pub(crate) fn listen(dispatch: &Callback<Action>) -> Drops {
    let document = gloo::utils::document();
    // The browser opens the file itself unless both events are stopped.
    let stop = EventListenerOptions::enable_prevent_default();
    let over = {
        let dispatch = dispatch.clone();
        let mut shown = false;
        EventListener::new_with_options(&document, "dragover", stop, move |event| {
            event.prevent_default();
            if !shown {
                shown = true;
                dispatch.emit(Action::Dragging(true));
            }
        })
    };
    let leave = {
        let dispatch = dispatch.clone();
        EventListener::new(&document, "dragleave", move |event| {
            let event: Option<&DragEvent> = event.dyn_ref();
            if event.is_some_and(|e| e.related_target().is_none()) {
                dispatch.emit(Action::Dragging(false));
            }
        })
    };
    let dispatch = dispatch.clone();
    let put = EventListener::new_with_options(&document, "drop", stop, move |event| {
        event.prevent_default();
        dispatch.emit(Action::Dragging(false));
        let files = event.dyn_ref::<DragEvent>().and_then(|e| e.data_transfer()?.files());
        if let Some(file) = files.and_then(|f| f.get(0)) {
            let dispatch = dispatch.clone();
            spawn_local(async move { dispatch.emit(read(&file).await) });
        }
    });
    Drops { _listeners: [over, leave, put] }
}

async fn read(file: &File) -> Action {
    let text = JsFuture::from(file.text()).await.ok().and_then(|t| t.as_string());
    dropped(file.name(), text)
}
