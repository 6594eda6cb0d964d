//! The terminals' pane: a tab for each machine, templates, published ports.

use super::terminal::{Terminal, busy_mark, plus};
use super::{icon, machine_icon, send, yes};
use crate::action::{Action, Model};
use crate::picture::Picture;
use crate::state::Menu;
use crate::text::{Words, fill};
use lesson::StepView;
use share::Rc;
use shell::TerminalView;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) picture: Rc<Picture>,
    pub(crate) terminals: Rc<Vec<(String, Rc<TerminalView>)>>,
    pub(crate) open: AttrValue,
    pub(crate) menu: Option<Menu>,
    pub(crate) summary: AttrValue,
    /// The step being done, in short, above the terminal of a narrow screen.
    pub(crate) step: Option<StepView>,
    pub(crate) dispatch: Callback<Action>,
}

/// The pane.
#[component]
pub(crate) fn Terminals(props: &Props) -> Html {
    let w = props.words;
    let place = props.terminals.iter().position(|t| props.open == t.0);
    let models_open = props.menu == Some(Menu::Models);
    let act = |action: Action| send::<MouseEvent>(&props.dispatch, action);
    html! {
        <section class="term" aria-label={w.terminals} data-pane="terminal">
            if let Some(step) = &props.step { { short(w, step) } }
            <div class="tabs">
                <div role="tablist" aria-label={w.machines} onkeydown={walk(props)}>
                    { for props.terminals.iter().enumerate().map(|(k, t)| tab(props, k, t)) }
                </div>
                <button type="button" class="btn q s" data-add-machine=""
                    onclick={act(Action::AddMachine)}>{ plus() }{ w.add_machine }</button>
                <div class="hang">
                    <button type="button" class="btn q s" aria-expanded={yes(models_open)}
                        onclick={act(Action::Menu(Some(Menu::Models)))}>
                        { w.models }{ icon("down", 10) }</button>
                    if models_open { { models(props) } }
                </div>
                { ports(props) }
            </div>
            if let Some((name, view)) = place.and_then(|k| props.terminals.get(k)) {
                <div role="tabpanel" class="panel" aria-label={name.clone()}>
                    <Terminal words={w} machine={name.clone()} hue={hue(place.unwrap_or(0))}
                        view={view.clone()} dispatch={props.dispatch.clone()} />
                </div>
            }
            <p class="vh" role="status" data-summary="">{ &props.summary }</p>
        </section>
    }
}

fn hue(k: usize) -> u8 {
    u8::try_from(k % 6).unwrap_or(0) + 1
}

fn tab(props: &Props, k: usize, (name, view): &(String, Rc<TerminalView>)) -> Html {
    let open = props.open == name.as_str();
    html! {
        <button type="button" role="tab" class="tab" key={name.clone()} aria-selected={yes(open)}
            tabindex={if open { "0" } else { "-1" }} data-machine={name.clone()}
            onclick={send::<MouseEvent>(&props.dispatch, Action::Terminal(name.clone()))}>
            { machine_icon(hue(k), 13) }{ name }
            if view.busy { { busy_mark(props.words) } }
        </button>
    }
}

/// Left and right walk through the tabs.
fn walk(props: &Props) -> Callback<KeyboardEvent> {
    let names: Vec<String> = props.terminals.iter().map(|t| t.0.clone()).collect();
    let at = names.iter().position(|n| props.open == n.as_str()).unwrap_or(0);
    let dispatch = props.dispatch.clone();
    Callback::from(move |event: KeyboardEvent| {
        let count = names.len().max(1);
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % count,
            "ArrowLeft" => (at + count - 1) % count,
            _ => return,
        };
        if let Some(name) = names.get(to) {
            event.prevent_default();
            dispatch.emit(Action::Terminal(name.clone()));
        }
    })
}

fn models(props: &Props) -> Html {
    let w = props.words;
    let all = [
        (w.model_3_2, Model::Swarm(3, 2)),
        (w.model_5, Model::Swarm(5, 0)),
        (w.model_1_1, Model::Swarm(1, 1)),
        (w.model_5_loose, Model::Loose(5)),
        (w.model_1, Model::Loose(1)),
    ];
    html! {
        <div class="pop menu up">
            <p>{ w.model_note }</p>
            { for all.into_iter().map(|(name, model)| html! {
                <button type="button" class="item"
                    onclick={send::<MouseEvent>(&props.dispatch, Action::Model(model))}>{ name
                        }</button>
            }) }
        </div>
    }
}

/// OPEN PORT, as on Play with Docker: the ports that answer, asked at the open terminal's machine.
fn ports(props: &Props) -> Html {
    let w = props.words;
    let ports = props.picture.ports();
    html! {
        <div class="end" role="group" aria-label={w.open_port}>
            <span class="lab">{ w.open_port }</span>
            if ports.is_empty() { <span class="lab none">{ w.no_port }</span> }
            { for ports.into_iter().map(|port| {
                let ask = Action::Request { host: props.open.to_string(), port };
                let label = fill(w.open_port_label, &[&port.to_string(), &props.open]);
                html! {
                    <button type="button" class="btn s mono" data-open-port={port.to_string()}
                        aria-label={label.clone()} title={label}
                        onclick={send::<MouseEvent>(&props.dispatch, ask)}>{ port }</button>
                }
            }) }
        </div>
    }
}

fn short(w: &'static Words, step: &StepView) -> Html {
    html! {
        <div class="short">
            <h2>{ &step.heading }</h2>
            <ul class="works">{ for step.checks.iter().map(|c| {
                let (class, icon_name, said) = super::lesson_pane::sign(w, c.state);
                html! { <li>{ super::coloured(class, icon_name, 15) }
                    <span><span class="vh">{ said }</span>
                        { super::prose::sentence(&c.text) }</span></li> }
            }) }</ul>
        </div>
    }
}
