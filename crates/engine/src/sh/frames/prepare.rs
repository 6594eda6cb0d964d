//! Which words a stage of a command expands, and what becomes of them.

use super::{Command, Compound, Env, Expander, Prepared, Stage, VecDeque, Word, test};

/// Words that a stage expands, in the order of [`prepare`].
pub(super) fn words_of(command: &Command, stage: Stage) -> Vec<&Word> {
    match (command, stage) {
        (Command::Simple(simple), _) => {
            let assigns = simple.assigns.iter().map(|(_, word)| word);
            let redirects = simple.redirects.iter().map(|r| &r.target);
            simple.words.iter().chain(assigns).chain(redirects).collect()
        }
        (Command::Compound { redirects, .. }, Stage::First) => {
            redirects.iter().map(|r| &r.target).collect()
        }
        (Command::Compound { kind, .. }, Stage::Body) => match kind {
            Compound::For { words, .. } => words.iter().flatten().collect(),
            Compound::Case { word, arms } => {
                let patterns = arms.iter().flat_map(|(patterns, _)| patterns);
                [word].into_iter().chain(patterns).collect()
            }
            Compound::Arith(word) => vec![word],
            Compound::Test(words) => words.iter().collect(),
            Compound::Group(_)
            | Compound::Subshell(_)
            | Compound::While { .. }
            | Compound::If { .. } => Vec::new(),
        },
        (Command::Function { .. }, _) => Vec::new(),
    }
}

/// Expands the words of a stage.
pub(super) fn prepare(
    env: &mut Env,
    command: &Command,
    stage: Stage,
    outputs: VecDeque<String>,
) -> Result<Prepared, String> {
    let mut expander = Expander { env, outputs };
    let mut out = Prepared::default();
    let redirects = match (command, stage) {
        (Command::Simple(simple), _) => {
            for field in expander.fields(&simple.words)? {
                out.argv.push((field.text(), field.glob()));
            }
            for (name, word) in &simple.assigns {
                let value = expander.text(word)?;
                // later assignments of the same command see earlier ones
                if simple.words.is_empty() {
                    expander.env.set(name, value.as_str());
                }
                out.assigns.push((name.clone(), value));
            }
            &simple.redirects
        }
        (Command::Compound { redirects, .. }, Stage::First) => redirects,
        (Command::Compound { kind, .. }, Stage::Body) => {
            match kind {
                Compound::For { words, .. } => {
                    for field in expander.fields(words.as_deref().unwrap_or_default())? {
                        out.argv.push((field.text(), field.glob()));
                    }
                }
                Compound::Case { word, arms } => {
                    out.argv.push((expander.text(word)?, None));
                    for pattern in arms.iter().flat_map(|(patterns, _)| patterns) {
                        out.argv.push((expander.field(pattern)?.pattern(), None));
                    }
                }
                Compound::Arith(word) => out.argv.push((expander.text(word)?, None)),
                Compound::Test(words) => {
                    let mut pattern = false;
                    for word in words {
                        let field = expander.field(word)?;
                        let text = if pattern { field.pattern() } else { field.text() };
                        pattern = test::takes_pattern(&text);
                        out.argv.push((text, None));
                    }
                }
                Compound::Group(_)
                | Compound::Subshell(_)
                | Compound::While { .. }
                | Compound::If { .. } => {}
            }
            return Ok(out);
        }
        (Command::Function { .. }, _) => return Ok(out),
    };
    for redirect in redirects {
        let target = expander.text(&redirect.target)?;
        out.redirects.push((redirect.fd, redirect.kind, target));
    }
    Ok(out)
}
