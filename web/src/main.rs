//! SCREEN: the page. The only crate that knows a browser.
//!
//! Elm-shaped: [`action::reduce`] is pure, [`effect`] alone owns the desk, the storage, the
//! clock and the focus. Components draw the state and send actions.
//!
//! **Invariant:** nothing that a lesson, a program or a container says becomes markup.

mod action;
mod app;
mod components;
mod edit;
mod effect;
mod layout;
mod lessons;
mod picture;
mod platform;
#[cfg(test)]
mod scene;
mod state;
mod text;

fn main() {
    platform::crash::watch();
    let root = gloo::utils::document().get_element_by_id("app");
    if let Some(root) = root {
        root.set_text_content(None);
        yew::Renderer::<app::App>::with_root(root).render();
    }
}
