//! One terminal: rows as text of the page, a real field for typing, a row of keys for touch.

use super::{icon, machine_class, machine_icon, send};
use crate::action::Action;
use crate::edit::{self, Edit, Meaning, Press};
use crate::platform::dom;
use crate::text::{Words, fill};
use gloo::events::EventListener;
use share::Rc;
use shell::{Block, Key, TerminalView};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventInit, HtmlElement, HtmlInputElement};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) words: &'static Words,
    pub(crate) machine: AttrValue,
    pub(crate) hue: u8,
    pub(crate) view: Rc<TerminalView>,
    pub(crate) dispatch: Callback<Action>,
}

/// A terminal with its prompt.
#[component]
pub(crate) fn Terminal(props: &Props) -> Html {
    let w = props.words;
    let view = &props.view;
    let log = use_node_ref();
    use_size(&log, &props.dispatch);
    use_end_in_sight(&log, props);
    let rows = view.screen.as_ref().map_or_else(
        || blocks(props),
        |screen| html! { <>{ for screen.iter().map(|l| row("row", l, props)) }</> },
    );
    html! {
        <div class="tty" data-terminal={props.machine.clone()}
            data-busy={super::yes(view.busy)}>
            <div class="log" ref={log} role="log" aria-live="off" tabindex="0"
                aria-label={fill(w.output_of, &[&props.machine])} onclick={add_id(&props.dispatch)}>
                <span class="probe" aria-hidden="true">{ "0000000000" }</span>
                if view.dropped > 0 {
                    <div class="row d">{ fill(w.lines_dropped, &[&view.dropped.to_string()]) }</div>
                }
                { rows }
                if view.screen.is_none() { { above(props) } }
            </div>
            <Field words={w} machine={props.machine.clone()} view={view.clone()}
                dispatch={props.dispatch.clone()} />
            if !view.choices.is_empty() {
                <ul class="choices" aria-label="Tab">
                    { for view.choices.iter().map(|c| html! { <li>{ c }</li> }) }
                </ul>
            }
            { keys(props) }
        </div>
    }
}

/// Tells the page how many characters fit, at first and whenever the pane changes.
#[hook]
fn use_size(log: &NodeRef, dispatch: &Callback<Action>) {
    let (log, dispatch) = (log.clone(), dispatch.clone());
    use_effect_with((), move |()| {
        let observer = log.cast::<Element>().map(|element| {
            let measured = element.clone();
            dom::on_resize(&element, move || {
                if let Some((columns, rows)) = dom::characters(&measured) {
                    dispatch.emit(Action::TerminalSize(columns, rows));
                }
            })
        });
        move || drop(observer)
    });
}

/// Keeps the end in sight, unless the reader scrolled up; a new command comes back to it.
#[hook]
fn use_end_in_sight(log: &NodeRef, props: &Props) {
    let at_end = use_mut_ref(|| true);
    let last = use_mut_ref(|| (AttrValue::default(), 0_usize));
    let log = log.clone();
    {
        let (log, at_end) = (log.clone(), at_end.clone());
        use_effect_with((), move |()| {
            let listener = log.cast::<Element>().map(|element| {
                let watched = element.clone();
                EventListener::new(&element, "scroll", move |_| {
                    let rest =
                        watched.scroll_height() - watched.scroll_top() - watched.client_height();
                    *at_end.borrow_mut() = rest < 24;
                })
            });
            move || drop(listener)
        });
    }
    let seen = (props.machine.clone(), props.view.blocks.len());
    use_effect_with((props.machine.clone(), props.view.revision), move |_| {
        if *last.borrow() != seen {
            *at_end.borrow_mut() = true;
            *last.borrow_mut() = seen;
        }
        if let Some(element) = log.cast::<Element>()
            && *at_end.borrow()
        {
            element.set_scroll_top(element.scroll_height());
        }
    });
}

