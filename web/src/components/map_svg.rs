//! The picture of the cluster: cards, tasks, ports, the ingress band, the way of a request.

use super::map::Props;
use super::{machine_class, service_class};
use crate::action::{Action, stations};
use crate::layout::{self, Area, HEAD, Layout, PITCH};
use crate::picture::{Card, Picture, Shape, Standing, TaskBox, shape, squeeze, word};
use crate::state::Picked;
use crate::text::{Words, fill};
use api::{Availability, NodeState, TaskState};
use yew::prelude::*;

/// Draws the map.
pub(crate) fn draw(props: &Props) -> Html {
    let picture = &props.picture;
    let (width, height) = props.size;
    if width == 0 {
        return html! {};
    }
    let entry = props.request.as_ref().map(|shown| {
        picture.cards.iter().position(|c| c.name == shown.host || c.ip == shown.host).unwrap_or(0)
    });
    let layout = layout::place(picture, width, height, entry);
    let view_box = format!("0 0 {} {}", layout.width, layout.height);
    let scroll = (layout.height > height + 2).then_some("0");
    html! {
        <div class="canvas" tabindex={scroll}>
        <svg class="g" viewBox={view_box} width={layout.width.to_string()}
            height={layout.height.to_string()} role="group" aria-label={props.words.map}>
            { patterns() }
            if layout.wires { { wires(picture, &layout) } }
            <g role="list" aria-label={props.words.machines}>
                { for picture.cards.iter().zip(&layout.cards).map(|(c, a)| card(props, &layout, c,
                    *a)) }
            </g>
            { waiting(props, &layout) }
            { band(props, &layout) }
            { flow(props, &layout) }
        </svg>
        </div>
    }
}

fn patterns() -> Html {
    let hatch = |k: u8| {
        let line = ["hx ", service_class(k)].concat();
        html! {
            <pattern id={format!("h{k}")} patternUnits="userSpaceOnUse" width="5" height="5"
                patternTransform="rotate(45)"><line class={line} x1="1" y1="0" x2="1" y2="5"
                    /></pattern>
        }
    };
    html! {
        <defs>
            <pattern id="hd" patternUnits="userSpaceOnUse" width="7" height="7"
                patternTransform="rotate(45)">
                <line class="hatchline" x1="0" y1="0" x2="0" y2="7" /></pattern>
            { for (1..=6).map(hatch) }
            <marker id="ar" viewBox="0 0 8 8" refX="6.5" refY="4" markerWidth="7" markerHeight="7"
                orient="auto-start-reverse"><path class="flowfill" d="M0 0l8 4-8 4z" /></marker>
        </defs>
    }
}

/// A rectangle.
fn rect(class: &'static str, a: Area, rx: u32) -> Html {
    html! {
        <rect class={class} x={a.x.to_string()} y={a.y.to_string()} width={a.w.to_string()}
            height={a.h.to_string()} rx={rx.to_string()} />
    }
}

/// A text.
fn text(class: &'static str, x: u32, y: u32, words: &str) -> Html {
    html! { <text class={class} x={x.to_string()} y={y.to_string()}>{ words }</text> }
}

/// The ring that shows the focus.
fn ring(a: Area) -> Html {
    let a = Area { x: a.x.saturating_sub(3), y: a.y.saturating_sub(3), w: a.w + 6, h: a.h + 6 };
    rect("ring", a, 8)
}

fn wires(picture: &Picture, layout: &Layout) -> Html {
    let line = |(card, area): (&Card, &Area)| {
        if card.ports.is_empty() && card.plugged {
            return html! {};
        }
        let x = area.middle().to_string();
        let class = if card.plugged { "wire" } else { "wire cut" };
        html! {
            <line class={class} x1={x.clone()} x2={x} y1={area.bottom().to_string()}
                y2={layout.band.y.to_string()} />
        }
    };
    html! {
        <g aria-hidden="true">{ for picture.cards.iter().zip(&layout.cards).map(line) }</g>
    }
}

