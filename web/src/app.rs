//! The page: state, effects and clock tied together.

use crate::action::{Action, Effect, reduce};
use crate::components::lesson_pane::LessonPane;
use crate::components::map::Map;
use crate::components::notices::Notices;
use crate::components::prose::Context as ProseContext;
use crate::components::rest;
use crate::components::terminals::Terminals;
use crate::components::timeline::Timeline;
use crate::components::topbar::TopBar;
use crate::components::{icon, send, yes};
use crate::effect::gate::Gate;
use crate::lessons;
use crate::platform::{dom, drop, storage};
use crate::state::{Notice, Rest, State, Tab};
use crate::text::Language;
use gloo::render::{AnimationFrame, request_animation_frame};
use share::Rc;
use std::collections::VecDeque;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// The root component.
pub(crate) struct App {
    state: State,
    gate: Gate,
    dispatch: Callback<Action>,
    /// The running request for the next picture; dropping it would cancel it.
    frame: Option<AnimationFrame>,
    last_ms: f64,
    _drops: drop::Drops,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let dispatch = ctx.link().callback(|action| action);
        let english = storage::setting("language").as_deref() == Some("en");
        let language = if english { Language::English } else { Language::Portuguese };
        dom::set_root("lang", language.tag());
        let list = lessons::LIST.iter().map(|(f, t)| ((*f).to_owned(), (*t).to_owned()));
        let state = State {
            language,
            dark: dom::root("data-theme").as_deref() == Some("dark"),
            lessons: Rc::new(list.collect()),
            ..State::default()
        };
        let (gate, actions) = Gate::new(dispatch.clone());
        let drops = drop::listen(&dispatch);
        let mut app = Self { state, gate, dispatch, frame: None, last_ms: 0.0, _drops: drops };
        app.apply(actions);
        app
    }

    fn update(&mut self, ctx: &Context<Self>, action: Action) -> bool {
        let tick = matches!(action, Action::Tick(_));
        let changed = self.apply(vec![action]);
        if tick {
            self.ask_for_picture(ctx);
        }
        changed
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.ask_for_picture(ctx);
            dom::focus_prompt();
            if self.state.rest != Rest::Here {
                self.gate.run(Effect::Bring);
            }
        }
    }

    fn view(&self, _ctx: &Context<Self>) -> Html {
        let state = &self.state;
        let w = state.words();
        let seconds = state.frame.now.0 / 1_000_000;
        let view = state.frame.lesson.as_ref().map(|l| &l.view);
        let step = view.and_then(|v| v.steps.get(v.current)).cloned();
        html! {
            <div class="app" data-tab={state.tab.name()} data-ready="true"
                data-rest={rest::name(&state.rest, state.wait)}
                onclick={self.outside()} onkeydown={self.escape()}>
                <a class="skip" href="#prompt">{ w.skip }</a>
                { self.bar(seconds) }
                <Notices words={w} notices={state.notices.clone()} dropping={state.dropping}
                    rest={state.rest.clone()} dispatch={self.dispatch.clone()} />
                { self.tabs() }
                <LessonPane context={self.prose()} lesson={state.frame.lesson.clone()}
                    solved={state.solved.clone()} />
                <Map words={w} picture={state.picture.clone()} view={state.frame.view.clone()}
                    mode={state.mode} size={state.map_size} menu={state.menu}
                    coming={state.rest != Rest::Here}
                    picked={state.picked.clone()} request={state.request.clone()}
                    burst={state.burst.clone()} why={state.frame.why.clone()}
                    dispatch={self.dispatch.clone()} />
                <Terminals words={w} picture={state.picture.clone()}
                    terminals={state.frame.terminals.clone()} open={state.terminal.clone()}
                    menu={state.menu} summary={state.summary.clone()} {step}
                    dispatch={self.dispatch.clone()} />
                <Timeline words={w} marks={state.frame.marks.clone()} {seconds} save={state.save}
                    dispatch={self.dispatch.clone()} />
            </div>
        }
    }
}

impl App {
    /// Reduces actions and runs their effects until nothing follows. Whether something changed.
    fn apply(&mut self, actions: Vec<Action>) -> bool {
        let mut queue = VecDeque::from(actions);
        let mut changed = false;
        while let Some(action) = queue.pop_front() {
            changed |= !matches!(action, Action::Tick(_));
            let (state, effects) = reduce(std::mem::take(&mut self.state), action);
            self.state = state;
            for effect in effects {
                queue.extend(self.gate.run(effect));
            }
        }
        changed
    }

    fn ask_for_picture(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        let last = self.last_ms;
        self.last_ms = dom::milliseconds();
        let passed = if last == 0.0 { 0.0 } else { self.last_ms - last };
        self.frame = Some(request_animation_frame(move |_| {
            // Between nothing and a few seconds.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            let ms = passed.clamp(0.0, 10_000.0) as u32;
            link.send_message(Action::Tick(ms));
        }));
    }

    /// A click beside an open list closes it.
    fn outside(&self) -> Option<Callback<MouseEvent>> {
        self.state.menu?;
        let dispatch = self.dispatch.clone();
        Some(Callback::from(move |event: MouseEvent| {
            let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
            let inside = target.and_then(|t| t.closest(".hang, nav").ok().flatten()).is_some();
            if !inside {
                dispatch.emit(Action::Menu(None));
            }
        }))
    }

    /// So does Escape.
    fn escape(&self) -> Option<Callback<KeyboardEvent>> {
        self.state.menu?;
        let dispatch = self.dispatch.clone();
        Some(Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                dispatch.emit(Action::Menu(None));
            }
        }))
    }

    fn prose(&self) -> ProseContext {
        ProseContext {
            words: self.state.words(),
            machines: self.state.picture.cards.iter().map(|c| c.name.clone()).collect(),
            dispatch: self.dispatch.clone(),
        }
    }

    fn bar(&self, seconds: u64) -> Html {
        let state = &self.state;
        let w = state.words();
        let lesson = state.frame.lesson.as_ref();
        let title = lesson.map_or(w.free_lab.to_owned(), |l| l.view.title.clone());
        html! {
            <TopBar words={w} language={state.language} paused={state.paused} speed={state.speed}
                {seconds} menu={state.menu} {title}
                file={lesson.map(|l| l.file.clone()).unwrap_or_default()}
                lessons={state.lessons.clone()} undo={state.frame.undo} redo={state.frame.redo}
                rest={state.rest.clone()} wait={state.wait}
                dispatch={self.dispatch.clone()} />
        }
    }

    /// The panes' tabs of a narrow screen.
    fn tabs(&self) -> Html {
        let w = self.state.words();
        let tab = |tab: Tab, icon_name: &'static str, label: &'static str| {
            html! {
                <button type="button" role="tab" class="tab" aria-selected={yes(self.state.tab ==
                    tab)}
                    data-open-tab={tab.name()}
                    onclick={send::<MouseEvent>(&self.dispatch, Action::Tab(tab))}>
                    { icon(icon_name, 14) }{ label }</button>
            }
        };
        html! {
            <div class="tabs panes"><div role="tablist" aria-label={w.panes}>
                { tab(Tab::Lesson, "book", w.lesson) }
                { tab(Tab::Map, "map", w.map) }
                { tab(Tab::Terminal, "enter", w.terminal) }
            </div></div>
        }
    }
}

/// A dropped file, read.
pub(crate) fn dropped(name: String, text: Option<String>) -> Action {
    match text {
        Some(text) => Action::Dropped { name, text },
        None => Action::Notice(Notice::NotMarkdown { file: name }),
    }
}
