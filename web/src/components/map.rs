//! The map's pane: its bar, the picture in one of three forms, what was clicked, Raft in one line.

use super::raft::Raft;
use super::side::{RequestSide, ThingSide};
use super::table::Table;
use super::{icon, map_svg, send, service_class, yes};
use crate::action::Action;
use crate::picture::{Picture, managers_up};
use crate::platform::dom;
use crate::state::{Burst, Menu, Mode, Picked, Shown};
use crate::text::{Words, fill};
use api::Timestamp;
use lab::{Fault, View};
use share::Rc;
use web_sys::Element;
use yew::prelude::*;

#[derive(Properties, PartialEq, Clone)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) picture: Rc<Picture>,
    pub(crate) view: Rc<View>,
    pub(crate) mode: Mode,
    pub(crate) size: (u32, u32),
    pub(crate) menu: Option<Menu>,
    pub(crate) picked: Option<Picked>,
    pub(crate) request: Option<Shown>,
    pub(crate) burst: Option<Burst>,
    pub(crate) why: Rc<Vec<(Timestamp, String)>>,
    /// The lab is still to begin.
    pub(crate) coming: bool,
    pub(crate) dispatch: Callback<Action>,
}

/// The pane.
#[component]
pub(crate) fn Map(props: &Props) -> Html {
    let w = props.words;
    let figure = use_node_ref();
    use_size(&figure, &props.dispatch);
    let side = match (&props.picked, &props.request) {
        (Some(picked), _) => html! {
            <ThingSide words={w} picture={props.picture.clone()} picked={picked.clone()}
                why={props.why.clone()} dispatch={props.dispatch.clone()} />
        },
        (None, Some(shown)) if props.mode == Mode::Map => html! {
            <RequestSide words={w} picture={props.picture.clone()} shown={shown.clone()}
                burst={props.burst.clone()} dispatch={props.dispatch.clone()} />
        },
        (None, _) => html! {},
    };
    let label = fill(
        w.map_label,
        &[&props.picture.cards.len().to_string(), &props.picture.services.len().to_string()],
    );
    let inside = match props.mode {
        Mode::Map => map_svg::draw(props),
        Mode::Raft => html! {
            <Raft words={w} view={props.view.clone()} size={props.size} coming={props.coming} />
        },
        Mode::Table => html! {
            <Table words={w} picture={props.picture.clone()} dispatch={props.dispatch.clone()} />
        },
    };
    html! {
        <section class="map" aria-label={w.map} data-pane="map">
            { bar(props) }
            <div class="mapwrap">
                <figure ref={figure} aria-label={label}>{ inside }</figure>
                { side }
            </div>
            { foot(props) }
        </section>
    }
}

#[hook]
fn use_size(figure: &NodeRef, dispatch: &Callback<Action>) {
    let (figure, dispatch) = (figure.clone(), dispatch.clone());
    use_effect_with((), move |()| {
        let observer = figure.cast::<Element>().map(|element| {
            let measured = element.clone();
            let mut last = (0, 0);
            dom::on_resize(&element, move || {
                let size = dom::size(&measured);
                if size != last && size.0 > 0 {
                    last = size;
                    dispatch.emit(Action::MapSize(size.0, size.1));
                }
            })
        });
        move || drop(observer)
    });
}

fn bar(props: &Props) -> Html {
    let w = props.words;
    let act = |action: Action| send::<MouseEvent>(&props.dispatch, action);
    let mode = |mode: Mode, icon_name: &'static str, label: &'static str, id: &'static str| {
        html! {
            <button type="button" aria-pressed={yes(props.mode == mode)} data-mode={id}
                onclick={act(Action::Mode(mode))}>
                if !icon_name.is_empty() { { icon(icon_name, 13) } }{ label }</button>
        }
    };
    let legend_open = props.menu == Some(Menu::Legend);
    html! {
        <div class="ph mapbar">
            <h2>{ w.map }</h2>
            <ul class="legend" aria-label={w.services}>
                { for props.picture.services.iter().map(|s| html! {
                    <li data-service={s.name.clone()}>
                        <span class={["sw ", service_class(s.hue)].concat()}></span>
                        <span class="mono">{ &s.name }</span>
                        { format!("{}/{}", s.running, s.desired) }
                    </li>
                }) }
            </ul>
            <span class="grow"></span>
            <div class="hang wide">
                <button type="button" class="btn q \
                    s" aria-expanded={yes(props.menu == Some(Menu::Faults))}
                    data-faults="" onclick={act(Action::Menu(Some(Menu::Faults)))}>
                    { icon("bolt", 14) }{ w.faults }{ icon("down", 10) }</button>
                if props.menu == Some(Menu::Faults) { { faults(props) } }
            </div>
            <div class="hang wide">
                <button type="button" class="btn q s" aria-expanded={yes(legend_open)}
                    onclick={act(Action::Menu(Some(Menu::Legend)))}>
                    { icon("legend", 14) }{ w.legend }</button>
                if legend_open { { legend(w) } }
            </div>
            <div class="seg sm" role="group" aria-label={w.view_as}>
                { mode(Mode::Map, "map", w.map, "map") }
                { mode(Mode::Raft, "", "Raft", "raft") }
                { mode(Mode::Table, "table", w.table, "table") }
            </div>
        </div>
    }
}

