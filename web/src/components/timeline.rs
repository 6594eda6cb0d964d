//! The foot of the page: commands and events along simulated time, and how the work is kept.

use super::{clock, icon, send};
use crate::action::Action;
use crate::state::{Mark, MarkKind, Save};
use crate::text::{Words, fill};
use std::rc::Rc;
use yew::prelude::*;

/// Width of the track's own coordinates.
const WIDTH: u64 = 760;

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
    let x = |seconds: u64| 10 + seconds * (WIDTH - 20) / whole;
    let now = x(props.seconds).to_string();
    let label = fill(w.timeline_label, &[&props.marks.len().to_string()]);
    html! {
        <footer class="time" aria-label={w.timeline}>
            <h2 class="wide">{ w.timeline }</h2>
            <div class="trk">
                <svg class="g" viewBox={format!("0 0 {WIDTH} 34")} preserveAspectRatio="none"
                    role="img" aria-label={label}>
                    <line class="tl-line" x1="10" x2={now.clone()} y1="17" y2="17" />
                    <line class="tl-f" x1={now.clone()} x2={(WIDTH - 10).to_string()} y1="17" y2="17" />
                    { for props.marks.iter().map(|m| mark(m, x(m.at.0 / 1_000_000))) }
                    <circle class="tl-now" cx={now} cy="17" r="5.5" />
                </svg>
            </div>
            { kept(props) }
        </footer>
    }
}

fn mark(mark: &Mark, x: u64) -> Html {
    let title = [&clock(mark.at.0 / 1_000_000), "  ", &mark.label].concat();
    match mark.kind {
        MarkKind::Command => html! {
            <circle class="tl-c" cx={x.to_string()} cy="17" r="4"><title>{ title }</title></circle>
        },
        MarkKind::Failed | MarkKind::Fault => html! {
            <path class="tl-x" d={format!("M{x} 11.5l5.5 5.5-5.5 5.5-5.5-5.5z")}>
                <title>{ title }</title></path>
        },
        MarkKind::Request => html! {
            <line class="tl-e" x1={x.to_string()} x2={x.to_string()} y1="12" y2="22">
                <title>{ title }</title></line>
        },
    }
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