fn standing_word(w: &'static Words, card: &Card) -> &'static str {
    match card.standing {
        Standing::None => w.no_swarm,
        Standing::Locked => w.locked,
        Standing::Worker => w.worker,
        Standing::Manager | Standing::Leader => w.manager,
    }
}

/// What is out of the ordinary with a machine, the gravest first.
pub(crate) fn trouble(w: &'static Words, card: &Card) -> Vec<String> {
    let mut out = Vec::new();
    let mut add = |on: bool, text: &str| {
        if on {
            out.push(text.to_owned());
        }
    };
    add(!card.powered, w.off);
    add(card.powered && card.frozen, w.frozen);
    add(!card.plugged, w.cut);
    add(card.powered && !card.daemon, w.no_daemon);
    add(card.slow_ms > 0, &fill(w.slow, &[&card.slow_ms.to_string()]));
    add(card.part > 0, &fill(w.side, &[&card.part.to_string()]));
    add(card.disk_full, w.disk_full);
    match card.availability {
        Some(Availability::Drain) => add(true, "drain"),
        Some(Availability::Pause) => add(true, "pause"),
        Some(Availability::Active) | None => {}
    }
    match card.status {
        Some(NodeState::Down) => add(true, "Down"),
        Some(NodeState::Disconnected) => add(true, "Disconnected"),
        Some(NodeState::Unknown) => add(true, "Unknown"),
        Some(NodeState::Ready) | None => {}
    }
    out
}

/// A machine in words, for those who listen.
fn spoken(w: &'static Words, card: &Card) -> String {
    let mut parts = vec![card.name.clone(), card.ip.clone(), standing_word(w, card).to_owned()];
    if card.standing == Standing::Leader {
        parts.push(w.leader.to_owned());
    }
    parts.extend(trouble(w, card));
    parts.join(", ")
}

fn card(props: &Props, layout: &Layout, card: &Card, a: Area) -> Html {
    let w = props.words;
    let drain = card.availability == Some(Availability::Drain);
    let picked = matches!(&props.picked, Some(Picked::Machine(name)) if *name == card.name);
    let class = match (card.powered, card.plugged, drain, card.standing) {
        (false, ..) => "mc off",
        (_, false, ..) => "mc cut",
        (_, _, true, _) => "mc drain",
        (.., Standing::Manager | Standing::Leader) => "mc mgr",
        (.., Standing::None | Standing::Locked | Standing::Worker) => "mc",
    };
    let label = spoken(w, card);
    html! {
        <g role="listitem" aria-label={label.clone()} key={card.name.clone()}
            data-machine={card.name.clone()} data-power={if card.powered { "on" } else { "off" }}
            data-role={role_name(card)}>
            { rect(class, a, 8) }
            if drain { <g opacity=".7">{ hatch(a) }</g> }
            if picked { { rect("mc sel", a, 8) } }
            { head(props, layout, card, a, &label) }
            if layout.compact { { squares(props, card, a) } } else { { inside(props, layout, card,
                a) } }
            if !layout.compact { { ports(props, card, a) } }
        </g>
    }
}

fn role_name(card: &Card) -> &'static str {
    match card.standing {
        Standing::None => "none",
        Standing::Locked => "locked",
        Standing::Worker => "worker",
        Standing::Manager => "manager",
        Standing::Leader => "leader",
    }
}

fn hatch(a: Area) -> Html {
    html! {
        <rect x={a.x.to_string()} y={a.y.to_string()} width={a.w.to_string()}
            height={a.h.to_string()} rx="8" fill="url(#hd)" />
    }
}

fn glyph(class: &'static str, x: u32, y: u32, hue: u8) -> Html {
    let shape = match hue {
        1 => html! { <path d="M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9z" /> },
        2 => html! { <circle cx="8" cy="8" r="5.8" /> },
        3 => html! { <rect x="2.8" y="2.8" width="10.4" height="10.4" rx="1" /> },
        4 => html! { <path d="M8 2.2l6.2 11H1.8z" /> },
        5 => html! { <path d="M8 1.5L14.5 8 8 14.5 1.5 8z" /> },
        _ => html! { <path d="M8 1.8l6.3 4.6-2.4 7.4H4.1L1.7 6.4z" /> },
    };
    html! {
        <g class={class} transform={format!("translate({x} {y}) scale(.875)")}>
            <g class="glyph">{ shape }</g></g>
    }
}