/// Faults that concern no single machine, and the machines to choose from.
fn faults(props: &Props) -> Html {
    let w = props.words;
    let act = |action: Action| send::<MouseEvent>(&props.dispatch, action);
    html! {
        <div class="pop menu">
            <p>{ w.what_to_break }</p>
            { for props.picture.cards.iter().map(|c| html! {
                <button type="button" class="item"
                    onclick={act(Action::Pick(Some(Picked::Machine(c.name.clone()))))}>
                    { super::machine_icon(c.hue, 13) }{ c.name.clone() }{ "…" }</button>
            }) }
            <hr />
            <button type="button" class="item" onclick={act(Action::Fault(Fault::RegistryOff))}>
                { w.registry_off }</button>
            <button type="button" class="item" onclick={act(Action::Fault(Fault::RegistryOn))}>
                { w.registry_on }</button>
        </div>
    }
}

fn legend(w: &'static Words) -> Html {
    let lines = |lines: &[&'static str]| {
        html! { <ul>{ for lines.iter().map(|l| html! { <li>{ *l }</li> }) }</ul> }
    };
    html! {
        <div class="pop menu" role="region" aria-label={w.legend}>
            <h3>{ w.legend_states }</h3>
            { lines(&[w.l_running, w.l_starting, w.l_preparing, w.l_pending, w.l_failed,
                w.l_done]) }
            <h3>{ w.legend_machines }</h3>
            { lines(&[w.l_manager, w.l_drain, w.l_off, w.l_cut]) }
        </div>
    }
}

/// Raft in one line.
fn foot(props: &Props) -> Html {
    let w = props.words;
    let Some(swarm) = &props.view.swarm else {
        if props.coming {
            return html! { <div class="foot"></div> };
        }
        return html! {
            <div class="foot" data-raft="none">
                <span><b>{ "Raft" }</b></span><span class="c-3">{ w.raft_later }</span>
            </div>
        };
    };
    let up = managers_up(&props.view);
    let good = up >= swarm.quorum;
    let note = match (good, swarm.leader, swarm.members) {
        (false, ..) => w.raft_lost.to_owned(),
        (true, None, _) => w.raft_electing.to_owned(),
        (true, Some(_), 1) => w.raft_one.to_owned(),
        (true, ..) => fill(w.raft_ok, &[&(up - swarm.quorum).to_string()]),
    };
    let (class, name) = if good { ("c-ok", "ok") } else { ("c-err", "no") };
    html! {
        <div class="foot" data-raft={if good { "quorum" } else { "lost" }}
            data-term={swarm.term.to_string()}>
            <span><b>{ "Raft" }</b></span>
            <span>{ w.term }{ " " }<span class="mono">{ swarm.term }</span></span>
            <span>{ w.index }{ " " }<span class="mono">{ swarm.commit }</span></span>
            <span class="pair">{ super::coloured(class, name, 12) }
                { fill(w.quorum_of, &[&swarm.quorum.to_string(), &swarm.members.to_string()])
                    }</span>
            <span class="c-3 cut-text">{ note }</span>
            <span class="grow"></span>
            <button type="button" class="link wide"
                onclick={send::<MouseEvent>(&props.dispatch, Action::Mode(Mode::Raft))}>
                { w.open_raft }</button>
        </div>
    }
}
