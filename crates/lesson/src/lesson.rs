//! A lesson file as a value: front matter, steps, blocks. Reads and lints; plays nothing.

use crate::check::{Check, Claim, Loss, Object, Reference, Rule, Select, Value, Where};
use crate::diagnostic::{Diagnostic, Findings, Place, Severity, did_you_mean};
use crate::grammar::{Lines, check_block, feedback_block};
use crate::markdown::{Block, plain_blocks, sections};
use crate::token::parse_reference;
use crate::transcript::{Action, Transcript, transcript};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A whole lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// `id` of the front matter.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Language tag.
    pub lang: String,
    /// The machines it starts with.
    pub cluster: Cluster,
    /// The seed; absent (`livre`): a new one per learner.
    pub seed: Option<u64>,
    /// Lessons recommended before.
    pub requires: Vec<String>,
    /// Minutes it takes, as the author thinks.
    pub minutes: u32,
    /// Blocks before the first step.
    pub intro: Vec<Block>,
    /// Files laid down before `setup`: machine, path, content.
    pub files: Vec<(String, String, String)>,
    /// Runs once, hidden.
    pub setup: Transcript,
    /// The steps.
    pub steps: Vec<Step>,
}

/// The machines of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// Machine names in order.
    pub machines: Vec<String>,
    /// How many of the first ones are managers; 0: no swarm at all.
    pub managers: u32,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The `##` heading.
    pub heading: String,
    /// What is read, without the blocks that are not for reading.
    pub body: Vec<Block>,
    /// What must come true.
    pub check: Check,
    /// The step's own feedback.
    pub feedback: Vec<Rule>,
    /// Hints, weakest first: Markdown blocks.
    pub hints: Vec<Vec<Block>>,
    /// Ways through; the first is shown.
    pub solutions: Vec<Transcript>,
    /// Ways that must not pass.
    pub wrong: Vec<Transcript>,
    /// Questions.
    pub asks: Vec<Ask>,
    /// Where its heading stands.
    pub place: Place,
}

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Its id.
    pub id: String,
    /// The question.
    pub question: String,
    /// Choices (value, text); none: typed.
    pub choices: Vec<(String, String)>,
    /// Several choices may be ticked.
    pub several: bool,
}

/// Words a fence may carry.
const FENCES: [&str; 9] =
    ["console", "setup", "check", "feedback", "ask", "solution", "wrong", "file", "text"];

struct Source<'a> {
    text: &'a str,
    /// Byte offset of the body in the file.
    offset: usize,
}

impl Source<'_> {
    fn place(&self, at: usize) -> Place {
        let before = self.text.get(..self.offset + at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Place { line: to_u32(line), column: to_u32(column) }
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Lesson {
    /// Reads a lesson file.
    ///
    /// # Errors
    /// All findings, if one of them is an error.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (lesson, findings) = Self::read(file, text);
        if findings.iter().any(|d| d.severity == Severity::Error) {
            return Err(findings);
        }
        Ok(lesson)
    }

    /// Reads a lesson file as far as it can be read, with all findings.
    #[must_use]
    pub fn read(file: &str, text: &str) -> (Self, Vec<Diagnostic>) {
        let mut found = Findings::new(file);
        let mut lesson = Self::default();
        let offset = front_matter(text, &mut lesson, &mut found);
        let source = Source { text, offset };
        let (title, sections) = sections(text.get(offset..).unwrap_or(""));
        if lesson.title.is_empty() {
            lesson.title = title;
        }
        for (index, section) in sections.into_iter().enumerate() {
            let mut step = Step {
                heading: section.heading,
                place: source.place(section.at),
                ..Step::default()
            };
            for block in section.blocks {
                take(block, &mut step, &mut lesson, &source, &mut found);
            }
            finish(step, index == 0, &mut lesson, &mut found);
        }
        if lesson.steps.is_empty() {
            let help = "um passo é um título «## …» com um bloco check";
            found.error(Place { line: 1, column: 1 }, "E112", "a lição não tem passos", help);
        }
        lint(&lesson, &mut found);
        (lesson, found.finish())
    }
}

/// Reads the front matter; answers where the body starts.
fn front_matter(text: &str, lesson: &mut Lesson, found: &mut Findings) -> usize {
    let top = Place { line: 1, column: 1 };
    let Some(rest) = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n")) else {
        let help = "comece o arquivo com «---», chaves como «id: minha-licao» e «---»";
        found.error(top, "E001", "falta o cabeçalho da lição", help);
        return 0;
    };
    let mut at = text.len() - rest.len();
    for (line, number) in rest.split_inclusive('\n').zip(2_u32..) {
        at += line.len();
        let line = line.trim_end();
        if line == "---" {
            require(lesson, found);
            return at;
        }
        let content = line.split(" #").next().unwrap_or("").trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let place = Place { line: number, column: 1 };
        match content.split_once(':') {
            Some((key, value)) => set_key(key.trim(), value.trim(), place, lesson, found),
            None => found.error(place, "E002", "esperava «chave: valor»", ""),
        }
    }
    found.error(top, "E001", "o cabeçalho não termina", "feche-o com uma linha «---»");
    text.len()
}

