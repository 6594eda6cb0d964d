//! What the page is drawn with. Components read the state and send actions; they keep nothing
//! but what the browser keeps itself (scroll, focus, a field's selection).

pub(crate) mod lesson_pane;
pub(crate) mod map;
pub(crate) mod map_svg;
pub(crate) mod notices;
pub(crate) mod prose;
pub(crate) mod raft;
pub(crate) mod rest;
pub(crate) mod side;
pub(crate) mod table;
pub(crate) mod terminal;
pub(crate) mod terminals;
pub(crate) mod timeline;
pub(crate) mod topbar;

use crate::action::Action;
use yew::prelude::*;

/// An icon of the sprite in `index.html`.
pub(crate) fn icon(name: &str, size: u32) -> Html {
    coloured("", name, size)
}

/// An icon with a class.
pub(crate) fn coloured(class: &str, name: &str, size: u32) -> Html {
    let size = size.to_string();
    html! {
        <svg class={["ic ", class].concat()} width={size.clone()} height={size} aria-hidden="true">
            <use href={["#i-", name].concat()} />
        </svg>
    }
}

/// The shape of the machine with this hue.
pub(crate) const fn machine_shape(hue: u8) -> &'static str {
    match hue {
        1 => "m-hex",
        2 => "m-cir",
        3 => "m-sqr",
        4 => "m-tri",
        5 => "m-dia",
        _ => "m-pen",
    }
}

/// Colour and shape of a machine.
pub(crate) fn machine_icon(hue: u8, size: u32) -> Html {
    coloured(machine_class(hue), machine_shape(hue), size)
}

/// The class with a machine's colour.
pub(crate) const fn machine_class(hue: u8) -> &'static str {
    match hue {
        1 => "m1",
        2 => "m2",
        3 => "m3",
        4 => "m4",
        5 => "m5",
        _ => "m6",
    }
}

/// The class with a service's colour.
pub(crate) const fn service_class(hue: u8) -> &'static str {
    match hue {
        1 => "s1",
        2 => "s2",
        3 => "s3",
        4 => "s4",
        5 => "s5",
        _ => "s6",
    }
}

/// A callback that sends one action whenever it is called.
pub(crate) fn send<E: 'static>(dispatch: &Callback<Action>, action: Action) -> Callback<E> {
    let dispatch = dispatch.clone();
    Callback::from(move |_| dispatch.emit(action.clone()))
}

/// `true` and `false` for ARIA.
pub(crate) const fn yes(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Simulated time as `00:04:12`.
pub(crate) fn clock(seconds: u64) -> String {
    let two = |n: u64| format!("{n:02}");
    [two(seconds / 3600), two(seconds / 60 % 60), two(seconds % 60)].join(":")
}
