//! Which lessons there are, and their texts: the first comes with the program, the others are
//! files beside the page.

use crate::action::Action;
use crate::components::prose;
use crate::state::Notice;
use lesson::markdown::Block;
use lesson::transcript::{self, Entry};
use lesson::{Cluster, Lesson, StepView};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use yew::Callback;

include!(concat!(env!("OUT_DIR"), "/lessons.rs"));

/// The text of a lesson that came with the program.
pub(crate) fn embedded(file: &str) -> Option<&'static str> {
    LIST.first().filter(|(name, _)| *name == file).map(|_| FIRST)
}

/// The lesson after this one.
pub(crate) fn after(file: &str) -> Option<String> {
    let at = LIST.iter().position(|(name, _)| *name == file)?;
    LIST.get(at + 1).map(|(name, _)| (*name).to_owned())
}

/// Whether a file is one of ours that has to be fetched.
pub(crate) fn beside(file: &str) -> bool {
    known(file) && embedded(file).is_none()
}

/// Whether a file is one of ours.
pub(crate) fn known(file: &str) -> bool {
    LIST.iter().any(|(name, _)| *name == file)
}

/// Brings a lesson from beside the page; it comes as if it had been dropped. With nothing open,
/// a lesson that does not come leaves the free lab.
pub(crate) fn bring(file: &str, nothing_open: bool, dispatch: &Callback<Action>) {
    let (file, dispatch) = (file.to_owned(), dispatch.clone());
    wasm_bindgen_futures::spawn_local(async move {
        match fetch(&file).await {
            Ok(text) => dispatch.emit(Action::Dropped { name: file, text }),
            Err(reason) => {
                dispatch.emit(Action::Notice(Notice::LessonFetch { file, reason }));
                if nothing_open {
                    dispatch.emit(Action::OpenLesson(String::new()));
                }
            }
        }
    });
}

async fn fetch(file: &str) -> Result<String, String> {
    let address = ["lessons/", file].concat();
    get(&address).await.map_err(|error| {
        error
            .dyn_ref::<js_sys::Error>()
            .map_or_else(|| error.as_string().unwrap_or_default(), |e| String::from(e.message()))
    })
}

async fn get(address: &str) -> Result<String, JsValue> {
    let answer = JsFuture::from(gloo::utils::window().fetch_with_str(address)).await?;
    let answer: Response = answer.dyn_into()?;
    if !answer.ok() {
        return Err(JsValue::from_str(&format!("{} {}", answer.status(), address)));
    }
    let text = JsFuture::from(answer.text()?).await?;
    text.as_string().ok_or_else(|| JsValue::from_str(address))
}

/// A lab without a lesson.
pub(crate) fn free(managers: u32, machines: u32) -> Lesson {
    let names = (1..=machines).map(|k| match managers {
        0 | 1 => format!("node{k}"),
        m if k <= m => format!("manager{k}"),
        m => format!("worker{}", k - m),
    });
    Lesson { cluster: Cluster { machines: names.collect(), managers }, ..Lesson::default() }
}

/// The command that stands in the prompt at first: the first one of the first step's text.
pub(crate) fn first_command(lesson: &Lesson) -> Option<(String, String)> {
    let step = lesson.steps.first()?;
    step.body.iter().find_map(|block| {
        let Block::Fence { info, text, .. } = block else { return None };
        let (machine, line, _) = prose::commands(text).into_iter().next()?;
        (info == "console").then_some((machine, line))
    })
}

/// The commands of a step's first way through: machine and line.
pub(crate) fn solution(step: &StepView, fill: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
    let entry = |entry: &Entry| match &entry.action {
        transcript::Action::Command { machine, text } => Some((fill(machine), fill(text))),
        transcript::Action::Answer { .. } | transcript::Action::Verb(_) => None,
    };
    step.solutions.first().into_iter().flat_map(|t| &t.entries).filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_labs_are_named_as_the_lessons_name_them() {
        assert_eq!(free(1, 2).cluster.machines, ["node1", "node2"]);
        assert_eq!(free(3, 5).cluster.machines[3], "worker1");
    }
}
