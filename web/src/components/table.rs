//! Everything on the map as tables: the same facts for those who do not see it.

use super::map_svg::trouble;
use super::{machine_icon, send, service_class};
use crate::action::Action;
use crate::picture::{Card, Picture, ServiceRow, Standing, TaskBox, word};
use crate::state::Picked;
use crate::text::Words;
use share::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) picture: Rc<Picture>,
    pub(crate) dispatch: Callback<Action>,
}

/// The tables.
#[component]
pub(crate) fn Table(props: &Props) -> Html {
    let (w, picture) = (props.words, &props.picture);
    let tasks: Vec<(Option<&Card>, &TaskBox)> = picture
        .cards
        .iter()
        .flat_map(|c| c.tasks.iter().map(move |t| (Some(c), t)))
        .chain(picture.waiting.iter().map(|t| (None, t)))
        .collect();
    html! {
        <div class="tables" tabindex="0" role="region" aria-label={w.table} data-tables="">
            { table(w.machines, &[w.name, w.address, w.role, w.state, w.ports],
                picture.cards.iter().map(|c| machine(props, c)).collect()) }
            if !picture.services.is_empty() {
                { table(w.services, &[w.name, w.replicas, w.image, "VIP", w.ports],
                    picture.services.iter().map(service).collect()) }
            }
            if !tasks.is_empty() {
                { table(w.tasks, &[w.name, w.state, w.desired, w.node, w.error],
                    tasks.iter().map(|(c, t)| task(props, *c, t)).collect()) }
            }
            if picture.cards.iter().any(|c| !c.containers.is_empty()) {
                { table(w.containers, &[w.machine, w.name, w.image, w.state], picture.cards.iter()
                    .flat_map(|c| c.containers.iter().map(|l| html! {
                        <tr><td>{ &c.name }</td><td class="mono">{ &l.name }</td>
                            <td class="mono">{ &l.image }</td><td>{ l.state }</td></tr>
                    })).collect()) }
            }
        </div>
    }
}

fn table(caption: &'static str, heads: &[&'static str], rows: Vec<Html>) -> Html {
    html! {
        <table class="tbl">
            <caption>{ caption }</caption>
            <thead><tr>{ for heads.iter().map(|h| html! { <th scope="col">{ *h }</th> })
                }</tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

fn machine(props: &Props, card: &Card) -> Html {
    let w = props.words;
    let role = match card.standing {
        Standing::None => w.no_swarm,
        Standing::Locked => w.locked,
        Standing::Worker => w.worker,
        Standing::Manager => w.manager,
        Standing::Leader => w.leader,
    };
    let notes = trouble(w, card);
    let ports: Vec<String> = card.ports.iter().map(u16::to_string).collect();
    let pick = Action::Pick(Some(Picked::Machine(card.name.clone())));
    html! {
        <tr data-row-machine={card.name.clone()}>
            <td><button type="button" class="link \
                pair" onclick={send::<MouseEvent>(&props.dispatch, pick)}>
                { machine_icon(card.hue, 12) }{ &card.name }</button></td>
            <td class="mono">{ &card.ip }</td>
            <td>{ role }</td>
            <td>{ if notes.is_empty() { w.on.to_owned() } else { notes.join(", ") } }</td>
            <td class="mono">{ ports.join(" ") }</td>
        </tr>
    }
}

fn service(row: &ServiceRow) -> Html {
    let ports: Vec<String> =
        row.ports.iter().map(|(from, to, kind)| format!("{from}→{to}/{kind}")).collect();
    html! {
        <tr data-row-service={row.name.clone()}>
            <td><span class="pair"><span class={["sw ", service_class(row.hue)].concat()}></span>
                { &row.name }</span></td>
            <td class="mono">{ format!("{}/{}", row.running, row.desired) }{ " " }{ row.update
                }</td>
            <td class="mono">{ &row.image }</td>
            <td class="mono">{ row.vip.clone().unwrap_or_default() }</td>
            <td class="mono">{ ports.join(" ") }</td>
        </tr>
    }
}

fn task(props: &Props, card: Option<&Card>, task: &TaskBox) -> Html {
    let pick = Action::Pick(Some(Picked::Task(task.id)));
    html! {
        <tr data-row-task={task.name.clone()}>
            <td><button type="button" class="link \
                pair" onclick={send::<MouseEvent>(&props.dispatch, pick)}>
                <span class={["sw ", service_class(task.hue)].concat()}></span>{ &task.name
                    }</button></td>
            <td>{ word(task.state) }</td>
            <td>{ word(task.desired) }</td>
            <td>{ card.map_or(props.words.waiting_node, |c| &c.name) }</td>
            <td>{ &task.error }</td>
        </tr>
    }
}
