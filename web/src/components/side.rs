//! Beside the map: the page that answered and its way, or a machine or task that was clicked.

use super::map_svg::trouble;
use super::{clock, icon, machine_icon, send, service_class};
use crate::action::{Action, stations};
use crate::picture::{Card, Picture, Standing, TaskBox, word};
use crate::state::{Burst, Picked, Shown};
use crate::text::{Words, fill};
use api::{TaskState, Timestamp};
use lab::{Fault, Hop, HttpOutcome, HttpReply};
use share::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct RequestProps {
    pub(crate) words: &'static Words,
    pub(crate) picture: Rc<Picture>,
    pub(crate) shown: Shown,
    pub(crate) burst: Option<Burst>,
    pub(crate) dispatch: Callback<Action>,
}

/// The page that a request brought, its way in words, a hundred requests.
#[component]
pub(crate) fn RequestSide(props: &RequestProps) -> Html {
    let (w, shown) = (props.words, &props.shown);
    let address = format!("{}:{}", shown.host, shown.port);
    let (host, port) = (shown.host.clone(), shown.port);
    let one = Action::Request { host: host.clone(), port };
    let many = Action::Burst { host, port };
    html! {
        <aside class="side" aria-label={w.request} data-request={address.clone()}>
            <section>
                <div class="page">
                    <div class="ad">
                        { super::coloured("c-3", "port", 12) }
                        <span class="grow">{ ["http://", &address].concat() }</span>
                        { status(shown.reply.as_deref()) }
                        { close(w, &props.dispatch, Action::CloseRequest) }
                    </div>
                    <div class="ct">{ content(props) }</div>
                </div>
                if let Some(reply) = &shown.reply { { way(props, reply) } }
            </section>
            <section>
                if let Some(burst) = &props.burst { { bars(w, burst) } }
                <div class="acts">
                    <button type="button" class="btn s" data-send="1"
                        onclick={send::<MouseEvent>(&props.dispatch, one)}>{ w.send_1 }</button>
                    <button type="button" class="btn s" data-send="100"
                        onclick={send::<MouseEvent>(&props.dispatch, many)}>{ w.send_100 }</button>
                </div>
            </section>
        </aside>
    }
}

fn close(w: &'static Words, dispatch: &Callback<Action>, action: Action) -> Html {
    html! {
        <button type="button" class="btn q s i" aria-label={w.close} title={w.close}
            onclick={send::<MouseEvent>(dispatch, action)}>{ icon("x", 12) }</button>
    }
}

fn status(reply: Option<&HttpReply>) -> Html {
    match reply.map(|r| &r.outcome) {
        None => html! {},
        Some(HttpOutcome::Ok { status, .. }) => {
            let class = if *status < 400 { "pill o" } else { "pill e" };
            html! { <span class={class} data-http-status={status.to_string()}>{ *status }</span> }
        }
        Some(_) => html! {
            <span class="pill e" data-http-status="none">{ icon("err", 12) }</span>
        },
    }
}

/// What the client sees: the page as text, or why there is none.
fn content(props: &RequestProps) -> Html {
    let (w, shown) = (props.words, &props.shown);
    let Some(reply) = &shown.reply else { return html! { <p>{ "…" }</p> } };
    let port = shown.port.to_string();
    let words = match &reply.outcome {
        HttpOutcome::Ok { body, machine, task, container, .. } => {
            let card = props.picture.cards.get(machine.0 as usize);
            let on = card.map_or("", |c| c.name.as_str());
            let found = task.and_then(|id| props.picture.task(id)).map(|(_, t)| t.name.clone());
            let who = found.unwrap_or_else(|| container.short());
            return html! {
                <>
                    <pre class="answer" data-answer-page="">{ readable(body) }</pre>
                    <p data-answered-by={on.to_owned()}>{ fill(w.answered_by, &[&who, on]) }</p>
                </>
            };
        }
        HttpOutcome::Refused => fill(w.refused, &[&port, &shown.host]),
        HttpOutcome::NoAnswer => w.no_answer.to_owned(),
        HttpOutcome::Empty => w.empty_reply.to_owned(),
        HttpOutcome::UnknownHost => fill(w.unknown_host, &[&shown.host]),
        HttpOutcome::Unreachable => fill(w.unreachable, &[&shown.host]),
    };
    html! { <p class="c-err" data-answer-page="">{ words }</p> }
}