fn head(props: &Props, layout: &Layout, card: &Card, a: Area, label: &str) -> Html {
    let w = props.words;
    let pick = Action::Pick(Some(Picked::Machine(card.name.clone())));
    let (act, key) = activate(props, pick);
    let small = layout.compact;
    let (name_x, top) = (a.x + 30, a.y + if small { 17 } else { 19 });
    let star = card.standing == Standing::Leader;
    let notes = trouble(w, card);
    let note = notes.first().cloned();
    let wide = a.w >= 200;
    // No room for a note beside the name: it takes the address's place.
    let tight = a.w < 150;
    // The plate keeps the text readable above the hatch of a drained node.
    let plate = Area {
        x: a.x + 6,
        y: a.y + 4,
        w: 27 + layout::mono(u32::try_from(card.ip.len()).unwrap_or(0)).max(60),
        h: 36,
    };
    html! {
        <g role="button" tabindex="0" aria-label={fill(w.details_of, &[label])}
            onclick={act} onkeydown={key} class="hit">
            if !small {
                <rect class="mh" x={(a.x + 1).to_string()} y={(a.y + 1).to_string()}
                    width={(a.w - 2).to_string()} height={(HEAD - 1).to_string()} rx="7" />
                <line class="hr" x1={(a.x + 1).to_string()} x2={(a.right() - 1).to_string()}
                    y1={(a.y + HEAD).to_string()} y2={(a.y + HEAD).to_string()} />
                if card.availability == Some(Availability::Drain) {
                    <rect x={(a.x + 1).to_string()} y={(a.y + 1).to_string()}
                        width={(a.w - 2).to_string()} height={(HEAD - 1).to_string()} rx="7"
                        fill="url(#hd)" opacity=".7" />
                    { rect("plate", plate, 5) }
                }
            }
            { glyph(machine_class(card.hue), a.x + 10, top - 11, card.hue) }
            { text(if small { "b" } else { "b t13" }, name_x, top, &card.name) }
            if !(small || tight && note.is_some()) {
                { text("mn t11 i2", name_x, top + 16, &card.ip) }
            }
            if let Some(note) = note.filter(|_| !small) {
                { chip(a.right() - 8, a.y + if tight { 24 } else { 6 }, &note, wide || !star) }
                if star { { starred(a.right() - 24, if tight { a.y + 8 } else { top + 5 }) } }
            } else if star {
                { starred(a.right() - if small { 20 } else if wide { 62 } else { 26 }, top - 11) }
                if wide {
                    { text("t11 sb e", a.right() - 11, top, w.leader) }
                    { text("t11 i2 e", a.right() - 11, top + 16, w.manager) }
                }
            } else if wide || card.standing == Standing::None && a.w > 158 {
                { text("t11 i2 e", a.right() - 11, top, standing_word(w, card)) }
            }
            { ring(a) }
        </g>
    }
}

fn starred(x: u32, y: u32) -> Html {
    html! {
        <g transform={format!("translate({x} {y}) scale(.8125)")}><path class="star"
            d="M8 1l2.1 4.5 4.9.6-3.6 3.3 1 4.9L8 11.9l-4.4 2.4 1-4.9L1 6.1l4.9-.6z" /></g>
    }
}

/// A note in a pill that ends at `right`.
fn chip(right: u32, y: u32, words: &str, whole: bool) -> Html {
    let words = if whole { words.to_owned() } else { squeeze(words, 12) };
    let w = layout::mono(u32::try_from(words.chars().count()).unwrap_or(0)) + 12;
    let a = Area { x: right.saturating_sub(w), y, w, h: 18 };
    html! { <>{ rect("chipbox", a, 9) }{ text("t11 sb mid", a.middle(), y + 13, &words) }</> }
}

/// Click, Enter and the space bar do the same.
fn activate(props: &Props, action: Action) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    let (click, press) = (props.dispatch.clone(), props.dispatch.clone());
    let again = action.clone();
    let onclick = Callback::from(move |event: MouseEvent| {
        event.stop_propagation();
        click.emit(action.clone());
    });
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            press.emit(again.clone());
        }
    });
    (onclick, onkeydown)
}

