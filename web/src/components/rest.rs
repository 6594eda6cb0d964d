//! How far the program's second part is: a calm line in the bar, a strip if it did not come.

use super::{coloured, send};
use crate::action::Action;
use crate::state::{Rest, Wait};
use crate::text::{Words, fill};
use yew::prelude::*;

/// What `data-rest` says on the page's root, for the style sheet.
pub(crate) const fn name(rest: &Rest, wait: Wait) -> &'static str {
    match (rest, wait) {
        (Rest::Here, _) => "here",
        (Rest::Coming(_), Wait::Work) => "work",
        (Rest::Coming(_), Wait::Nothing | Wait::Asked) => "coming",
        (Rest::Failed(_), _) => "failed",
    }
}

/// In the bar, while it comes. Only the sentence is spoken, not every percent.
pub(crate) fn coming(w: &'static Words, rest: &Rest, wait: Wait) -> Html {
    let (text, percent) = match (rest, wait) {
        (Rest::Here | Rest::Failed(_), _) => ("", None),
        (Rest::Coming(percent), Wait::Nothing) => (w.rest_coming, Some(percent)),
        (Rest::Coming(percent), Wait::Asked) => (w.rest_asked, Some(percent)),
        (Rest::Coming(percent), Wait::Work) => (w.rest_work, Some(percent)),
    };
    html! {
        <div class="rest">
            <span class="say" role="status" data-rest-status="">{ text }</span>
            if let Some(percent) = percent {
                <span class="tn" aria-hidden="true">{ format!("{percent} %") }</span>
            }
        </div>
    }
}

/// Among the notices, if it did not come.
pub(crate) fn failed(w: &'static Words, rest: &Rest, dispatch: &Callback<Action>) -> Html {
    let Rest::Failed(reason) = rest else { return html! {} };
    html! {
        <div class="banner" data-rest-failed="">
            { coloured("c-warn", "offline", 16) }
            <div class="grow say-what">
                <span>{ fill(w.rest_failed, &[reason]) }</span>
                <button type="button" class="btn s" data-retry=""
                    onclick={send::<MouseEvent>(dispatch, Action::Retry)}>{ w.retry }</button>
            </div>
        </div>
    }
}