fn require(lesson: &Lesson, found: &mut Findings) {
    let top = Place { line: 1, column: 1 };
    if lesson.id.is_empty() {
        found.error(top, "E003", "falta «id:» no cabeçalho", "por exemplo «id: swarm-servico»");
    }
    if lesson.cluster.machines.is_empty() {
        let help = "por exemplo «cluster: 1 manager, 4 workers» ou «cluster: 5 machines»";
        found.error(top, "E003", "falta «cluster:» no cabeçalho", help);
    }
}

const KEYS: [&str; 8] =
    ["id", "title", "lang", "cluster", "seed", "requires", "minutes", "translates"];

fn set_key(key: &str, value: &str, place: Place, lesson: &mut Lesson, found: &mut Findings) {
    match key {
        "id" => value.clone_into(&mut lesson.id),
        "title" => value.trim_matches('"').clone_into(&mut lesson.title),
        "lang" => value.clone_into(&mut lesson.lang),
        "cluster" => match Cluster::parse(value) {
            Some(cluster) => lesson.cluster = cluster,
            None => found.error(
                place,
                "E004",
                format!("não entendi o cluster «{value}»"),
                "escreva «N managers, M workers» ou «N machines»",
            ),
        },
        "seed" if value == "livre" => lesson.seed = None,
        "seed" => match value.parse() {
            Ok(seed) => lesson.seed = Some(seed),
            Err(_) => found.error(place, "E004", "seed é um número ou «livre»", ""),
        },
        "requires" => {
            let list = value.trim_start_matches('[').trim_end_matches(']');
            lesson.requires =
                list.split(',').map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect();
        }
        "minutes" => match value.parse() {
            Ok(minutes) => lesson.minutes = minutes,
            Err(_) => found.error(place, "E004", "minutes é um número", ""),
        },
        "translates" => {}
        _ => {
            let help = did_you_mean(key, KEYS);
            found.warn(place, "W402", format!("chave «{key}» desconhecida"), help);
        }
    }
}

impl Cluster {
    /// `N managers, M workers [as node]` or `N machines`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (text, as_node) = match text.trim().strip_suffix("as node") {
            Some(rest) => (rest.trim(), true),
            None => (text.trim(), false),
        };
        let (mut managers, mut workers, mut machines) = (0_u32, 0_u32, 0_u32);
        for part in text.split(',') {
            let (number, word) = part.trim().split_once(' ')?;
            let number: u32 = number.parse().ok().filter(|n| *n <= 50)?;
            match word.trim() {
                "manager" | "managers" => managers += number,
                "worker" | "workers" => workers += number,
                "machine" | "machines" => machines += number,
                _ => return None,
            }
        }
        let total = managers + workers + machines;
        if total == 0 || total > 50 || (machines > 0 && total > machines) {
            return None;
        }
        if machines == 0 && managers == 0 {
            return None;
        }
        let names: Vec<String> = if managers <= 1 || as_node {
            (1..=total).map(|k| format!("node{k}")).collect()
        } else {
            let all = (1..=managers).map(|k| format!("manager{k}"));
            all.chain((1..=workers).map(|k| format!("worker{k}"))).collect()
        };
        Some(Self { machines: names, managers })
    }
}

