//! Raft: each manager by its own belief, the quorum, what works now.

use super::{coloured, icon, machine_icon};
use crate::picture::{managers_up, runs};
use crate::text::{Words, fill};
use lab::{MachineView, RaftRole, RaftView, SwarmView, View};
use share::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) view: Rc<View>,
    pub(crate) size: (u32, u32),
    /// The lab is still to begin.
    pub(crate) coming: bool,
}

/// The managers, side by side.
#[component]
pub(crate) fn Raft(props: &Props) -> Html {
    let w = props.words;
    let managers: Vec<(usize, &MachineView)> = props
        .view
        .machines
        .iter()
        .map(Rc::as_ref)
        .enumerate()
        .filter(|(_, m)| m.raft.is_some())
        .collect();
    if managers.is_empty() {
        let text = if props.coming { w.rest_coming } else { w.raft_later };
        return html! { <p class="empty">{ "Raft: " }{ text }</p> };
    }
    html! {
        <div class="raft" tabindex="0" role="region" aria-label="Raft">
            <ul class="managers">
                { for managers.iter().map(|(k, m)| manager(props, *k, m)) }
            </ul>
            if let Some(swarm) = &props.view.swarm {
                { quorum(props, swarm, &managers) }
                { works(props, swarm) }
            }
        </div>
    }
}

fn role(w: &'static Words, machine: &MachineView, raft: &RaftView) -> (&'static str, &'static str) {
    if !machine.powered || !machine.daemon {
        return (w.raft_off, "off");
    }
    if !machine.link.plugged {
        return (w.raft_isolated, "cut");
    }
    match raft.role {
        RaftRole::Leader => (w.raft_leader, "leader"),
        RaftRole::Candidate => (w.raft_candidate, "candidate"),
        RaftRole::Follower => (w.raft_follower, "follower"),
    }
}

/// The machine behind a raft id.
fn who(props: &Props, id: u64) -> String {
    let found =
        props.view.machines.iter().find(|m| m.raft.as_ref().is_some_and(|r| r.raft_id == id));
    found.map_or_else(|| format!("{id:x}"), |m| m.name.clone())
}

fn manager(props: &Props, k: usize, machine: &MachineView) -> Html {
    let w = props.words;
    let Some(raft) = &machine.raft else { return html! {} };
    let (name, class) = role(w, machine, raft);
    let vote = match raft.voted_for {
        Some(id) if id == raft.raft_id => w.itself.to_owned(),
        Some(id) => who(props, id),
        None => "—".to_owned(),
    };
    let live = matches!(class, "follower" | "candidate");
    let timeout = raft.timeout_ticks.max(1);
    let done = raft.elapsed_ticks.min(timeout);
    let timer = fill(w.timer, &[&done.to_string(), &timeout.to_string()]);
    html! {
        <li class={["rm ", class].concat()} data-raft-machine={machine.name.clone()}
            data-raft-role={class}>
            <div class="rm-h">
                { machine_icon(u8::try_from(k % 6).unwrap_or(0) + 1, 16) }
                <b>{ &machine.name }</b>
                <span class="grow"></span>
                <span class="pill">
                    if class == "leader" { { coloured("star-ic", "star", 11) } }
                    if class == "cut" { { icon("cut", 11) } }
                    { name }
                </span>
            </div>
            <dl class="facts">
                <dt>{ w.term }</dt><dd class="mono">{ raft.term }</dd>
                <dt>{ w.vote }</dt><dd class="mono">{ vote }</dd>
                <dt>{ w.index }</dt><dd class="mono">{ format!("{} / \
                    {}", raft.commit, raft.last_index) }</dd>
            </dl>
            if live {
                <div class="meter" aria-hidden="true">
                    <i style={format!("width:{}%", done * 100 / timeout)}></i></div>
                <p class="small c-2">{ timer }</p>
            }
        </li>
    }
}

/// One segment for each member; the line stands where a majority is reached.
fn quorum(props: &Props, swarm: &SwarmView, managers: &[(usize, &MachineView)]) -> Html {
    let w = props.words;
    let up = |m: &MachineView| runs(m) && m.link.plugged;
    let mut members: Vec<(&str, bool)> =
        managers.iter().map(|(_, m)| (m.name.as_str(), up(m))).collect();
    members.sort_by_key(|(_, up)| !up);
    let label =
        fill(w.alive_of, &[&managers_up(&props.view).to_string(), &swarm.members.to_string()]);
    html! {
        <div class="quorum" role="img" aria-label={label.clone()}>
            <p><b>{ label }</b>{ " · " }
                { fill(w.majority, &[&swarm.quorum.to_string(), &swarm.members.to_string()]) }</p>
            <div class="segs">{ for members.iter().enumerate().map(|(k, (name, up))| {
                let class = if *up { "qseg yes" } else { "qseg no" };
                let needed = u32::try_from(k + 1).unwrap_or(0) == swarm.quorum;
                html! { <span class={if needed { [class, " \
                    need"].concat() } else { class.to_owned() }}>
                    { *name }</span> }
            }) }</div>
        </div>
    }
}

fn works(props: &Props, swarm: &SwarmView) -> Html {
    let w = props.words;
    let led = managers_up(&props.view) >= swarm.quorum && swarm.leader.is_some();
    let line = |good: bool, text: &'static str| {
        let (class, name) = if good { ("c-ok", "ok") } else { ("c-err", "no") };
        html! { <li>{ coloured(class, name, 14) }<span>{ text }</span></li> }
    };
    html! {
        <div class="now-works">
            <h3>{ w.works_now }</h3>
            <ul class="works">
                { line(true, w.works_tasks) }
                { line(true, w.works_ports) }
                { line(led, if led { w.works_commands } else { w.no_commands }) }
                { line(led, if led { w.works_replace } else { w.no_replace }) }
            </ul>
        </div>
    }
}
