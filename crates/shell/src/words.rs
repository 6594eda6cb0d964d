//! Lab words: what a learner types that is neither Docker's nor the shell's.

use crate::world::Fault;

/// What a word asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Something happens to a machine.
    Fault(Fault),
    /// It concerns the lesson or the page, under this name.
    Lesson(&'static str),
    /// The machine's name is missing.
    Usage(String),
}

/// Words that take a machine: Portuguese, English.
const MACHINES: &[(&str, &str)] = &[
    ("desligar", "turnoff"),
    ("ligar", "turnon"),
    ("congelar", "freeze"),
    ("descongelar", "thaw"),
    ("cortar", "unplug"),
    ("religar", "replug"),
];

/// Words for the lesson: the Portuguese name without accents, then what else means it.
const LESSON: &[(&str, &[&str])] = &[
    ("ajuda", &["helpme"]),
    ("dica", &["hint"]),
    ("passo", &["step"]),
    ("desfazer", &["undo"]),
    ("refazer", &["redo"]),
    ("reiniciar", &["restart"]),
    ("solucao", &["solução", "solution"]),
    ("compartilhar", &["share"]),
];

/// All words that can be typed, for completion.
pub(crate) fn names() -> Vec<&'static str> {
    let machines = MACHINES.iter().flat_map(|(a, b)| [*a, *b]);
    let lesson =
        LESSON.iter().flat_map(|(a, more)| std::iter::once(*a).chain(more.iter().copied()));
    machines.chain(lesson).filter(|w| w.is_ascii()).collect()
}

/// What these words ask for, if they are lab words.
pub(crate) fn find(argv: &[String]) -> Option<Word> {
    let (name, args) = argv.split_first()?;
    let name = name.to_lowercase();
    let lesson = LESSON.iter().find(|(a, more)| *a == name || more.contains(&name.as_str()));
    if let Some((word, _)) = lesson {
        return Some(Word::Lesson(word));
    }
    let (word, _) = MACHINES.iter().find(|(a, b)| *a == name || *b == name)?;
    let Some(machine) = args.first().cloned() else {
        return Some(Word::Usage(format!("{name}: qual máquina? / which machine?")));
    };
    Some(Word::Fault(match *word {
        "desligar" => Fault::PowerOff(machine),
        "ligar" => Fault::PowerOn(machine),
        "congelar" => Fault::Freeze(machine),
        "descongelar" => Fault::Thaw(machine),
        "cortar" => Fault::Cut(machine),
        _ => Fault::Heal(machine),
    }))
}
