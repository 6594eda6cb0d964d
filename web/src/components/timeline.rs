//! The foot of the page: commands and events along simulated time, and how the work is kept.

use super::{clock, icon, send};
use crate::action::Action;
use crate::state::{Mark, MarkKind, Save};
use crate::text::{Words, fill};
use share::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) marks: Rc<Vec<Mark>>,
    pub(crate) seconds: u64,
    pub(crate) save: Save,
    pub(crate) dispatch: Callback<Action>,
}

/// The strip.
#[component]
pub(crate) fn Timeline(props: &Props) -> Html {
    let w = props.words;
    // Now stands at nine tenths of the track, so the future has room to be dotted.
    let whole = (props.seconds.max(30) * 10 / 9).max(1);
    let x = |seconds: u64| {
        let tenths = 10 + seconds * 980 / whole;
        format!("{}.{}%", tenths / 10, tenths % 10)
    };
    let now = x(props.seconds);
    let label = fill(w.timeline_label, &[&props.marks.len().to_string()]);
    html! {
        <footer class="time" aria-label={w.timeline}>
            <h2 class="wide">{ w.timeline }</h2>
            <div class="trk">
                <svg class="g" role="img" aria-label={label}>
                    <line class="tl-line" x1="1%" x2={now.clone()} y1="17" y2="17" />
                    <line class="tl-f" x1={now.clone()} x2="99%" y1="17" y2="17" />
                    { for props.marks.iter().map(|m| mark(m, x(m.at.0 / 1_000_000))) }
                    <circle class="tl-now" cx={now} cy="17" r="5.5" />
                </svg>
            </div>
            { kept(props) }
        </footer>
    }
}

fn mark(mark: &Mark, x: String) -> Html {
    let title = [&clock(mark.at.0 / 1_000_000), "  ", &mark.label].concat();
    let sign = match mark.kind {
        MarkKind::Command => html! { <circle class="tl-c" cy="17" r="4" /> },
        MarkKind::Failed | MarkKind::Fault => {
            html! { <path class="tl-x" d="M0 11.5l5.5 5.5-5.5 5.5-5.5-5.5z" /> }
        }
        MarkKind::Request => html! { <line class="tl-e" y1="12" y2="22" /> },
    };
    html! { <svg x={x}><title>{ title }</title>{ sign }</svg> }
}

fn kept(props: &Props) -> Html {
    let w = props.words;
    let (class, icon_name, text) = match props.save {
        Save::Kept => ("st ok", "disk", w.saved),
        Save::Absent => ("st bad", "warn", w.not_saved),
        Save::Full => ("st bad", "warn", w.storage_full),
    };
    html! {
        <>
            <span class={class} data-saved={super::yes(props.save == Save::Kept)}>
                { icon(icon_name, 14) }<span>{ text }</span></span>
            if props.save != Save::Kept {
                <button type="button" class="btn s" onclick={send::<MouseEvent>(
                    &props.dispatch, Action::DownloadWork)}>{ w.download_work }</button>
            }
        </>
    }
}
