//! The bar: which lesson, simulated time, undo, language, theme, help.

use super::{clock, icon, send, yes};
use crate::action::Action;
use crate::state::{Menu, Rest, Speed, Wait};
use crate::text::{Language, Words};
use share::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) language: Language,
    pub(crate) paused: bool,
    pub(crate) speed: Speed,
    pub(crate) seconds: u64,
    pub(crate) menu: Option<Menu>,
    pub(crate) title: AttrValue,
    pub(crate) file: AttrValue,
    pub(crate) lessons: Rc<Vec<(String, String)>>,
    pub(crate) undo: bool,
    pub(crate) redo: bool,
    pub(crate) rest: Rest,
    pub(crate) wait: Wait,
    pub(crate) dispatch: Callback<Action>,
}

/// The bar.
#[component]
pub(crate) fn TopBar(props: &Props) -> Html {
    let w = props.words;
    let act = |action: Action| send::<MouseEvent>(&props.dispatch, action);
    let lessons_open = props.menu == Some(Menu::Lessons);
    let help_open = props.menu == Some(Menu::Help);
    html! {
        <header class="bar">
            <span class="brand">{ icon("mark", 18) }<span class="wide">{ "Enxame" }</span></span>
            <span class="sep wide" aria-hidden="true"></span>
            <nav aria-label={w.lessons}>
                <button type="button" class="btn q" aria-expanded={yes(lessons_open)}
                    data-lesson-menu="" onclick={act(Action::Menu(Some(Menu::Lessons)))}>
                    { icon("book", 16) }<span class="lbl">{ &props.title }</span>{ icon("down",
                        12) }
                </button>
                if lessons_open { { lesson_list(props) } }
            </nav>
            <span class="grow"></span>
            { super::rest::coming(w, &props.rest, props.wait) }
            { time_control(props) }
            <span class="sep wide" aria-hidden="true"></span>
            <button type="button" class="btn i q \
                wide" aria-label={w.undo} title={w.undo} data-undo=""
                disabled={!props.undo} onclick={act(Action::Undo)}>{ icon("undo", 16) }</button>
            <button type="button" class="btn i q wide" aria-label={w.redo} title={w.redo}
                disabled={!props.redo} onclick={act(Action::Redo)}>{ icon("redo", 16) }</button>
            <div class="seg sm wide" role="group" aria-label={w.language}>
                { language(props, Language::Portuguese, "PT") }
                { language(props, Language::English, "EN") }
            </div>
            <button type="button" class="btn i q wide" aria-label={w.theme} title={w.theme}
                data-theme-toggle="" onclick={act(Action::ToggleTheme)}>{ icon("theme", 16)
                    }</button>
            <div class="hang">
                <button type="button" class="btn i q" aria-label={w.help} title={w.help}
                    aria-expanded={yes(help_open)}
                    onclick={act(Action::Menu(Some(Menu::Help)))}>{ icon("help", 16) }</button>
                if help_open { { help(props) } }
            </div>
        </header>
    }
}

fn language(props: &Props, language: Language, label: &'static str) -> Html {
    html! {
        <button type="button" aria-pressed={yes(props.language == language)} lang={language.tag()}
            onclick={send::<MouseEvent>(&props.dispatch, Action::Language(language))}>{ label
                }</button>
    }
}

fn time_control(props: &Props) -> Html {
    let w = props.words;
    let act = |action: Action| send::<MouseEvent>(&props.dispatch, action);
    let (pause, pause_icon) = if props.paused { (w.resume, "play") } else { (w.pause, "pause") };
    let speed = |speed: Speed, label: &'static str, name: &'static str| {
        html! {
            <button type="button" aria-pressed={yes(props.speed == speed)} aria-label={name}
                title={name} onclick={act(Action::Speed(speed))}>{ label }</button>
        }
    };
    let time = clock(props.seconds);
    let (hours, rest) = time.split_at_checked(3).unwrap_or(("", &time));
    let (hours, rest) = (hours.to_owned(), rest.to_owned());
    // The clock is read by sight; a screen reader asks for it, it never announces itself.
    html! {
        <div class="tc" role="group" aria-label={w.time}>
            <button type="button" class="btn i q" aria-label={pause} title={pause} data-pause=""
                aria-pressed={yes(props.paused)}
                onclick={act(Action::TogglePause)}>{ icon(pause_icon, 16) }</button>
            <button type="button" class="btn i q \
                wide" aria-label={w.next_event} title={w.next_event}
                data-next-event="" onclick={act(Action::NextEvent)}>{ icon("next", 16) }</button>
            <div class="seg speed" role="group" aria-label={w.speed}>
                { speed(Speed::Auto, w.speed_auto, w.speed_auto_label) }
                { speed(Speed::Times(1), "×1", "×1") }
                { speed(Speed::Times(10), "×10", "×10") }
                { speed(Speed::Times(100), "×100", "×100") }
            </div>
            <time class="clock" role="timer" aria-live="off" aria-label={w.time}
                data-clock={props.seconds.to_string()}>
                <span class="wide">{ hours }</span>{ rest }</time>
        </div>
    }
}

fn lesson_list(props: &Props) -> Html {
    let w = props.words;
    let item = |(file, title): &(String, String)| {
        let current = props.file == file.as_str();
        html! {
            <li>
                <button type="button" class="item" aria-current={current.then_some("true")}
                    data-open-lesson={file.clone()}
                    onclick={send::<MouseEvent>(&props.dispatch, Action::OpenLesson(file.clone()))}>
                    { title.clone() }
                </button>
            </li>
        }
    };
    html! {
        <div class="pop menu wide-menu">
            <ol class="items">{ for props.lessons.iter().map(item) }</ol>
            <hr />
            <button type="button" class="item narrow" disabled={!props.undo}
                onclick={send::<MouseEvent>(&props.dispatch, Action::Undo)}>
                { icon("undo", 14) }{ w.undo }</button>
            <button type="button" class="item" onclick={send::<MouseEvent>(
                &props.dispatch, Action::OpenLesson(String::new()))}>{ w.free_lab }</button>
            <button type="button" class="item" data-restart=""
                onclick={send::<MouseEvent>(&props.dispatch, Action::Restart)}>{ w.restart
                    }</button>
            <button type="button" class="item" onclick={send::<MouseEvent>(
                &props.dispatch, Action::DownloadWork)}>{ w.download_work }</button>
        </div>
    }
}

fn help(props: &Props) -> Html {
    let w = props.words;
    let keys = [
        ("Tab", w.help_tab),
        ("Ctrl+C", w.help_interrupt),
        ("↑ ↓", w.help_history),
        ("Ctrl+R", w.help_search),
        ("Ctrl+Backspace", w.help_words),
        ("Ctrl+Z", w.help_undo),
        ("Ctrl+L", w.help_clear),
    ];
    let row = |(key, text): (&'static str, &'static str)| {
        html! { <><dt><kbd>{ key }</kbd></dt><dd>{ text }</dd></> }
    };
    html! {
        <div class="pop menu help" role="region" aria-label={w.help}>
            <h3>{ w.help_title }</h3>
            <dl>{ for keys.into_iter().map(row) }</dl>
            <p>{ w.help_words_lab }</p>
            <button type="button" class="btn s narrow"
                onclick={send::<MouseEvent>(&props.dispatch, Action::ToggleTheme)}>
                { icon("theme", 14) }{ w.theme }</button>
            <div class="seg narrow" role="group" aria-label={w.language}>
                { language(props, Language::Portuguese, "Português") }
                { language(props, Language::English, "English") }
            </div>
        </div>
    }
}
