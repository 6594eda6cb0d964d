//! The lesson: text, checks, hints, questions.

use super::{clock, coloured, icon, prose, send};
use crate::action::Action;
use crate::state::LessonShown;
use crate::text::{Words, fill};
use lesson::{Ask, CheckView, State, StepView};
use prose::Context;
use share::Rc;
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) context: Context,
    pub(crate) lesson: Option<Rc<LessonShown>>,
    pub(crate) solved: Vec<String>,
}

impl Props {
    const fn words(&self) -> &'static Words {
        self.context.words
    }
}

/// The pane.
#[component]
pub(crate) fn LessonPane(props: &Props) -> Html {
    let w = props.words();
    let Some(lesson) = &props.lesson else { return free(props) };
    let view = &lesson.view;
    let count = view.steps.len();
    let shown = (view.current + 1).min(count);
    let of = fill(w.step_of, &[&shown.to_string(), &count.to_string()]);
    html! {
        <main class="lesson" aria-label={w.lesson} data-pane="lesson"
            data-lesson={lesson.file.clone()} data-current-step={view.current.to_string()}>
            <div class="ph">
                <h2>{ w.lesson }</h2>
                if count > 0 { <span class="c-3 tn small">{ of }</span> }
                <span class="prog" aria-hidden="true">
                    { for (0..count).map(|k| progress(k, view.current)) }
                </span>
            </div>
            <div class="body" tabindex="0" role="region" aria-label={view.title.clone()}>
                <div class="lz">
                    <h1>{ &view.title }</h1>
                    if view.minutes > 0 {
                        <p class="meta">{ fill(w.minutes, &[&view.minutes.to_string()]) }</p>
                    }
                    if !view.intro.is_empty() && view.current == 0 {
                        <div class="prose">{ prose::blocks(&props.context, &view.intro) }</div>
                    }
                </div>
                { passed(props, lesson) }
                { for view.steps.iter().enumerate().skip(view.current).map(|(k, step)| {
                    if k == view.current { current(props, k, step) } else { later(props, step) }
                }) }
                if view.current >= count && count > 0 { { end(props, lesson) } }
                <p class="lz c-2 small">{ w.simulated }</p>
            </div>
        </main>
    }
}

fn free(props: &Props) -> Html {
    let w = props.words();
    html! {
        <main class="lesson" aria-label={w.lesson} data-pane="lesson">
            <div class="ph"><h2>{ w.lesson }</h2></div>
            <div class="body" tabindex="0" role="region" aria-label={w.free_lab}>
                <div class="lz">
                    <h1>{ w.free_lab }</h1>
                    <div class="prose"><p>{ w.free_lab_prose }</p></div>
                </div>
                <p class="lz c-2 small">{ w.simulated }</p>
            </div>
        </main>
    }
}

fn progress(k: usize, current: usize) -> Html {
    let class = match k.cmp(&current) {
        std::cmp::Ordering::Less => "done",
        std::cmp::Ordering::Equal => "now",
        std::cmp::Ordering::Greater => "",
    };
    html! { <i class={class}></i> }
}

/// The steps behind: one line, and what each was opens inside.
fn passed(props: &Props, lesson: &LessonShown) -> Html {
    let w = props.words();
    let done = lesson.view.steps.get(..lesson.view.current).unwrap_or_default();
    if done.is_empty() {
        return html! {};
    }
    let title = match done.len() {
        1 => w.step_done.to_owned(),
        n => fill(w.steps_done, &[&n.to_string()]),
    };
    let at = lesson.passed_at.last().map(|t| clock(t.0 / 1_000_000));
    html! {
        <details class="step" data-steps-done={done.len().to_string()}>
            <summary>
                { coloured("c-ok", "c-done", 15) }<h2>{ title }</h2>
                if let Some(at) = at { <span class="when">{ at }</span> }
            </summary>
            { for done.iter().map(|step| html! {
                <div class="old" data-step={step.id.clone()} data-step-state="passed">
                    <h3>{ &step.heading }</h3>
                    if !step.done.is_empty() { <p class="now-true">{ prose::sentence(&step.done)
                        }</p> }
                    <div class="prose">{ prose::blocks(&props.context, &step.body) }</div>
                </div>
            }) }
        </details>
    }
}