/// The text of a page: its tags are dropped, it is never made part of this one.
fn readable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if !text.contains('<') {
        return text.trim_end().to_owned();
    }
    let mut out = String::new();
    let mut rest: &str = &text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let hidden = ["style", "script", "head"].into_iter().find(|t| after.starts_with(t));
        let tail = hidden.and_then(|t| after.split_once(&format!("</{t}")).map(|(_, tail)| tail));
        rest = tail.unwrap_or(after).split_once('>').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join("\n")
}

/// The numbered stations in words.
fn way(props: &RequestProps, reply: &HttpReply) -> Html {
    let w = props.words;
    let name = |m: lab::Machine| props.picture.cards.get(m.0 as usize).map_or("", |c| &c.name);
    let went = stations(reply);
    let mut lines = Vec::new();
    for hop in &reply.path {
        match hop {
            Hop::From(_) => {}
            Hop::Port { machine, port } => {
                let address = format!("{}:{port}", name(*machine));
                let mut line = fill(w.hop_client, &[&address]);
                let here = went.end.is_some() && went.end == went.entry;
                let tasks = props.picture.cards.get(machine.0 as usize).map(|c| c.tasks.as_slice());
                if went.ingress && !here && tasks.is_some_and(|t| !runs(t, reply, props)) {
                    line.push(' ');
                    line.push_str(&fill(w.hop_no_task, &[name(*machine)]));
                }
                lines.push(line);
            }
            Hop::Ingress { machine, vip, service } => {
                let known = props.picture.services.iter().find(|s| s.id == *service);
                let known = known.and_then(|s| s.vip.as_deref()).unwrap_or_default();
                let vip = if vip.is_empty() { known } else { vip };
                lines.push(fill(w.hop_ingress, &[name(*machine), vip]));
            }
            Hop::Task { machine, task, .. } => {
                let found = props.picture.task(*task).map(|(_, t)| t.name.clone());
                let entry =
                    went.entry.and_then(|k| props.picture.cards.get(k)).map_or("", |c| &c.name);
                let who = found.unwrap_or_else(|| task.short().to_owned());
                lines.push(fill(w.hop_ring, &[entry, &who, name(*machine)]));
            }
            Hop::Container { machine, .. } => lines.push(fill(w.hop_local, &[name(*machine)])),
        }
    }
    if matches!(reply.outcome, HttpOutcome::Ok { .. }) {
        let ms = format!("{}.{}", reply.took_us / 1000, reply.took_us % 1000 / 100);
        lines.push(fill(w.hop_back, &[&ms]));
    }
    html! { <ol class="path">{ for lines.into_iter().map(|l| html! { <li><span>{ l }</span></li>
    }) }</ol> }
}

/// Whether one of these tasks belongs to the service that was asked.
fn runs(tasks: &[TaskBox], reply: &HttpReply, props: &RequestProps) -> bool {
    let service = reply.path.iter().find_map(|hop| match hop {
        Hop::Ingress { service, .. } => Some(*service),
        Hop::From(_) | Hop::Port { .. } | Hop::Task { .. } | Hop::Container { .. } => None,
    });
    let name = props.picture.services.iter().find(|s| Some(s.id) == service).map(|s| &s.name);
    tasks.iter().any(|t| Some(&t.service) == name && t.state == TaskState::Running)
}

