//! What must be told and stays until it is dismissed: never a window over the page.

use super::{coloured, icon, send};
use crate::action::Action;
use crate::state::{Notice, Rest};
use crate::text::{Words, fill};
use lesson::Diagnostic;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) notices: Vec<Notice>,
    pub(crate) dropping: bool,
    pub(crate) rest: Rest,
    pub(crate) dispatch: Callback<Action>,
}

/// The strips under the bar.
#[component]
pub(crate) fn Notices(props: &Props) -> Html {
    let w = props.words;
    html! {
        <div class="notices" role="status">
            if props.dropping { <p class="banner">{ icon("book", 16) }{ w.lesson_drop }</p> }
            { super::rest::failed(w, &props.rest, &props.dispatch) }
            { for props.notices.iter().enumerate().map(|(k, n)| notice(props, k, n)) }
        </div>
    }
}

fn notice(props: &Props, k: usize, notice: &Notice) -> Html {
    let w = props.words;
    let inside = match notice {
        Notice::Corrupt { text } => html! {
            <>
                <span>{ w.corrupt }</span>
                <button type="button" class="btn \
                    s" data-download-aside="" onclick={send::<MouseEvent>(
                    &props.dispatch, Action::DownloadAside(text.clone()))}>{ w.download_aside
                        }</button>
            </>
        },
        Notice::LessonErrors { file, findings } => html! {
            <div>
                <p>{ fill(w.lesson_errors, &[file]) }</p>
                <ul class="findings">{ for findings.iter().map(finding) }</ul>
            </div>
        },
        Notice::LessonFetch { file, reason } => {
            html! { <span>{ fill(w.lesson_fetch, &[file, reason]) }</span> }
        }
        Notice::NotMarkdown { file } => html! { <span>{ fill(w.not_md, &[file]) }</span> },
        Notice::Plain(text) => html! { <span>{ text }</span> },
    };
    html! {
        <div class="banner" data-notice="">
            { coloured("c-warn", "warn", 16) }
            <div class="grow say-what">{ inside }</div>
            <button type="button" class="btn q s i" aria-label={w.dismiss} title={w.dismiss}
                onclick={send::<MouseEvent>(&props.dispatch, Action::Dismiss(k))}>{ icon("x", 12)
                    }</button>
        </div>
    }
}

/// `file:line:column: code message`, then the help.
fn finding(d: &Diagnostic) -> Html {
    let place = format!("{}:{}:{}", d.file, d.place.line, d.place.column);
    html! {
        <li data-finding={place.clone()}>
            <code>{ place }</code>{ " " }<b>{ d.code }</b>{ " " }{ &d.message }
            if !d.help.is_empty() { <span class="c-2">{ " — " }{ &d.help }</span> }
        </li>
    }
}