fn later(props: &Props, step: &StepView) -> Html {
    html! {
        <details class="step" key={step.id.clone()} data-step={step.id.clone()}
            data-step-state="later">
            <summary>{ coloured("c-3", "c-todo", 15) }<h2>{ &step.heading }</h2></summary>
            <div class="old"><div class="prose">{ prose::blocks(&props.context, &step.body)
                }</div></div>
        </details>
    }
}

fn current(props: &Props, k: usize, step: &StepView) -> Html {
    let w = props.words();
    let dispatch = &props.context.dispatch;
    let before = props.lesson.as_ref().and_then(|l| l.view.steps.get(k.wrapping_sub(1)));
    let message = props.lesson.as_ref().map(|l| l.message.as_slice()).unwrap_or_default();
    let opened = step.hints.len();
    let solution = props.lesson.as_ref().map(|l| l.solution.as_slice()).unwrap_or_default();
    let solved = props.solved.contains(&step.id);
    let act = |action: Action| send::<MouseEvent>(dispatch, action);
    html! {
        <section class="step now" aria-current="step" key={step.id.clone()}
            data-step={step.id.clone()} data-step-state="current"><div class="in">
            if let Some(done) = before.map(|s| s.done.as_str()).filter(|d| !d.is_empty()) {
                <p class="note now-true">{ prose::sentence(done) }</p>
            }
            <h2 class="t">{ &step.heading }</h2>
            <div class="prose">{ prose::blocks(&props.context, &step.body) }</div>
            { for step.asks.iter().map(|(ask, given)| html! {
                <Question key={ask.id.clone()} words={w} ask={ask.clone()}
                    given={given.clone().unwrap_or_default()} dispatch={dispatch.clone()} />
            }) }
            { checks(w, &step.checks) }
            <div class="says" role="status" data-message="">
                if !message.is_empty() {
                    <div class="note w prose">{ prose::blocks(&props.context, message) }</div>
                }
            </div>
            { for step.hints.iter().map(|hint| html! {
                <div class="note prose" data-hint="">{ prose::blocks(&props.context, hint) }</div>
            }) }
            if solved {
                <div class="note" data-solution="">
                    { for solution.iter().map(|(m, line)| prose::command(&props.context, m, line)) }
                </div>
            }
            <div class="acts">
                if opened < step.hint_count as usize {
                    <button type="button" class="btn s" data-hint-button=""
                        onclick={act(Action::Hint)}>
                        { icon("hint", 14) }{ fill(w.hint, &[&(opened + 1).to_string()]) }
                    </button>
                }
                if !solution.is_empty() {
                    <button type="button" class="btn s q" aria-pressed={super::yes(solved)}
                        data-solution-button=""
                        onclick={act(Action::Solution(step.id.clone()))}>{ w.solution }</button>
                }
                <button type="button" class="btn s q" data-step-start=""
                    onclick={act(Action::StepStart)}>{ icon("start", 14) }{ w.back_to_step
                        }</button>
            </div>
        </div></section>
    }
}

fn checks(w: &'static Words, checks: &[CheckView]) -> Html {
    if checks.is_empty() {
        return html! {};
    }
    html! {
        <div class="checks">
            <h3>{ w.check }<span>{ w.check_note }</span></h3>
            <ul>{ for checks.iter().map(|c| check(w, c)) }</ul>
        </div>
    }
}

/// Icon class, icon and spoken word of a state.
pub(crate) const fn sign(
    w: &'static Words,
    state: State,
) -> (&'static str, &'static str, &'static str) {
    match state {
        State::Met => ("c-ok", "c-done", w.met),
        State::Waiting => ("c-warn", "c-part", w.part),
        State::Pending => ("c-3", "c-todo", w.waiting),
        State::Broken => ("c-err", "err", w.broken),
    }
}