fn blocks(props: &Props) -> Html {
    html! { <>{ for props.view.blocks.iter().map(|block| html! {
        <Output key={block.id} words={props.words} block={block.clone()} hue={props.hue} />
    }) }</> }
}

#[derive(Properties)]
struct OutputProps {
    words: &'static Words,
    block: Rc<Block>,
    hue: u8,
}

impl PartialEq for OutputProps {
    fn eq(&self, other: &Self) -> bool {
        self.block.id == other.block.id
            && self.block.revision == other.block.revision
            && self.hue == other.hue
            && self.words == other.words
    }
}

/// A command and what it printed. Drawn again only when it changes.
#[component]
fn Output(props: &OutputProps) -> Html {
    let block = &props.block;
    let (last, above) = match block.prompt.split_last() {
        Some((last, above)) => (last.as_str(), above),
        None => ("", [].as_slice()),
    };
    let status = block.status.map(|s| s.to_string());
    let typed = !block.prompt.is_empty() || !block.command.is_empty();
    html! {
        <div class="block" data-block={block.id.to_string()} data-exit={status}>
            { for above.iter().map(|line| prompt_line(line, props.hue)) }
            if typed {
                <div class="row wrap">{ last }<span class="k">{ &block.command }</span></div>
            }
            if block.dropped > 0 {
                <div class="row d">
                    { fill(props.words.lines_dropped, &[&block.dropped.to_string()]) }
                </div>
            }
            { for block.lines.iter().map(|l| text_row(if l.stderr { "row \
                e" } else { "row" }, &l.text)) }
        </div>
    }
}

/// `[node1] (local) root@192.168.0.13 ~`, with the machine in its colour.
fn prompt_line(line: &str, hue: u8) -> Html {
    let Some((name, rest)) = line.split_once(']') else {
        return html! { <div class="row">{ line }</div> };
    };
    let (local, rest) = match rest.strip_prefix(" (local)") {
        Some(rest) => (" (local)", rest),
        None => ("", rest),
    };
    html! {
        <div class="row pl">
            <span class="g0">{ machine_icon(hue, 13) }</span>
            <span class={[machine_class(hue), " k"].concat()}>{ [name, "]"].concat() }</span>
            <span class="d">{ local }</span>{ rest }
        </div>
    }
}

fn row(class: &'static str, line: &str, _props: &Props) -> Html {
    text_row(class, line)
}

/// A row; generated ids in it can be clicked into the prompt.
fn text_row(class: &'static str, line: &str) -> Html {
    match ids(line).as_slice() {
        [] => html! { <div class={class}>{ line }</div> },
        found => {
            let mut parts = Vec::new();
            let mut from = 0;
            for (start, end) in found {
                parts.push(html! { { line.get(from..*start).unwrap_or_default() } });
                let id = line.get(*start..*end).unwrap_or_default();
                parts.push(html! {
                    <button type="button" class="id" tabindex="-1" data-id="">{ id }</button>
                });
                from = *end;
            }
            parts.push(html! { { line.get(from..).unwrap_or_default() } });
            html! { <div class={class}>{ for parts }</div> }
        }
    }
}

/// Byte ranges of swarm ids (25 or 12 characters, base 36) and container ids (12 hex digits).
fn ids(line: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    let ends = line.char_indices().chain(std::iter::once((line.len(), ' ')));
    for (at, c) in ends {
        let part = c.is_ascii_lowercase() || c.is_ascii_digit();
        match (part, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                start = None;
                let word = line.get(from..at).unwrap_or_default();
                let alone = from == 0 || line.as_bytes().get(from - 1) == Some(&b' ');
                let closed = matches!(c, ' ');
                let digits = word.bytes().filter(u8::is_ascii_digit).count();
                if alone && closed && matches!(word.len(), 12 | 25) && digits > 1 {
                    found.push((from, at));
                }
            }
            _ => {}
        }
    }
    found
}