/// Sorts one block of a section into its step.
fn take(
    block: Block,
    step: &mut Step,
    lesson: &mut Lesson,
    source: &Source<'_>,
    found: &mut Findings,
) {
    match block {
        Block::Fence { info, text, at } => fence(info, text, at, step, lesson, source, found),
        Block::Details { summary, body, at } => {
            let word = summary.split_whitespace().next().unwrap_or("").to_lowercase();
            match word.as_str() {
                "dica" | "hint" => step.hints.push(body),
                "solução" | "solution" => {
                    for inner in body {
                        if matches!(&inner, Block::Fence { info, .. } if info == "solution") {
                            take(inner, step, lesson, source, found);
                        }
                    }
                }
                _ => step.body.push(Block::Details { summary, body, at }),
            }
        }
        other @ (Block::Heading(..)
        | Block::Paragraph(_)
        | Block::List(..)
        | Block::Quote(_)
        | Block::Table(..)
        | Block::Rule) => step.body.push(other),
    }
}

fn fence(
    info: String,
    text: String,
    at: usize,
    step: &mut Step,
    lesson: &mut Lesson,
    source: &Source<'_>,
    found: &mut Findings,
) {
    let place = source.place(at);
    let lines = Lines { first_line: place.line + 1, column: place.column - 1, text: &text };
    let word = info.split([' ', ':', '{']).next().unwrap_or("");
    if word != info && FENCES.contains(&word) {
        let at = Place { column: place.column + 3 + to_u32(word.chars().count()), ..place };
        let message = format!("nada pode vir depois de ```{word}");
        found.error(at, "E008", message, "ponha o nome na primeira linha");
    }
    match word {
        "check" if step.check.id.is_empty() => step.check = check_block(&lines, found),
        "check" => found.error(place, "E009", "o passo já tem um bloco check", ""),
        "feedback" => step.feedback.extend(feedback_block(&lines, found)),
        "setup" => lesson.setup = transcript(&lines, found),
        "solution" => step.solutions.push(transcript(&lines, found)),
        "wrong" => step.wrong.push(transcript(&lines, found)),
        "ask" => {
            let ask = ask(&text);
            if ask.id.is_empty() {
                found.error(place, "E113", "o bloco ask não tem «id ID»", "");
            }
            step.asks.push(ask);
        }
        "file" => match file(&text) {
            Some(file) => lesson.files.push(file),
            None => found.error(
                place,
                "E114",
                "o bloco file começa com «MÁQUINA:/caminho»",
                "por exemplo «node1:/root/pilha.yml»",
            ),
        },
        "console" => {
            transcript(&lines, found);
            step.body.push(Block::Fence { info, text, at });
        }
        _ => {
            let help = did_you_mean(word, FENCES);
            if !help.is_empty() && !FENCES.contains(&word) {
                let at = Place { column: place.column + 3, ..place };
                found.warn(at, "W401", format!("bloco «{word}» não é conhecido"), help);
            }
            step.body.push(Block::Fence { info, text, at });
        }
    }
}

fn ask(text: &str) -> Ask {
    let mut ask = Ask::default();
    for line in text.lines() {
        if let Some(id) = line.strip_prefix("id ") {
            id.trim().clone_into(&mut ask.id);
        } else if let Some(choice) = line.trim_start().strip_prefix("- ") {
            let choice = match choice.strip_prefix("[ ] ") {
                Some(rest) => {
                    ask.several = true;
                    rest
                }
                None => choice,
            };
            if let Some((value, text)) = choice.split_once(':') {
                ask.choices.push((value.trim().into(), text.trim().into()));
            }
        } else if !line.trim().is_empty() {
            if !ask.question.is_empty() {
                ask.question.push(' ');
            }
            ask.question.push_str(line.trim());
        }
    }
    ask
}

fn file(text: &str) -> Option<(String, String, String)> {
    let (first, content) = text.split_once('\n').unwrap_or((text, ""));
    let (machine, path) = first.trim().split_once(':')?;
    path.starts_with('/').then(|| (machine.to_owned(), path.to_owned(), content.to_owned()))
}