fn check(w: &'static Words, check: &CheckView) -> Html {
    let (class, name) = match check.state {
        State::Met => ("done", "met"),
        State::Waiting => ("part", "waiting"),
        State::Pending => ("todo", "pending"),
        State::Broken => ("broken", "broken"),
    };
    let (_, icon_name, said) = sign(w, check.state);
    let told = matches!(check.state, State::Waiting | State::Broken) && !check.fact.is_empty();
    html! {
        <li class={class} data-check-state={name}>
            { icon(icon_name, 16) }
            <span>
                <span class="vh">{ said }</span>{ prose::sentence(&check.text) }
                if told { <small>{ prose::sentence(&check.fact) }</small> }
            </span>
        </li>
    }
}

fn end(props: &Props, lesson: &LessonShown) -> Html {
    let w = props.words();
    let last = lesson.view.steps.last().map(|s| s.done.clone()).unwrap_or_default();
    let act = |action: Action| send::<MouseEvent>(&props.context.dispatch, action);
    html! {
        <section class="step now" data-lesson-finished=""><div class="in">
            <h2 class="t">{ w.finished }</h2>
            if !last.is_empty() { <p class="note now-true">{ prose::sentence(&last) }</p> }
            <div class="acts">
                if let Some(next) = &lesson.next {
                    <button type="button" class="btn p" data-next-lesson=""
                        onclick={act(Action::OpenLesson(next.clone()))}>{ w.next_lesson }</button>
                }
                <button type="button" class="btn \
                    q" onclick={act(Action::Restart)}>{ w.restart }</button>
            </div>
        </div></section>
    }
}

#[derive(Properties, PartialEq)]
struct AskProps {
    words: &'static Words,
    ask: Ask,
    given: String,
    dispatch: Callback<Action>,
}

/// A question: typed, one choice or several.
#[component]
fn Question(props: &AskProps) -> Html {
    let (w, ask) = (props.words, &props.ask);
    let given = props.given.clone();
    let field = use_node_ref();
    let onsubmit = {
        let (field, id) = (field.clone(), ask.id.clone());
        props.dispatch.reform(move |event: SubmitEvent| {
            event.prevent_default();
            let value = field.cast::<HtmlInputElement>().map(|f| f.value()).unwrap_or_default();
            Action::Answer { id: id.clone(), value }
        })
    };
    html! {
        <form class="ask" data-ask={ask.id.clone()} {onsubmit}>
            <fieldset>
                <legend>{ prose::sentence(&ask.question) }</legend>
                if ask.choices.is_empty() {
                    <div class="line">
                        <label class="field grow"><span class="vh">{ w.your_answer }</span>
                            <input ref={field} autocomplete="off" autocapitalize="off"
                                spellcheck="false" placeholder={w.your_answer} /></label>
                        <button type="submit" class="btn s">{ w.answer }</button>
                    </div>
                } else {
                    { for ask.choices.iter().map(|c| choice(props, c, &given)) }
                }
            </fieldset>
            if !given.is_empty() {
                <p class="c-2 small" data-answer={given.clone()}>{ fill(w.answered, &[&given]) }</p>
            }
        </form>
    }
}

fn choice(props: &AskProps, (value, text): &(String, String), given: &str) -> Html {
    let ask = &props.ask;
    let chosen: Vec<&str> = given.split('+').filter(|v| !v.is_empty()).collect();
    let now = chosen.contains(&value.as_str());
    // The answer to a question with several ticks lists the values in the question's order.
    let after: Vec<&str> = ask
        .choices
        .iter()
        .map(|c| c.0.as_str())
        .filter(|v| if ask.several { chosen.contains(v) != (v == value) } else { v == value })
        .collect();
    let action = Action::Answer { id: ask.id.clone(), value: after.join("+") };
    html! {
        <label class="choice">
            <input type={if ask.several { "checkbox" } else { "radio" }} name={ask.id.clone()}
                value={value.clone()} checked={now}
                onchange={send::<Event>(&props.dispatch, action)} />
            <span>{ prose::sentence(text) }</span>
        </label>
    }
}
