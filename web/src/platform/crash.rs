//! When the simulator itself fails: its words, where the page's script finds them.
//!
//! The strip is drawn by `web/boot.js`, which needs no part of the program that failed. A program
//! that is built without its own failure messages never comes here: the strip then has the
//! browser's words alone.

use crate::platform::dom;

/// Notes what a failure says.
pub(crate) fn watch() {
    std::panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        gloo::console::error!(&text);
        dom::set_root("data-failure", &text);
    }));
}