/// Files a section: the first is the intro, one without a check is read only.
fn finish(mut step: Step, intro: bool, lesson: &mut Lesson, found: &mut Findings) {
    if intro && step.check.id.is_empty() {
        lesson.intro = step.body;
        return;
    }
    if step.check.id.is_empty() {
        if step.heading.is_empty() && step.body.is_empty() {
            return;
        }
        let message = format!("o passo «{}» não tem um bloco check", step.heading);
        found.error(step.place, "E115", message, "acrescente ```check com «step ID»");
        return;
    }
    if step.solutions.is_empty() {
        let shown: Vec<Transcript> = step.body.iter().filter_map(console).collect();
        match merge(shown) {
            Some(solution) => step.solutions.push(solution),
            None => found.error(
                step.place,
                "E116",
                format!("o passo «{}» não tem solução", step.check.id),
                "mostre um bloco console ou escreva um bloco solution",
            ),
        }
    }
    lesson.steps.push(step);
}

fn console(block: &Block) -> Option<Transcript> {
    let Block::Fence { info, text, .. } = block else { return None };
    let lines = Lines { first_line: 0, column: 0, text };
    (info == "console").then(|| transcript(&lines, &mut Findings::new("")))
}

fn merge(transcripts: Vec<Transcript>) -> Option<Transcript> {
    let entries: Vec<_> = transcripts.into_iter().flat_map(|t| t.entries).collect();
    (!entries.is_empty()).then_some(Transcript { entries })
}

/// Checks across lines: ids, variables, machines, questions.
fn lint(lesson: &Lesson, found: &mut Findings) {
    let mut ids = BTreeSet::new();
    let mut vars = BTreeSet::new();
    let mut questions = BTreeSet::new();
    for step in &lesson.steps {
        let first = step.check.lines.first().map_or(step.place, |l| l.place);
        if !ids.insert(step.check.id.as_str()) {
            found.error(first, "E117", format!("o passo «{}» se repete", step.check.id), "");
        }
        questions.extend(step.asks.iter().map(|a| a.id.clone()));
        for line in &step.check.lines {
            for claim in &line.claims {
                variables(claim, line.place, &mut vars, found);
                if let Claim::Answer { id, .. } = claim
                    && !questions.contains(id)
                {
                    let help = did_you_mean(id, questions.iter().map(String::as_str));
                    let message = format!("nenhuma pergunta tem o id «{id}»");
                    found.error(line.place, "E118", message, help);
                }
            }
        }
        for rule in &step.feedback {
            for claim in &rule.when {
                variables(claim, rule.place, &mut vars, found);
            }
        }
        let runs = step.solutions.iter().chain(&step.wrong);
        machines(lesson, runs, found);
    }
    machines(lesson, std::iter::once(&lesson.setup), found);
}

fn machines<'a>(
    lesson: &Lesson,
    transcripts: impl Iterator<Item = &'a Transcript>,
    found: &mut Findings,
) {
    for entry in transcripts.flat_map(|t| &t.entries) {
        if let Action::Command { machine, .. } = &entry.action
            && !machine.starts_with('{')
            && !lesson.cluster.machines.contains(machine)
        {
            let known = lesson.cluster.machines.iter().map(String::as_str);
            let help = did_you_mean(machine, known);
            found.error(entry.place, "E119", format!("a máquina «{machine}» não existe"), help);
        }
    }
}

/// Variables of a claim: those it uses must be known, those it binds become known.
fn variables(claim: &Claim, place: Place, vars: &mut BTreeSet<String>, found: &mut Findings) {
    let mut used: Vec<&str> = Vec::new();
    let mut bound = None;
    match claim {
        Claim::Let { var, object, .. } => {
            used.extend(object_vars(object));
            bound = Some(var.clone());
        }
        Claim::Exists(object) | Claim::Count(object, ..) => used.extend(object_vars(object)),
        Claim::Field { object, value, .. } => {
            used.extend(object_vars(object));
            used.extend(value_var(value));
        }
        Claim::Ran { on, .. } => used.extend(on.as_ref().and_then(where_var)),
        Claim::Http { at, .. } => used.extend(where_var(at)),
        Claim::Output { value, .. } | Claim::Answer { value, .. } | Claim::Error(_, value) => {
            used.extend(value_var(value));
        }
        Claim::Lost(Loss::Object(var)) => used.push(var),
        Claim::Lost(Loss::Quorum | Loss::Leader) | Claim::Commands(_) | Claim::After(_) => {}
    }
    for var in used {
        let free = matches!(var, "swarm" | "worker_token" | "manager_token");
        if !free && !vars.contains(var) {
            let help = did_you_mean(var, vars.iter().map(String::as_str));
            found.error(place, "E105", format!("variável «{var}» usada antes do let"), help);
        }
    }
    vars.extend(bound);
}

