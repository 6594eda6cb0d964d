//! A lesson's text as elements: never as markup, so a lesson from anywhere is harmless.

use super::{icon, machine_icon, send};
use crate::action::Action;
use crate::text::{Words, fill};
use lesson::markdown::{Block, Inline};
use yew::prelude::*;

/// What prose needs to become clickable.
#[derive(Clone, PartialEq)]
pub(crate) struct Context {
    pub(crate) words: &'static Words,
    /// Machines in order: their place is their hue.
    pub(crate) machines: Vec<String>,
    pub(crate) dispatch: Callback<Action>,
}

/// Blocks of text.
pub(crate) fn blocks(context: &Context, blocks: &[Block]) -> Html {
    html! { <>{ for blocks.iter().map(|b| block(context, b)) }</> }
}

fn block(context: &Context, block: &Block) -> Html {
    match block {
        Block::Heading(_, inner) => html! { <h3>{ inlines(inner) }</h3> },
        Block::Paragraph(inner) => html! { <p>{ inlines(inner) }</p> },
        Block::List(first, items) => {
            let item = |item: &Vec<Block>| html! { <li>{ blocks(context, item) }</li> };
            match first {
                Some(n) => {
                    html! { <ol start={n.to_string()}>{ for items.iter().map(item) }</ol> }
                }
                None => html! { <ul>{ for items.iter().map(item) }</ul> },
            }
        }
        Block::Quote(inner) => html! { <blockquote>{ blocks(context, inner) }</blockquote> },
        Block::Fence { info, text, .. } if info == "console" => console(context, text),
        Block::Fence { text, .. } => {
            html! { <pre tabindex="0"><code>{ text.trim_end() }</code></pre> }
        }
        Block::Table(head, rows) => table(head, rows),
        Block::Rule => html! { <hr /> },
        Block::Details { summary, body, .. } => html! {
            <details><summary>{ summary }</summary>{ blocks(context, body) }</details>
        },
    }
}

fn table(head: &[Vec<Inline>], rows: &[Vec<Vec<Inline>>]) -> Html {
    let row = |row: &Vec<Vec<Inline>>| {
        html! { <tr>{ for row.iter().map(|c| html! { <td>{ inlines(c) }</td> }) }</tr> }
    };
    html! {
        <div class="scroll-x" tabindex="0"><table class="tbl">
            <thead><tr>
                { for head.iter().map(|c| html! { <th scope="col">{ inlines(c) }</th> }) }
            </tr></thead>
            <tbody>{ for rows.iter().map(row) }</tbody>
        </table></div>
    }
}

/// Pieces of a line.
pub(crate) fn inlines(inner: &[Inline]) -> Html {
    html! { <>{ for inner.iter().map(inline) }</> }
}

fn inline(piece: &Inline) -> Html {
    match piece {
        Inline::Text(text) => html! { { text.clone() } },
        Inline::Code(text) => html! { <code>{ text.clone() }</code> },
        Inline::Strong(inner) => html! { <b>{ inlines(inner) }</b> },
        Inline::Emphasis(inner) => html! { <em>{ inlines(inner) }</em> },
        Inline::Link(to, inner) => html! {
            <a href={to.clone()} target="_blank" rel="noopener noreferrer">{ inlines(inner) }</a>
        },
        Inline::Break => html! { <br /> },
    }
}

/// A sentence in which code stands between backquotes.
pub(crate) fn sentence(text: &str) -> Html {
    html! { <>{ for text.split('`').enumerate().map(|(k, part)| {
        if k % 2 == 1 { html! { <code>{ part }</code> } } else { html! { { part } } }
    }) }</> }
}

/// A transcript: its commands can be taken to the prompt, the lines under them are shown.
fn console(context: &Context, text: &str) -> Html {
    html! { <>{ for commands(text).into_iter().map(|(machine, line, output)| html! {
        <>
            { command(context, &machine, &line) }
            if !output.is_empty() { <pre tabindex="0"><code>{ output }</code></pre> }
        </>
    }) }</> }
}

/// Machine, command (continuations behind line ends), output of each command in a transcript.
pub(crate) fn commands(text: &str) -> Vec<(String, String, String)> {
    let mut out: Vec<(String, String, String)> = Vec::new();
    let mut continued = false;
    for line in text.lines() {
        let typed = line.strip_prefix("root@").and_then(|rest| rest.split_once(" $ "));
        if let Some((machine, command)) = typed {
            out.push((machine.to_owned(), command.to_owned(), String::new()));
            continued = true;
        } else if let Some(last) = out.last_mut() {
            match line.strip_prefix("> ") {
                Some(more) if continued => {
                    last.1.push('\n');
                    last.1.push_str(more);
                }
                _ => {
                    continued = false;
                    // `[..]` and `...` say "whatever stands here" to the checker, nothing to a
                    // reader.
                    if line != "..." && line != "[..]" {
                        if !last.2.is_empty() {
                            last.2.push('\n');
                        }
                        last.2.push_str(line);
                    }
                }
            }
        }
    }
    out
}

/// A command with the button that brings it to the prompt of its machine.
pub(crate) fn command(context: &Context, machine: &str, line: &str) -> Html {
    let place = context.machines.iter().position(|m| m == machine);
    let hue = place.map_or(6, |k| u8::try_from(k % 6).unwrap_or(0) + 1);
    let insert = Action::Insert { machine: machine.to_owned(), text: line.to_owned() };
    let label = fill(context.words.to_prompt, &[machine]);
    html! {
        <div class="cmd" data-command={line.to_owned()} data-machine={machine.to_owned()}>
            <code><span class="on">{ machine_icon(hue, 13) }{ machine }</span>{ line }</code>
            if place.is_some() {
                <button type="button" aria-label={label.clone()} title={label}
                    onclick={send::<MouseEvent>(&context.dispatch, insert)}>{ icon("enter", 14)
                        }</button>
            }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_gives_its_commands_with_machine_and_output() {
        let text = "root@node1 $ docker ps\nCONTAINER ID\n...\nroot@node2 $ cat <<F\n> a\n> F\na\n";
        let found = commands(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], ("node1".into(), "docker ps".into(), "CONTAINER ID".into()));
        assert_eq!(found[1], ("node2".into(), "cat <<F\na\nF".into(), "a".into()));
    }
}