fn inside(props: &Props, layout: &Layout, card: &Card, a: Area) -> Html {
    let w = props.words;
    let all = layout::wanted(card);
    let shown = all.min(layout.rows);
    let top = a.y + HEAD + 12;
    let row = |k: usize| Area {
        x: a.x + 10,
        y: top + u32::try_from(k).unwrap_or(0) * PITCH,
        w: a.w - 20,
        h: 26,
    };
    if all == 0 {
        let words = if matches!(card.availability, Some(Availability::Drain | Availability::Pause))
        {
            w.takes_none
        } else {
            w.nothing_here
        };
        let y = a.y + HEAD + (a.h - HEAD) / 2;
        let plate = Area { x: a.middle() - 58, y: y - 12, w: 116, h: 20 };
        return html! {
            <>
                if card.availability == Some(Availability::Drain) { { rect("plate", plate, 4) } }
                { text("t11 i2 mid", a.middle(), y + 2, words) }
            </>
        };
    }
    let tasks = card.tasks.len();
    html! {
        <>
            <g role="list" aria-label={fill(w.tasks_on, &[&card.name])}>
                { for card.tasks.iter().take(shown).enumerate().map(|(k, t)| task(props, t,
                    row(k))) }
            </g>
            { for card.containers.iter().take(shown.saturating_sub(tasks)).enumerate()
                .map(|(k, c)| local(w, c, row(tasks + k))) }
            if all > shown {
                { text("t11 i2 e", a.right() - 6, a.bottom() - 5, &format!("+{}", all - shown)) }
            }
            if all == 1 && row(1).y + 24 < a.bottom() { { behind(w, card, row(1)) } }
        </>
    }
}

/// What ended in the slot before, in words, where there is room for it.
fn behind(w: &'static Words, card: &Card, at: Area) -> Html {
    let Some(task) = card.tasks.first().filter(|t| !t.behind.is_empty()) else { return html! {} };
    let mut counts: Vec<(TaskState, usize)> = Vec::new();
    for state in &task.behind {
        match counts.iter_mut().find(|(s, _)| s == state) {
            Some((_, n)) => *n += 1,
            None => counts.push((*state, 1)),
        }
    }
    let list: Vec<String> = counts.iter().map(|(s, n)| format!("{n} {}", word(*s))).collect();
    text("t11 i2", at.x, at.y + 12, &fill(w.behind, &[&list.join(", ")]))
}

fn task(props: &Props, task: &TaskBox, row: Area) -> Html {
    let stack = u32::try_from(task.behind.len().min(3)).unwrap_or(0);
    // The ended ones stand behind, a little up and to the right.
    let a = Area { w: row.w - stack * 4, y: row.y + stack, ..row };
    let state = word(task.state);
    let on = shape(task.state) == Shape::Running;
    // The state comes first, then the whole name, then its number, then a name cut in the middle.
    let letters = (a.w.saturating_sub(40) / 7) as usize;
    let stated = row.w >= 120;
    let room = if stated { letters.saturating_sub(state.len() + 1) } else { letters };
    let whole = task.name.chars().count() <= room || row.w >= 200;
    let name = if whole { &task.name } else { &task.short };
    let picked = props.picked == Some(Picked::Task(task.id));
    let label = [task.name.as_str(), state, task.error.as_str()].join(" ");
    let (act, key) = activate(props, Action::Pick(Some(Picked::Task(task.id))));
    html! {
        <g role="listitem" key={task.id.to_string()}>
            <g role="button" tabindex="0" class={["hit ", service_class(task.hue)].concat()}
                aria-label={label} onclick={act} onkeydown={key} data-task={task.name.clone()}
                data-task-state={task.state.as_str()}>
                { for (0..stack).rev().map(|k| dead(a, k + 1, task.behind.get(k as
                    usize).copied())) }
                { body(task, a) }
                { text(if on { "mn t11 sb on" } else { "mn t11 sb" }, a.x + 28, a.y + 17,
                    &squeeze(name, room)) }
                if stated {
                    { text(if on { "t11 e on" } else { "t11 e \
                        i2" }, a.right() - 8, a.y + 17, state) }
                }
                if picked { { rect("hl", a, 4) } }
                { ring(a) }
            </g>
        </g>
    }
}

/// An ended task behind its successor: its outline says how it ended.
fn dead(a: Area, k: u32, state: Option<TaskState>) -> Html {
    let (x, y) = (a.x + 4 * k, a.y.saturating_sub(4 * k));
    let back = Area { x, y, ..a };
    match state.map(shape) {
        Some(Shape::Failed) => html! { <path class="tk dead" d={cut_corners(back)} /> },
        _ => rect("tk shut", back, 0),
    }
}

fn cut_corners(a: Area) -> String {
    let (w, h) = (a.w - 10, a.h - 10);
    format!("M{} {}h{w}l5 5v{h}l-5 5h-{w}l-5-5v-{h}z", a.x + 5, a.y)
}