fn bars(w: &'static Words, burst: &Burst) -> Html {
    let most = burst.answers.iter().map(|a| a.2).chain([burst.failed, 1]).max().unwrap_or(1);
    let address = format!("{}:{}", burst.host, burst.port);
    let spoken: Vec<String> = burst.answers.iter().map(|a| format!("{}: {}", a.0, a.2)).collect();
    let bar = |label: &str, hue: u8, count: u32| {
        html! {
            <>
                <span class="mono">{ label }</span>
                <span class={["bk ", service_class(hue)].concat()}>
                    <i style={format!("width:{}%", count * 100 / most)}></i></span>
                <span class="v">{ count }</span>
            </>
        }
    };
    html! {
        <>
            <h3>{ fill(w.requests_to, &[&burst.seen().to_string(), &address]) }</h3>
            <div class="bars" role="img" aria-label={spoken.join(", ")}
                data-burst={burst.seen().to_string()}>
                { for burst.answers.iter().map(|(l, hue, n)| bar(l, *hue, *n)) }
                { bar(w.failures, 6, burst.failed) }
            </div>
        </>
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct ThingProps {
    pub(crate) words: &'static Words,
    pub(crate) picture: Rc<Picture>,
    pub(crate) picked: Picked,
    pub(crate) why: Rc<Vec<(Timestamp, String)>>,
    pub(crate) dispatch: Callback<Action>,
}

/// A machine or a task: its state, the command that shows it, why it is so, what can be broken.
#[component]
pub(crate) fn ThingSide(props: &ThingProps) -> Html {
    let w = props.words;
    let inside = match &props.picked {
        Picked::Machine(name) => {
            props.picture.cards.iter().find(|c| c.name == *name).map(|c| machine(props, c))
        }
        Picked::Task(id) => props.picture.task(*id).map(|(card, t)| task(props, card, t)),
    };
    html! {
        <aside class="side" aria-label={w.why} data-picked="">
            { inside.unwrap_or_else(|| html! {
                <section>{ close(w, &props.dispatch, Action::Pick(None)) }</section> }) }
            <section>
                <h3>{ w.why }</h3>
                if props.why.is_empty() { <p>{ w.why_none }</p> }
                <ol class="trace">{ for props.why.iter().map(|(at, line)| html! {
                    <li><span class="mono c-3">{ clock(at.0 / 1_000_000) }</span>
                        <span lang="en">{ line }</span></li>
                }) }</ol>
            </section>
        </aside>
    }
}

fn title(props: &ThingProps, mark: Html, name: &str) -> Html {
    html! {
        <div class="side-h">{ mark }<h3 class="grow">{ name }</h3>
            { close(props.words, &props.dispatch, Action::Pick(None)) }</div>
    }
}

fn fact(name: &str, value: &str) -> Html {
    html! { <><dt>{ name }</dt><dd>{ value }</dd></> }
}

/// The docker command that shows something, ready for the prompt of a manager.
fn shows(props: &ThingProps, machine: &str, line: String) -> Html {
    let text = Action::Insert { machine: machine.to_owned(), text: line.clone() };
    html! {
        <div class="cmd" title={props.words.docker_command}><code>{ line }</code>
            <button type="button" aria-label={fill(props.words.to_prompt, &[machine])}
                onclick={send::<MouseEvent>(&props.dispatch, text)}>{ icon("enter", 14) }</button>
        </div>
    }
}

/// A machine where swarm commands work, or the first one.
fn manager(picture: &Picture) -> &str {
    let manages = |c: &&Card| matches!(c.standing, Standing::Leader | Standing::Manager);
    let leads = picture.cards.iter().find(|c| c.standing == Standing::Leader);
    let any = leads.or_else(|| picture.cards.iter().find(manages)).or(picture.cards.first());
    any.map_or("", |c| &c.name)
}

fn machine(props: &ThingProps, card: &Card) -> Html {
    let w = props.words;
    let notes = trouble(w, card);
    let role = match card.standing {
        Standing::None => w.no_swarm,
        Standing::Locked => w.locked,
        Standing::Worker => w.worker,
        Standing::Manager => w.manager,
        Standing::Leader => w.leader,
    };
    let line = match card.standing {
        Standing::None | Standing::Locked => "docker info".to_owned(),
        Standing::Worker | Standing::Manager | Standing::Leader => {
            format!("docker node ps {}", card.name)
        }
    };
    let on =
        if card.standing == Standing::None { card.name.as_str() } else { manager(&props.picture) };
    html! {
        <>
            <section data-picked-machine={card.name.clone()}>
                { title(props, machine_icon(card.hue, 16), &card.name) }
                <dl class="facts">
                    { fact(w.address, &card.ip) }
                    { fact(w.role, role) }
                    { fact(w.state, &if notes.is_empty() { w.on.to_owned() } else {
                        notes.join(", ") }) }
                </dl>
                { shows(props, on, line) }
            </section>
            <section>
                <h3>{ w.what_to_break }</h3>
                <div class="acts">{ for breakable(w, card).into_iter().map(|(label, fault)| html! {
                    <button type="button" class="btn s" data-fault={label}
                        onclick={send::<MouseEvent>(&props.dispatch, Action::Fault(fault))}>{
                            label }</button>
                }) }</div>
            </section>
        </>
    }
}

/// What can be broken or mended on a machine as it stands.
fn breakable(w: &'static Words, card: &Card) -> Vec<(&'static str, Fault)> {
    let name = || card.name.clone();
    if !card.powered {
        return vec![(w.power_on, Fault::PowerOn(name()))];
    }
    let mut out = vec![(w.power_off, Fault::PowerOff(name()))];
    if card.frozen {
        out.push((w.thaw, Fault::Thaw(name())));
    } else {
        out.push((w.freeze, Fault::Freeze(name())));
    }
    if card.plugged && card.slow_ms == 0 {
        out.push((w.cut_cable, Fault::Cut(name())));
        out.push((w.slow_cable, Fault::Slow(name(), 200)));
    } else {
        out.push((w.mend_cable, Fault::Heal(name())));
    }
    if card.daemon {
        out.push((w.stop_docker, Fault::DaemonStop(name())));
        out.push((w.kill_docker, Fault::DaemonKill(name())));
    } else {
        out.push((w.start_docker, Fault::DaemonStart(name())));
    }
    out
}

fn task(props: &ThingProps, card: Option<&Card>, task: &TaskBox) -> Html {
    let w = props.words;
    let state = format!("{} ({} {})", word(task.state), w.desired, word(task.desired));
    let mark = html! { <span class={["sw ", service_class(task.hue)].concat()}></span> };
    let kill = Fault::KillContainer { service: task.service.clone(), slot: task.slot };
    html! {
        <section data-picked-task={task.name.clone()}>
            { title(props, mark, &task.name) }
            <dl class="facts">
                { fact("ID", task.id.short()) }
                { fact(w.state, &state) }
                { fact(w.node, card.map_or(w.waiting_node, |c| &c.name)) }
                if let Some(id) = task.container { { fact(w.container, &id.short()) } }
                if !task.error.is_empty() { { fact(w.error, &task.error) } }
            </dl>
            { shows(props, manager(&props.picture), format!("docker service ps {}", task.service)) }
            if task.state == TaskState::Running {
                <div class="acts"><button type="button" class="btn s" data-fault="kill"
                    onclick={send::<MouseEvent>(&props.dispatch, Action::Fault(kill))}>
                    { w.kill_task }</button></div>
            }
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_without_its_tags() {
        let page = b"<html><head><title>x</title></head><body><h1>Ola</h1>\n<p>do 62a1</p></body>";
        assert_eq!(readable(page), "Ola\ndo 62a1");
        assert_eq!(readable(b"plain\n"), "plain");
    }
}