/// One listener for all ids of a terminal; a click elsewhere goes to the prompt.
fn add_id(dispatch: &Callback<Action>) -> Callback<MouseEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |event: MouseEvent| {
        let target = event.target().and_then(|t| t.dyn_into::<HtmlElement>().ok());
        if let Some(element) = target
            && element.has_attribute("data-id")
        {
            dispatch.emit(Action::Add(element.text_content().unwrap_or_default()));
        } else if !dom::page_selection() {
            dom::focus_prompt();
        }
    })
}

/// The prompt's lines above the one with the field.
fn above(props: &Props) -> Html {
    let Some((_, above)) = props.view.prompt.split_last() else { return html! {} };
    html! { <>{ for above.iter().map(|line| prompt_line(line, props.hue)) }</> }
}

fn keys(props: &Props) -> Html {
    let w = props.words;
    let key = |key: Key| Action::Edits(vec![Edit::Key(key, 1)]);
    let text = |text: &str| Action::Edits(vec![Edit::Text(text.to_owned())]);
    let button = |label: &'static str, name: &'static str, action: Action| {
        // The field keeps its focus, so that the soft keyboard stays.
        let hold = Callback::from(|event: PointerEvent| event.prevent_default());
        html! {
            <button type="button" tabindex="-1" aria-label={name} onpointerdown={hold}
                onclick={send::<MouseEvent>(&props.dispatch, action)}>{ label }</button>
        }
    };
    html! {
        <div class="chips" role="group" aria-label={w.keys}>
            { button("Tab", "Tab", key(Key::Tab)) }
            { button("↑", w.key_up, key(Key::Up)) }
            { button("↓", w.key_down, key(Key::Down)) }
            { button("Ctrl+C", "Ctrl+C", Action::Interrupt) }
            { button("-", "-", text("-")) }
            { button("|", "|", text("|")) }
            { button("/", "/", text("/")) }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct FieldProps {
    words: &'static Words,
    machine: AttrValue,
    view: Rc<TerminalView>,
    dispatch: Callback<Action>,
}

/// The line being typed. The desk owns it; the field mirrors it.
#[component]
fn Field(props: &FieldProps) -> Html {
    let w = props.words;
    let view = &props.view;
    let field = use_node_ref();
    let composing = use_mut_ref(|| false);
    use_composition(&field, &composing);
    use_mirror(&field, view, &composing);

    let last = view.prompt.last().cloned().unwrap_or_default();
    let hint = if view.off {
        fill(w.machine_off, &[&props.machine])
    } else if view.busy && view.prompt.is_empty() && !view.raw {
        w.running_hint.to_owned()
    } else {
        String::new()
    };
    let oninput = {
        let (view, dispatch, composing) = (view.clone(), props.dispatch.clone(), composing.clone());
        Callback::from(move |event: InputEvent| {
            let field: HtmlInputElement = event.target_unchecked_into();
            if !*composing.borrow() {
                let edits = edit::difference(&view.line, view.cursor, &field.value());
                if !edits.is_empty() {
                    dispatch.emit(Action::Edits(edits));
                }
            }
        })
    };
    html! {
        <div class="prompt">
            <label for="prompt">
                <span class="vh">{ fill(w.command_on, &[&props.machine]) }</span>{ last }
            </label>
            <input id="prompt" ref={field} data-terminal-input={props.machine.clone()}
                autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false"
                enterkeyhint="send" placeholder={hint} disabled={view.off}
                onkeydown={press(props)} onpaste={paste(props)} onclick={place(props)}
                {oninput} />
        </div>
    }
}

/// Dead keys and input methods: nothing is read while a character is being made; its end is an
/// input like any other.
#[hook]
fn use_composition(field: &NodeRef, composing: &std::rc::Rc<std::cell::RefCell<bool>>) {
    let (field, composing) = (field.clone(), composing.clone());
    use_effect_with((), move |()| {
        let listeners = field.cast::<HtmlInputElement>().map(|field| {
            let (begins, ends) = (composing.clone(), composing);
            let start = EventListener::new(&field, "compositionstart", move |_| {
                *begins.borrow_mut() = true;
            });
            let made = field.clone();
            let end = EventListener::new(&field, "compositionend", move |_| {
                *ends.borrow_mut() = false;
                let init = EventInit::new();
                init.set_bubbles(true);
                if let Ok(event) = Event::new_with_event_init_dict("input", &init) {
                    // Says whether someone stopped it; nobody does.
                    let _ = made.dispatch_event(&event);
                }
            });
            (start, end)
        });
        move || drop(listeners)
    });
}

/// Makes the field show what the desk has.
#[hook]
fn use_mirror(
    field: &NodeRef,
    view: &Rc<TerminalView>,
    composing: &std::rc::Rc<std::cell::RefCell<bool>>,
) {
    let (field, composing) = (field.clone(), composing.clone());
    let (line, cursor) = (view.line.clone(), view.cursor);
    use_effect(move || {
        let Some(field) = field.cast::<HtmlInputElement>() else { return };
        if *composing.borrow() {
            return;
        }
        if field.value() != line {
            field.set_value(&line);
        }
        let at = dom::utf16(&line, cursor);
        let (start, end) = dom::selection(&field);
        if start == end && start != at {
            // Fails on fields without text selection; this one has it.
            let _ = field.set_selection_range(at, at);
        }
    });
}

fn press(props: &FieldProps) -> Callback<KeyboardEvent> {
    let (view, dispatch) = (props.view.clone(), props.dispatch.clone());
    Callback::from(move |event: KeyboardEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        let (start, end) = dom::selection(&field);
        let press = Press {
            key: event.key(),
            ctrl: event.ctrl_key(),
            alt: event.alt_key(),
            shift: event.shift_key(),
            meta: event.meta_key(),
            alt_graph: event.get_modifier_state("AltGraph"),
            composing: event.is_composing() || event.key() == "Process",
            selected: start != end || dom::page_selection(),
            empty: view.line.is_empty(),
        };
        let action = match edit::meaning(&press) {
            Meaning::Browser => return,
            Meaning::Key(key) => Action::Edits(vec![Edit::Key(key, 1)]),
            Meaning::Interrupt => Action::Interrupt,
            Meaning::Eof => Action::Eof,
            Meaning::Undo => Action::Undo,
        };
        event.prevent_default();
        dispatch.emit(action);
    })
}

fn paste(props: &FieldProps) -> Callback<Event> {
    let dispatch = props.dispatch.clone();
    Callback::from(move |event: Event| {
        let Some(text) = dom::pasted(&event) else { return };
        event.prevent_default();
        dispatch.emit(Action::Paste(text));
    })
}

/// A click puts the desk's cursor where the field's is.
fn place(props: &FieldProps) -> Callback<MouseEvent> {
    let (view, dispatch) = (props.view.clone(), props.dispatch.clone());
    Callback::from(move |event: MouseEvent| {
        let field: HtmlInputElement = event.target_unchecked_into();
        let (start, end) = dom::selection(&field);
        if start != end {
            return;
        }
        let to = dom::characters_before(&view.line, start);
        if let Some(edit) = edit::walk(view.cursor, to) {
            dispatch.emit(Action::Edits(vec![edit]));
        }
    })
}

/// The icon of a running command beside a tab's name.
pub(crate) fn busy_mark(w: &'static Words) -> Html {
    html! { <span class="busy" role="img" aria-label={w.busy}></span> }
}

/// The plus of `+ instance`.
pub(crate) fn plus() -> Html {
    icon("plus", 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_ids_are_found_and_words_are_not() {
        let line = "i1mze00xr0qlxqu38rjui2csr *   node1      Ready     Active";
        assert_eq!(ids(line), [(0, 25)]);
        assert_eq!(ids("62a1654a5729   nginx   \"/docker-entry\""), [(0, 12)]);
        assert!(ids("availability unavailable disconnected").is_empty());
    }
}