/// A task's box by its state.
fn body(task: &TaskBox, a: Area) -> Html {
    let hue = task.hue;
    let sign = |class: &'static str, color: &'static str, d: &'static str| {
        html! {
            <g class={color} transform={format!("translate({} {})", a.x + 14, a.y + 13)}>
                <path class={class} d={d} /></g>
        }
    };
    match shape(task.state) {
        Shape::Running => html! { <>
        { rect("tk run", a, 4) }
        { sign("tg ff", "ink-on", "M-3.5-4.5L4.5 0l-8 4.5z") }</> },
        Shape::Starting => html! { <>
        { rect("tk sta", a, 4) }
        { rect("half", Area { w: a.w / 2, ..a }, 4) }
        { sign("tg", "ink", "M0-4.5a4.5 4.5 0 100 9a4.5 4.5 0 100-9M0-4.5v9") }</> },
        Shape::Preparing => html! { <>
        { rect("tk pre", a, 4) }
        <rect x={(a.x + 1).to_string()} y={(a.y + 1).to_string()} width="24" height="24"
            fill={format!("url(#h{hue})")} />
        { sign("tg", "ink", "M0-4.5V3M-3.2 0L0 3.2 3.2 0M-4 5.2h8") }</> },
        Shape::Pending => html! { <>
        { rect("tk pend", a, 4) }
        { sign("tg", "ink", "M0-4.5a4.5 4.5 0 100 9a4.5 4.5 0 100-9") }</> },
        Shape::Failed => html! { <>
        <path class="tk dead" d={cut_corners(a)} />
        { sign("tg", "c-err", "M-3.5-3.5l7 7M3.5-3.5l-7 7") }</> },
        Shape::Done => html! { <>
        { rect("tk shut", a, 0) }
        { sign("tg", "c-3", if task.state == TaskState::Complete {
            "M-4 .5l3 3 5.5-6.5" } else { "M-3-3h6v6h-6z" }) }</> },
    }
}

fn local(w: &'static Words, container: &crate::picture::ContainerBox, a: Area) -> Html {
    let letters = (a.w.saturating_sub(16) / 7) as usize;
    let label = [w.container_of, ": ", &container.name, " ", container.state].concat();
    html! {
        <g role="img" aria-label={label} data-container={container.name.clone()}
            data-container-state={container.state}>
            { rect(if container.running { "local" } else { "local ended" }, a, 4) }
            { text("mn t11", a.x + 8, a.y + 17, &squeeze(&container.name, letters)) }
        </g>
    }
}

/// Tasks as squares, in the compact form.
fn squares(props: &Props, card: &Card, a: Area) -> Html {
    let square = |(k, t): (usize, &TaskBox)| {
        let x = a.x + 9 + u32::try_from(k).unwrap_or(0) * 12;
        let at = Area { x, y: a.y + 30, w: 9, h: 9 };
        let class = match shape(t.state) {
            Shape::Running => "q run",
            Shape::Starting | Shape::Preparing => "q pre",
            Shape::Pending => "q pend",
            Shape::Failed | Shape::Done => "q fail",
        };
        let (act, key) = activate(props, Action::Pick(Some(Picked::Task(t.id))));
        html! {
            <g class={service_class(t.hue)} role="button" tabindex="0" onclick={act} onkeydown={key}
                aria-label={[t.name.as_str(), word(t.state)].join(" ")}>{ rect(class, at, 2) }</g>
        }
    };
    html! { <>{ for card.tasks.iter().take(7).enumerate().map(square) }</> }
}

/// Tabs of open ports on the lower edge.
fn ports(props: &Props, card: &Card, a: Area) -> Html {
    let room = ((a.w - 8) / 68).max(1) as usize;
    let ports: Vec<u16> = card.ports.iter().copied().take(room).collect();
    let total = u32::try_from(ports.len()).unwrap_or(0) * 68;
    let left = a.middle().saturating_sub(total / 2);
    let tab = |(k, port): (usize, u16)| {
        let at = Area {
            x: left + u32::try_from(k).unwrap_or(0) * 68 + 2,
            y: a.bottom() - 10,
            w: 64,
            h: 20,
        };
        let ask = Action::Request { host: card.name.clone(), port };
        let (act, key) = activate(props, ask);
        html! {
            <g role="button" tabindex="0" class="hit" onclick={act} onkeydown={key}
                data-port={port.to_string()} data-host={card.name.clone()}
                aria-label={fill(props.words.send_to, &[&port.to_string(), &card.name])}>
                { rect("port", at, 4) }
                <circle class="portdot" cx={(at.x + 11).to_string()} cy={(at.y + 10).to_string()}
                    r="3" />
                { text("mn t11 sb", at.x + 19, at.y + 14, &format!(":{port}")) }
                { ring(at) }
            </g>
        }
    };
    html! { <>{ for ports.into_iter().enumerate().map(tab) }</> }
}