fn object_vars(object: &Object) -> Vec<&str> {
    match &object.select {
        Select::All => Vec::new(),
        Select::Name(value) => value_var(value).into_iter().collect(),
        Select::Where(conditions) => {
            conditions.iter().filter_map(|(_, _, value)| value_var(value)).collect()
        }
    }
}

fn value_var(value: &Value) -> Option<&str> {
    match value {
        Value::Ref(Reference { var, .. }) => Some(var),
        Value::Word(_) | Value::Text(_) => None,
    }
}

fn where_var(place: &Where) -> Option<&str> {
    match place {
        Where::Ref(Reference { var, .. }) => Some(var),
        Where::Machine(_)
        | Where::Leader
        | Where::Manager
        | Where::Worker
        | Where::Any
        | Where::Every => None,
    }
}

/// Fills `{var.field}` into a text; what `look_up` does not know stays as it is.
pub(crate) fn fill(text: &str, look_up: &dyn Fn(&Reference) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(inner, tail)| Some((look_up(&parse_reference(inner)?)?, tail)));
        match known {
            Some((value, tail)) => {
                out.push_str(&value);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The text of a step without marks, for reading aloud and for tests.
#[must_use]
pub fn plain_step(step: &Step) -> String {
    plain_blocks(&step.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "---\nid: x\ntitle: X\ncluster: 1 manager, 2 workers  # três\nseed: 7\n\
        ---\n\n# X\n\nIntro.\n\n## 1. Um\n\nOi.\n\n```console\nroot@node2 $ docker ps\n```\n\n\
        ```check\nstep um\nran \"docker ps*\" on worker -> Rode.\n```\n\n<details markdown>\
        <summary>Dica 1</summary>\n\nVeja.\n\n</details>\n";

    #[test]
    fn a_lesson_is_read_whole() {
        let lesson = Lesson::parse("x.md", EXAMPLE).unwrap();
        assert_eq!(lesson.cluster.machines, ["node1", "node2", "node3"]);
        assert_eq!((lesson.cluster.managers, lesson.seed), (1, Some(7)));
        assert_eq!(lesson.steps.len(), 1);
        let step = &lesson.steps[0];
        assert_eq!((step.hints.len(), step.solutions.len()), (1, 1));
        assert_eq!(step.check.lines[0].place, Place { line: 22, column: 1 });
    }

    #[test]
    fn slips_are_named_with_their_place() {
        let broken = EXAMPLE
            .replace("```check\n", "```check um\n")
            .replace("node2 $", "node9 $")
            .replace("seed: 7", "sed: 7");
        let found = Lesson::parse("x.md", &broken).unwrap_err();
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(texts.iter().any(|t| t.starts_with("x.md:5:1: W402")), "{texts:?}");
        assert!(texts.iter().any(|t| t.starts_with("x.md:20:9: E008")), "{texts:?}");
    }

    #[test]
    fn clusters() {
        assert_eq!(Cluster::parse("5 machines").unwrap().managers, 0);
        let named = Cluster::parse("3 managers, 2 workers").unwrap();
        assert_eq!(named.machines[3], "worker1");
        let nodes = Cluster::parse("3 managers, 2 workers as node").unwrap();
        assert_eq!(nodes.machines[4], "node5");
        assert_eq!(Cluster::parse("many"), None);
        assert_eq!(Cluster::parse("51 machines"), None);
    }

    #[test]
    fn unknown_references_stay() {
        let look = |r: &Reference| (r.var == "svc").then(|| "web".to_owned());
        assert_eq!(fill("{svc.name} {{.Name}} {1..3} {x}", &look), "web {{.Name}} {1..3} {x}");
    }
}