/// Tasks that no node was found for.
fn waiting(props: &Props, layout: &Layout) -> Html {
    let Some(area) = layout.waiting else { return html! {} };
    let w = props.words;
    let left = area.x + 108;
    let each = 150;
    let room = (area.w.saturating_sub(112) / (each + 8)) as usize;
    html! {
        <g role="list" aria-label={w.waiting_node}>
            { text("t11 i2", area.x, area.y + 17, w.waiting_node) }
            { for props.picture.waiting.iter().take(room).enumerate().map(|(k, t)| {
                let x = left + u32::try_from(k).unwrap_or(0) * (each + 8);
                task(props, t, Area { x, y: area.y, w: each, h: 26 })
            }) }
            if props.picture.waiting.len() > room {
                { text("t11 i2 e", area.right(), area.y + 17,
                    &format!("+{}", props.picture.waiting.len() - room)) }
            }
        </g>
    }
}

fn band(props: &Props, layout: &Layout) -> Html {
    let (w, picture, a) = (props.words, &props.picture, layout.band);
    if props.coming {
        return rect("net2", a, 6);
    }
    if !picture.swarm {
        return html! {
            <g>
                { rect("net2", a, 6) }
                { text("t11 i2", a.x + 14, a.y + 21, w.ingress_none) }
                if a.w > 560 { { text("t11 i2", a.x + 2, a.bottom() + 22, w.not_yet_swarm) } }
            </g>
        };
    }
    let published = picture.services.iter().filter(|s| !s.ports.is_empty());
    html! {
        <g aria-label={w.mesh}>
            { rect("net", a, 6) }
            { text("sb t11", a.x + 12, a.y + 21, w.ingress) }
            if a.w > 560 { { text("mn t11 i2", a.x + 64, a.y + 21, &picture.ingress) } }
            { for published.zip(&layout.chips).map(|(s, c)| {
                let letters = (c.w.saturating_sub(32) * 10 / 67) as usize;
                html! {
                    <g class={service_class(s.hue)} data-vip={s.vip.clone()}>
                        { rect("vip", *c, 11) }
                        { rect("vipdot", Area { x: c.x + 10, y: c.y + 7, w: 9, h: 9 }, 2) }
                        { text("mn \
                            t11", c.x + 26, c.y + 15, &squeeze(&layout::chip_text(s), letters)) }
                    </g>
                }
            }) }
            if layout.chips.is_empty() {
                { text("t11 i2 mid", a.middle(), a.y + 21, w.ingress_no_port) }
            } else if a.w > 900 {
                { text("t11 i2 e", a.right() - 12, a.y + 21, w.mesh) }
            }
        </g>
    }
}

/// The way of the last request: numbered where it passes.
fn flow(props: &Props, layout: &Layout) -> Html {
    let (Some(shown), Some(client)) = (&props.request, layout.client) else { return html! {} };
    let w = props.words;
    let name = format!("{}:{}", shown.host, shown.port);
    let chars = (client.w / 7) as usize;
    let lines = shown.reply.as_deref().map(|r| path(props, layout, client, r)).unwrap_or_default();
    html! {
        <g data-flow="">
            { rect("chipbox", client, 6) }
            { text("t11 sb mid", client.middle(), client.y + 15, w.client) }
            { text("mn t11 i2 mid", client.middle(), client.y + 29, &squeeze(&name, chars)) }
            { lines }
        </g>
    }
}

fn path(props: &Props, layout: &Layout, client: Area, reply: &lab::HttpReply) -> Html {
    let went = stations(reply);
    let Some(entry) = went.entry.and_then(|k| layout.cards.get(k).copied()) else {
        return numbers(
            &[(client.middle(), client.y - 16)],
            Some((client.middle(), client.y - 16)),
        );
    };
    let port_bottom = entry.bottom() + 12;
    let x1 = entry.middle() + 18;
    let mid = client.y - 14;
    // A chip in the way is passed at its right, so that its text stays readable.
    let blocks = |c: &&Area| c.x < x1 + 12 && x1 < c.right() + 12;
    let up = layout.chips.iter().find(blocks).map_or(x1, |c| c.right() + 12);
    let turn = layout.band.y.saturating_sub(7);
    let mut lines = vec![format!(
        "M{} {}V{mid}H{up}V{turn}H{x1}V{}",
        client.middle(),
        client.y,
        port_bottom + 2
    )];
    let mut points = vec![(up, layout.band.bottom() + 9)];
    let mut died = Some((x1, port_bottom + 10));
    let chip = chip_of(props, layout, reply);
    if let Some(chip) = chip.filter(|_| went.ingress) {
        let x2 = entry.middle() - 12;
        let edge = if x2 > chip.right() { chip.right() + 3 } else { chip.x.saturating_sub(3) };
        let y = chip.y + chip.h / 2;
        if x2 > chip.right() || x2 < chip.x {
            lines.push(format!("M{x2} {port_bottom}V{y}H{edge}"));
            points.push((x2, (port_bottom + layout.band.y) / 2));
            points.push((if x2 > chip.right() { edge + 14 } else { edge.saturating_sub(14) }, y));
        } else {
            lines.push(format!("M{x2} {port_bottom}V{}", chip.y.saturating_sub(2)));
            points.push((x2, port_bottom + 3));
            points.push((x2, chip.y + 2));
        }
        died = Some((chip.middle(), chip.y + 11));
        if let Some(k) = went.end {
            let area = layout.cards.get(k).copied().unwrap_or_default();
            let y =
                went.task.and_then(|id| row_of(props, layout, k, id)).unwrap_or(area.bottom() - 14);
            let x3 = area.middle().saturating_sub(42).max(area.x + 20);
            let from = x3.clamp(chip.x + 12, chip.right().saturating_sub(12));
            let lift = chip.y.saturating_sub(8);
            lines.push(format!("M{from} {}V{lift}H{x3}V{y}", chip.y));
            let far = from.abs_diff(x3) > 40;
            points.push((if far { u32::midpoint(from, x3) } else { x3 }, lift));
            died = None;
        }
    } else if went.end.is_some() {
        let x = entry.middle() - 30;
        lines.push(format!("M{x} {port_bottom}V{}", entry.y + HEAD + 44));
        points.push((x, entry.bottom() - 8));
        died = None;
    }
    html! {
        <g aria-hidden="true">
            { for lines.into_iter().map(|d| html! { <path class="flow" d={d} marker-end="url(#ar)"
                /> }) }
            { numbers(&points, died) }
        </g>
    }
}

/// The lower edge of a task's row.
fn row_of(props: &Props, layout: &Layout, k: usize, id: api::TaskId) -> Option<u32> {
    let card = props.picture.cards.get(k)?;
    let at = card.tasks.iter().position(|t| t.id == id)?;
    let area = layout.cards.get(k)?;
    let at = at.min(layout.rows.saturating_sub(1));
    Some(area.y + HEAD + 12 + u32::try_from(at).unwrap_or(0) * PITCH + 32)
}

fn chip_of(props: &Props, layout: &Layout, reply: &lab::HttpReply) -> Option<Area> {
    let service = reply.path.iter().find_map(|hop| match hop {
        lab::Hop::Ingress { service, .. } => Some(*service),
        lab::Hop::From(_)
        | lab::Hop::Port { .. }
        | lab::Hop::Task { .. }
        | lab::Hop::Container { .. } => None,
    })?;
    let mut published = props.picture.services.iter().filter(|s| !s.ports.is_empty());
    layout.chips.get(published.position(|s| s.id == service)?).copied()
}

fn numbers(points: &[(u32, u32)], died: Option<(u32, u32)>) -> Html {
    html! {
        <>
            { for points.iter().enumerate().map(|(k, (x, y))| html! {
                <>
                    <circle class="flownum" cx={x.to_string()} cy={y.to_string()} r="9" />
                    { text("flownumt", *x, y + 4, &(k + 1).to_string()) }
                </>
            }) }
            if let Some((x, y)) = died {
                <path class="died" d={format!("M{} {}l12 12m0-12l-12 12",
                    x.saturating_sub(6), y.saturating_sub(6))} />
            }
        </>
    }
}
